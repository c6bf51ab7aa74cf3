"""What speaks for each of the compared models, in a sentence each; what is not known of one speaks for none."""

from collections.abc import Callable
from typing import Any

from assistant.events import Language
from assistant.memory.fit import WITHOUT_TOKENS
from assistant.sentences import count, join, language_name, mebibytes, pace, rate, say, tokens
from assistant.writer.draft import bullets
from assistant.writer.picks import NOTABLE_MIB, NOTABLY_FASTER

_Row = dict[str, Any]
MOST = 4  # models; of more only those that something speaks for
NOTABLE = 1.2  # times as long a context, as cheap, as many parameters per token: less decides nothing
MANY = 1.5  # times as many languages: publishers list them with different care
_WITHOUT_CONTEXT = ("speech", "image")
_TERMS = {"yes": 2, "conditional": 1, "no": 0}  # of a licence; unknown ones are not weighed


def differences(result: _Row, names: list[str], language: Language) -> str:
    """Return a list of what each model is the better choice for, then what is not known; "" for nothing to tell."""
    rows = result["models"]
    lines = []
    for n, name in enumerate(names):
        told = [text for point in _POINTS if (text := point(result, n, language))]
        if told:
            lines.append(say(language, "compare.for", model=name, points=join(language, told)))
        elif len(names) <= MOST:
            lines.append(say(language, "compare.for_nothing", model=name))
    for name, row in zip(names, rows, strict=True):
        if unknown := [say(language, f"compare.fact_{key}") for key, value in _facts(row) if not value]:
            lines.append(say(language, "compare.not_known", model=name, facts=join(language, unknown)))
    return bullets(lines) if any(result["leaders"]) or len(lines) > 1 else ""


def aspect(result: _Row, task: str, language: Language) -> str:
    """Return what a row of abilities is about; beside one task that was asked for, Japanese is that task in it."""
    asked = next(iter(result["tasks"]), task)
    if task == "japanese" and len(result["tasks"]) == 2 and asked != "general":
        return say(language, "compare.in_japanese", task=say(language, f"task.{asked}"))
    return say(language, f"task.{task}")


def _facts(row: _Row) -> list[tuple[str, Any]]:
    open_ones = [("size", row["parameters_b"])] if row["open_weights"] else []
    context = [("context", row["context_tokens"])] if row["variant"] not in _WITHOUT_CONTEXT else []
    known = row["commercial_use"] != "unknown"
    return [*open_ones, *context, ("licence", known), ("languages", row["languages"])]


def _best(values: list[Any], n: int) -> tuple[Any, Any] | None:
    """Return a row's value and the next best, the least first; None where it is not the best or one is unknown."""
    others = values[:n] + values[n + 1 :]
    if values[n] is None or None in others or not others or values[n] >= min(others):
        return None
    return values[n], min(others)


def _ability(result: _Row, n: int, language: Language) -> str:
    """Return the tasks at which a model leads beyond the noise, with the scores of the first."""
    led = [task for task, who in result["leaders"].items() if who["n"] == n + 1 and not who["tied"]]
    if not led:
        return ""
    scores = [row["scores"][led[0]] for row in result["models"]]
    others = [one["score"] for m, one in enumerate(scores) if one and m != n]
    key = "compare.point_ability" if scores[n]["measured"] else "compare.point_ability_guess"
    if len({row["id"] for row in result["models"]}) == 1:  # what is uncertain about one model is so for all its files
        key = "compare.point_ability_quant"
    return say(
        language, key, first=aspect(result, led[0], language),
        score=f"{scores[n]['score']:.0f}", other=f"{max(others):.0f}",
    )  # fmt: skip


def _memory(result: _Row, n: int, language: Language) -> str:
    fits = [row["fit"] for row in result["models"]]
    found = _best([fit["total_mib"] if fit else None for fit in fits], n)
    if found is None or found[1] - found[0] < NOTABLE_MIB:
        return ""
    return say(
        language, "compare.point_memory", size=mebibytes(found[0]), other=mebibytes(found[1]), quant=fits[n]["quant"]
    )


def _speed(result: _Row, n: int, language: Language) -> str:
    """Return that a model is faster: on the machine that is asked about, else by what a token reads."""
    rows = result["models"]
    rates = [_rate(row) for row in rows]
    if found := _best([-one if one else None for one in rates], n):
        if found[0] > NOTABLY_FASTER * found[1]:
            return ""
        return say(language, "compare.point_speed", speed=pace(-found[0]), other=pace(-found[1]))
    read = [row["active_parameters_b"] or row["parameters_b"] for row in rows]
    if any(rates) or any(row["variant"] in WITHOUT_TOKENS for row in rows):
        return ""
    if not (found := _best(read, n)) or found[1] < NOTABLE * found[0]:
        return ""
    return say(language, "compare.point_active", size=count(found[0]), other=count(found[1]))


def _rate(row: _Row) -> float | None:
    fit = row["fit"]
    known = fit and fit["tokens_per_second"] and fit["placement"] != "none"
    return float(fit["tokens_per_second"]["mid"]) if known else None


def _context(result: _Row, n: int, language: Language) -> str:
    found = _best([-row["context_tokens"] if row["context_tokens"] else None for row in result["models"]], n)
    if found is None or found[0] > NOTABLE * found[1]:
        return ""
    return say(language, "compare.point_context", context=tokens(-found[0]), other=tokens(-found[1]))


def _licence(result: _Row, n: int, language: Language) -> str:
    rows = result["models"]
    terms = [_TERMS.get(row["commercial_use"]) if row["open_weights"] else None for row in rows]
    if _best([None if one is None else -one for one in terms], n) is None:
        return ""
    return say(language, f"compare.point_licence_{rows[n]['commercial_use']}", licence=rows[n]["licence"])


def _weights(result: _Row, n: int, language: Language) -> str:
    """Return that a model alone may run on one's own machine."""
    own = [row["open_weights"] for row in result["models"]]
    return say(language, "compare.point_open") if own[n] and sum(own) == 1 else ""


def _languages(result: _Row, n: int, language: Language) -> str:
    listed = [row["languages"] for row in result["models"]]
    if not all(listed):
        return ""
    if language == "ja" and [("ja" in one) for one in listed].count(True) == 1 and "ja" in listed[n]:
        return say(language, "compare.point_language", language=language_name(language, "ja"))
    found = _best([-len(one) for one in listed], n)
    if found is None or found[0] > MANY * found[1]:
        return ""
    return say(language, "compare.point_languages", count=-found[0], other=-found[1])


def _inputs(result: _Row, n: int, language: Language) -> str:
    alone = [row["inputs"] and "image" in row["inputs"] for row in result["models"]]
    return say(language, "compare.point_images") if alone[n] and sum(map(bool, alone)) == 1 else ""


def _price(result: _Row, n: int, language: Language) -> str:
    found = _best([row["price"]["output"] if row["price"] else None for row in result["models"]], n)
    if found is None or found[1] < NOTABLE * found[0]:
        return ""
    return say(language, "compare.point_price", price=rate(found[0]), other=rate(found[1]))


_POINTS: tuple[Callable[[_Row, int, Language], str], ...] = (
    _ability, _memory, _speed, _context, _licence, _weights, _languages, _inputs, _price,
)  # fmt: skip
