"""Which of the compared models is the lightest, fastest, cheapest, newest, freest or has the longest context."""

from collections.abc import Callable
from typing import Any

from assistant.events import Language
from assistant.sentences import enumerate_names, join, licence_name, mebibytes, say, speed, tokens
from assistant.writer.picks import price

_Row = dict[str, Any]
_TERMS = {"yes": 0, "conditional": 1, "no": 2}  # of a licence, the freest first; unknown ones are not weighed
READ_PER_WRITTEN = 5  # tokens, as in the usage that is assumed for a month's cost (knowledge/costs.toml)
# what is asked -> its value in a row of the comparison (the least comes first), and how that is written
_FIGURES: dict[str, tuple[Callable[[_Row], Any], Callable[[_Row, Language], str]]] = {
    "memory": (
        lambda row: row["fit"]["total_mib"] if row["fit"] else None,
        lambda row, _: f"{mebibytes(row['fit']['total_mib'])} ({row['fit']['quant']})",
    ),
    "speed": (
        lambda row: -row["fit"]["tokens_per_second"]["mid"] if row["fit"] and row["fit"]["tokens_per_second"] else None,
        lambda row, _: f"{speed(row['fit']['tokens_per_second'])} tokens/s",
    ),
    "context": (
        lambda row: -row["context_tokens"] if row["context_tokens"] else None,
        lambda row, _: tokens(row["context_tokens"]),
    ),
    "price": (
        lambda row: _bill(row["price"]),
        lambda row, language: price(row["price"], language),
    ),
    "licence": (lambda row: _TERMS.get(row["commercial_use"]), lambda row, language: _licence(row, language)),
    "release": (
        lambda row: -int(row["released"].replace("-", "")) if row["released"] else None,
        lambda row, _: row["released"],
    ),
}


def extremes(result: dict[str, Any], names: list[str], language: Language) -> list[str]:
    """Return a sentence for each thing that `asks` of a comparison names and two of its models are known for."""
    told = []
    for ask in (one for one in result.get("asks", ()) if one in _FIGURES):
        value, written = _FIGURES[ask]
        rows = [(value(row), name, row) for name, row in zip(names, result["models"], strict=True)]
        known = sorted((one for one in rows if one[0] is not None), key=lambda one: one[0])
        if len(known) > 1:
            listed = join(language, [f"{name}: {written(row, language)}" for _, name, row in known])
            first = [name for best, name, _ in known if best == known[0][0]]
            key = "compare.same" if len(first) == len(known) else f"compare.least_{ask}"
            told.append(say(language, key, model=enumerate_names(language, first), listed=listed))
    return told


def _bill(price: _Row | None) -> float | None:
    """Return dollars for a million tokens written and those read for them, None where a price is not known."""
    if not price or price["input"] is None or price["output"] is None:
        return None
    return float(READ_PER_WRITTEN * price["input"] + price["output"])


def _licence(row: _Row, language: Language) -> str:
    return f"{licence_name(language, row['licence'])} ({say(language, 'commercial.' + row['commercial_use'])})"
