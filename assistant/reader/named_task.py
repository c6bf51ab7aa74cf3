"""The task that a wish names in so many words, where its labels have none or one that its material rules out."""

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.reader.lexicon import pattern, patterns
from assistant.reader.marking import Marked
from assistant.reader.second_task import listed_with

if TYPE_CHECKING:
    from assistant.reader.decide import Decision

# Below this confidence such a task is guessed: of 1,570 test questions it leaves out 2, both wrong.
_GUESSED = 0.35
_TASKS = patterns("tasks")
_OF_OTHER_THINGS = ("speech", "image", "vision", "embedding")  # than text: nobody wants them without a word on them
_MATERIAL = patterns("material")
_SCANS = pattern("scans")
_RERANKER = patterns("kinds")["reranker"]
_OF_TEXT = re.compile(r"(?<![a-z])(?:llms?|chat models?)(?![a-z])|言語モデル|生成AI|LLM", re.IGNORECASE)
_NAMED = patterns("task_named")
_MADE_OF_TEXT = (None, "extraction", "rag", "writing", "summarization", "general", "reasoning")


# "and for Japanese?", 「日本語なら？」: what is to be done in it was said before or not at all.
_LANGUAGE_ALONE = re.compile(
    r"(?:(?:and|or|but|ok|so|what|how|about|if it(?: i|')s)[ ,]*)*(?:(?:for|in|with) )?<LANG\d+>"
    r"(?:(?:の場合|なら|だと|では?|でも|は|って)*(?:どれ|どう|どっち)?)[?？。.! ]*",
    re.IGNORECASE,
)


def names_only_a_language(marked: Marked) -> bool:
    """Tell whether a question is a language and nothing else."""
    return bool(_LANGUAGE_ALONE.fullmatch(marked.text.strip()))


def without_unsaid_task(decision: "Decision", marked: Marked) -> "Decision":
    """Return a decision that is hardly sure without a task that is none of text, where no word speaks of it."""
    task = decision.labels.values.get("task")
    named = any(span.kind == "MOD" for span in marked.spans)  # "which Whisper?"
    if decision.confidence >= _GUESSED or task not in _OF_OTHER_THINGS or named:
        return decision
    if _TASKS[task].search(marked.text) or (task in _MATERIAL and _MATERIAL[task].search(marked.text)):
        return decision
    left = {name: value for name, value in decision.labels.values.items() if name != "task"}
    return replace(decision, labels=replace(decision.labels, values=left))


def task_of(task: str | None, marked: Marked) -> str | None:
    """Return the task of a recommendation, `task` unless the question names another.

    What is read out of a picture is a matter of seeing and what is written down from a recording one of hearing,
    whatever becomes of the text; an X-ray is there to be looked at. A task's own word ("a math model", 「翻訳用」)
    counts if it is the only one: of the training phrases that hold one 98 in 100 have that task.
    """
    if task in (*_MADE_OF_TEXT, "image") and _SCANS.search(marked.text):
        return "vision"
    if task in _MADE_OF_TEXT:
        for name, said in _MATERIAL.items():
            if said.search(marked.text):
                return name
    named = [name for name, said in _NAMED.items() if said.search(marked.text)]
    if "embedding" in named and _RERANKER.search(marked.text) and not _OF_TEXT.search(marked.text):
        return "embedding"  # "a reranker for RAG" is no model that writes
    if len(named) != 1 or named[0] == task or named[0] in listed_with(task, marked.text):
        return task  # of tasks in a row ("要約と翻訳に使える") the one that was read
    return named[0]
