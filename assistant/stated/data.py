"""What a question says of its data: that it must not leave, that an API is to meet a rule, or where an API sends it."""

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from assistant.calls import Call, parse_call
from assistant.events import UNSURE, Cited, Language, Reading
from assistant.sentences import say
from assistant.writer.draft import Draft, join_sentences, parts

if TYPE_CHECKING:
    import re

    from assistant.reader.marking import Tables

Said = Literal["stays", "region", "goes"]
_GUIDE, _WHAT_TO_CHECK = "privacy-security", 0  # the guide's topic, and its section about what to check


@lru_cache(maxsize=1)
def _patterns() -> "dict[str, re.Pattern[str]]":
    from assistant.reader.lexicon import patterns

    return patterns("data")


def must_stay(text: str) -> bool:
    """Tell whether a text says that data must not leave a machine, an organisation or a country."""
    said = _patterns()
    return bool(said["stays_en"].search(text) or said["stays_ja"].search(text))


def with_data(reading: Reading, question: str, tables: "Tables") -> Reading:
    """Return the reading of a choice for data that must not leave as one among local models; other readings stay.

    A question that weighs an API against a local model and was read as one for the guides is such a choice. Where
    only an API is asked for, the place is a condition on its provider, which no tool knows: that stays an API.
    """
    from assistant.reader.assemble import to_args, weighs_an_api
    from assistant.reader.marking import mark
    from assistant.reader.rules import rule_labels
    from assistant.reader.spans import find_spans
    from assistant.reader.text import clean

    text, call = clean(question), reading.call
    if call.tool not in ("recommend", "explain", "clarify") or not must_stay(text):
        return reading
    weighed = weighs_an_api(text)
    if call.tool == "recommend":
        args = call.arguments()
        if args.get("hosting") == "api" and not weighed:
            return reading
        return replace(reading, call=call.with_arguments({**args, "hosting": "local"}))
    if not weighed:
        return reading
    marked = mark(text, find_spans(text, tables))
    found = parse_call("recommend", to_args(rule_labels(marked, "recommend"), marked) | {"hosting": "local"})
    return replace(reading, call=found, notes=(), confidence=max(reading.confidence, UNSURE))


def said_of_data(call: Call, question: str) -> Said | None:
    """Return what the answer to a call has to say of the question's data, None for nothing."""
    from assistant.reader.text import clean

    text, said = clean(question), _patterns()
    if call.tool == "model_info":
        return "goes" if said["goes"].search(text) and said["apis"].search(text) else None
    hosting = call.arguments().get("hosting") if call.tool == "recommend" else None
    if hosting == "local":
        return "stays" if must_stay(text) else None
    if hosting and (said["region"].search(text) or must_stay(text)):
        return "region"
    return "goes" if hosting and said["goes"].search(text) else None


def with_word_on_data(plan: Draft, said: Said | None, question: str, language: Language) -> Draft:
    """Return an answer with what is to be said of data: first where it is a condition, else beside the answer.

    The guide on privacy is cited, whose section says what to check with a provider.
    """
    if said is None:
        return plan
    if said == "stays":
        from assistant.reader.assemble import weighs_an_api

        key = "data.stays_weighed" if weighs_an_api(question) else "data.stays"
        return replace(plan, verdict=join_sentences([say(language, key), plan.verdict]))
    source = _guide(language, 1 + max((one.n for one in plan.sources), default=0))
    sentence = say(language, f"data.{said}", n=source.n)
    sources = (*plan.sources, source)
    if said == "region":
        return replace(plan, verdict=parts(sentence, plan.verdict), sources=sources)
    return replace(plan, body=parts(sentence, plan.body), sources=sources)


def _guide(language: Language, n: int) -> Cited:
    from knowledge.guides import load_guides

    guide = next(one for one in load_guides() if (one.topic, one.lang) == (_GUIDE, language))
    section = guide.sections[_WHAT_TO_CHECK]
    return Cited(n, guide.file, f"{guide.title} > {section.heading}", section.text)
