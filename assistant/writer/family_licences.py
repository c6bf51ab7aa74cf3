"""A family whose generations are licensed differently: its bare name stands for one model, the others are told."""

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.calls import Call
from assistant.events import Language
from assistant.sentences import join, licence_name, say
from assistant.writer.draft import Draft, parts
from knowledge.spelling import normalise

if TYPE_CHECKING:
    from assistant.reader.marking import Tables
    from knowledge.catalog import Catalog
    from knowledge.schema import Model

_TOLD = 4  # families or models that are named per licence, the newest
_CHAT = ("instruct", "reasoning", "vision")
_WORD = re.compile(r"[^\W\d]+")


def with_family_licences(
    plan: Draft, call: Call, question: str, catalog: "Catalog", tables: "Tables", language: Language
) -> Draft:
    """Return the answer on a licence with those of other generations where only the family was named, else `plan`."""
    from assistant.reader.spans import find_spans
    from assistant.reader.text import clean

    args = call.arguments()
    if call.tool != "model_info" or args.get("field") != "licence":
        return plan
    text = clean(question)
    for span in find_spans(text, tables):
        bare = (
            span.kind == "MOD" and span.value == args.get("model") and not re.search(r"\d", text[span.start : span.end])
        )
        if bare and (model := catalog.models.get(str(span.value))) and (rows := other_licences(model, catalog)):
            lines = [
                say(language, "family.row", models=join(language, list(names)), licence=licence_name(language, licence))
                for licence, names in rows.items()
            ]
            return replace(plan, body=parts(say(language, "family.licences", rows=join(language, lines)), plan.body))
    return plan


def other_licences(model: "Model", catalog: "Catalog") -> dict[str, tuple[str, ...]]:
    """Return licence -> families of the same name with open weights that have it and not the model's, newest first.

    A family of which only some members have another licence is told by their names.
    """
    found = _WORD.match(normalise(model.family or ""))
    word = found[0] if found else ""
    own = [
        one
        for one in catalog.models.values()
        if one.lab == model.lab and one.open_weights and one.variant in _CHAT
        and word and normalise(one.family or "").split(" ")[0] == word
    ]  # fmt: skip
    own.sort(key=lambda one: (-one.released.toordinal() if one.released else 0, one.id))
    mixed = {one.family for one in own if one.licence == model.licence}
    out: dict[str, dict[str, None]] = {}
    for one in own:
        licence = catalog.licences.get(one.licence)
        if licence is None or one.licence in (model.licence, "unknown", "other-terms"):
            continue
        out.setdefault(licence.name, {})[one.name if one.family in mixed else str(one.family)] = None
    return {name: tuple(list(models)[:_TOLD]) for name, models in out.items()}
