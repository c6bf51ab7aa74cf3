"""The property of a model that a question is after: what it reads, whether it thinks, one benchmark, one language.

What no entry holds is said to be missing, in one line.
"""

import re
from typing import Any

from assistant.events import Language
from assistant.sentences import enumerate_names, language_name, say
from knowledge.cards import kind_name

_INPUTS = {"images": "image", "audio": "audio", "video": "video", "pdf": "pdf"}
_TESTS_SHOWN = 2
_MISSING = ("cutoff", "max_output", "training_data", "rate_limit")


def answers(result: dict[str, Any], language: Language) -> list[str]:
    """Return an answer for each thing that `asks` of a `model_info` result names; [] for what is told anyway."""
    told = [_answer(one, result, language) for one in result.get("asks", ())]
    benchmarks = [one.partition(" ")[2] for one in result.get("asks", ()) if one.startswith("benchmark ")]
    scores = _scores(benchmarks, result, language) if benchmarks and result.get("benchmarks") else ""
    return [one for one in dict.fromkeys([*told, scores]) if one]


def _answer(ask: str, result: dict[str, Any], language: Language) -> str:
    name, known = result["model"], result["abilities"]
    kind, _, value = ask.partition(" ")
    if kind == "language" and result.get("languages"):
        spoken = language_name(language, value)
        key = "language_yes" if value in result["languages"] else "language_no"
        return say(language, f"property.{key}", model=name, language=spoken)
    if kind == "able":
        return _skill(result["skills"][value], language_name(language, value), language)
    if kind == "currency":
        return say(language, "property.currency") if (result.get("price") or {}).get("output") is not None else ""
    if kind in _MISSING:
        where = say(language, "property.see", page=known["hf_id"]) if known["hf_id"] else ""
        return say(language, f"property.{kind}", model=name) + where
    if kind in _INPUTS:
        return _in_and_out(_INPUTS[kind] in known["inputs"], "reads", known["inputs"], name, language)
    if kind == "drawing":
        return _in_and_out("image" in known["outputs"], "writes", known["outputs"], name, language)
    if kind == "tools":
        key = {True: "tools_yes", False: "tools_no", None: "tools_unknown"}[known["tool_calling"]]
        return say(language, f"property.{key}", model=name)
    if kind == "thinking":
        return say(language, f"property.thinking_{known['thinking']}", model=name)
    if kind == "tuning":
        key = "open" if result["open_weights"] else "api" if "api" in known["fine_tuning"] else "unknown"
        return say(language, f"property.tuning_{key}", model=name)
    if kind == "maker":
        country = f" ({known['country']})" if known["country"] else ""
        return say(language, "property.maker", model=name, lab=result["lab"] + country)
    if kind == "architecture" and known["architecture"]:
        return say(language, "property.architecture", model=name, shape=known["architecture"])
    return say(language, "info.unknown", model=name) if kind == "architecture" else ""


def _skill(skill: dict[str, Any] | None, spoken: str, language: Language) -> str:
    """Return how good a model is in a language, by the tests in it."""
    if skill is None:
        return say(language, "property.able_unknown", language=spoken)
    first, more = skill["tests"][:_TESTS_SHOWN], len(skill["tests"]) - _TESTS_SHOWN
    tests = enumerate_names(language, first) + (say(language, "property.able_more", count=more) if more > 0 else "")
    return say(language, "property.able", language=spoken, score=f"{skill['score']:.0f}", tests=tests)


def _in_and_out(able: bool, verb: str, kinds: list[str], model: str, language: Language) -> str:
    listed = enumerate_names(language, [kind_name(language, one) for one in kinds])
    return say(language, f"property.{verb}_{'yes' if able else 'no'}", model=model, kinds=listed)


def _scores(wanted: list[str], result: dict[str, Any], language: Language) -> str:
    """Return the scores of the benchmarks asked for, or that there is none of them."""
    rows = [row for one in wanted for row in _named(one, result["benchmarks"])]
    if not rows:
        names = enumerate_names(language, wanted)
        return say(language, "property.no_score", model=result["model"], benchmark=names)
    shown = [
        say(
            language, "property.score", benchmark=row["benchmark"], value=f"{round(row['value'], 1):g}",
            unit=" %" if row["unit"].startswith("%") else "", date=row["date"],
        )
        for row in rows
    ]  # fmt: skip
    return say(language, "property.scores", model=result["model"], scores=enumerate_names(language, shown))


def _named(wanted: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of a benchmark: of exactly that name, else of names that begin with it, else that hold it."""
    key = _letters(wanted)
    for fits in (str.__eq__, str.startswith, str.__contains__):
        found = [
            row for row in rows
            if fits(_letters(re.split(r" \(|, ", row["benchmark"])[0]), key)
        ]  # fmt: skip
        if found:
            return found
    return []


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())
