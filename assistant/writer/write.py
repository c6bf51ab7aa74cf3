"""A tool's result to a draft: the one place that knows which template belongs to which tool."""

from collections.abc import Callable
from typing import Any

from assistant.calls import Tool
from assistant.events import Language
from assistant.writer.draft import Draft
from assistant.writer.explanation import explanation, refusal
from assistant.writer.facts import comparison, information
from assistant.writer.fitting import fitting, largest
from assistant.writer.recommendation import clarification, recommendation
from assistant.writer.sizes import sizes
from assistant.writer.training import finetuning

TEMPLATES: dict[Tool, Callable[[dict[str, Any], Language], Draft]] = {
    "recommend": recommendation,
    "fit": fitting,
    "max_size": largest,
    "compare": comparison,
    "model_info": information,
    "finetune_memory": finetuning,
    "explain": explanation,
    "out_of_scope": refusal,
    "clarify": clarification,
}


def draft(tool: Tool, result: dict[str, Any], language: Language) -> Draft:
    """Return the template's answer to a tool's result."""
    if "sizes" in result:
        return sizes(result, language)
    return TEMPLATES[tool](result, language)
