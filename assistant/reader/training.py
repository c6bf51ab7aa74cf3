"""How a model is to be trained: length of a sample, batch and rank, as a question states them."""

from typing import Any

from assistant.reader.lexicon import patterns
from assistant.reader.marking import Marked
from assistant.reader.units import number

_SAID = patterns("training")
_SCALE = {"k": 1000, "千": 1000, "万": 10_000}
_LEAST_SAMPLE = 16  # tokens: less is a rank or a batch that stands beside the word


def training_from(marked: Marked) -> dict[str, Any]:
    """Return the stated settings as arguments of `finetune_memory.training`; {} when none is stated.

    A context that is stated without the word "sequence" is the length of a sample.
    """
    found: dict[str, Any] = {}
    for name, pattern in _SAID.items():
        said = pattern.search(marked.source)
        if said:
            digits, scale = (said["a"], said["s"]) if said["a"] else (said["b"], said["t"])
            found[name] = round(number(digits) * _SCALE.get((scale or "").casefold(), 1))
    context = next((int(str(span.value)) for span in marked.spans if span.kind == "CTX"), None)
    if found.get("sequence_tokens", 0) < _LEAST_SAMPLE:
        found.pop("sequence_tokens", None)
        if context is not None:
            found["sequence_tokens"] = context
    return found
