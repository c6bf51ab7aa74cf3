"""A model that the catalog does not know: what it takes is told by the size in its name, else what is known instead."""

import re
from typing import TYPE_CHECKING, Any

from assistant.calls import Call
from assistant.errors import UnknownModel
from assistant.events import Language
from assistant.sentences import both, join, say
from assistant.tools import run
from assistant.writer.draft import Draft

if TYPE_CHECKING:
    from assistant.toolbox import Toolbox
    from knowledge.catalog import Catalog

_SIZE = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?) ?b(?![a-z0-9])", re.I)
_OF_EXPERTS = re.compile(r"(?<![a-z])(?:a\d+(?:\.\d+)?b|moe)(?![a-z])|\d+x\d+", re.I)


def run_or_by_size(box: "Toolbox", call: Call, language: Language) -> tuple[Call, dict[str, Any]]:
    """Return the call that was run and its result: about a size where the model of a name is not known.

    The first of the result's notes then says so. Raises ToolError.
    """
    try:
        return call, run(box, call, language)
    except UnknownModel as error:
        found = by_size(call, error)
        if found is None:
            raise
        asked, note = found
        result = run(box, asked, language)
        return asked, {**result, "notes": [note, *result["notes"][1:]]}  # the first says that no model was named


def by_size(call: Call, error: UnknownModel) -> tuple[Call, dict[str, str]] | None:
    """Return a question of memory about the size in an unknown name, and the note that says so; None without one."""
    name = str(error.values["name"])
    sizes = _SIZE.findall(name)
    if call.tool not in ("fit", "finetune_memory") or len(sizes) != 1 or _OF_EXPERTS.search(name):
        return None
    asked = call.with_arguments({**call.arguments(), "model": f"{float(sizes[0]):g}B"})
    return asked, both("not_known.by_size", name=name, size=f"{float(sizes[0]):g}B")


def unknown(error: UnknownModel, catalog: "Catalog", language: Language) -> Draft:
    """Return that a model is not known, up to when the catalog knows models, and which are nearest."""
    newest = max(model.released for model in catalog.models.values() if model.released)
    nearest = [catalog.models[one] for one in error.nearest if one in catalog.models]
    names = join(language, [model.name for model in nearest])
    lead = say(language, "not_known.nearest", names=names) if nearest else say(language, "not_known.list")
    verdict = say(language, "not_known.model", name=error.values["name"], date=newest.isoformat())
    return Draft(verdict, (lead,), next_questions=_next(nearest[0].name, language) if nearest else ())


def _next(name: str, language: Language) -> tuple[str, ...]:
    return (say(language, "next.fit", model=name), say(language, "next.similar", model=name))
