"""Models made for one kind of work that no test in the catalog ranks: those that read documents (OCR)."""

from typing import TYPE_CHECKING, Any

from assistant.choosing.constraints import Needs
from knowledge.schema import Licence, Model

if TYPE_CHECKING:
    from assistant.toolbox import Toolbox

MOST = 6  # named, one of each maker; who wants more looks at `mekiki models`


def specialists(box: "Toolbox", needs: Needs) -> list[dict[str, Any]]:
    """Return models that are made for the asked kind of work and meet what was stated: those of known size first.

    Each row tells id, model, size in 10^9 parameters, licence with its terms, and which asked languages it lists. Then
    those that list the asked languages, those of a known licence, the newest. [] for other work.
    """
    if needs.args.variant != "ocr" or not needs.local:
        return []
    found = [model for model in box.catalog.models.values() if model.variant == "ocr" and _meets(box, needs, model)]
    found.sort(key=lambda one: (one.released.toordinal() if one.released else 0, one.id), reverse=True)
    found.sort(key=lambda one: (not one.parameters, -len(_spoken(needs, one)), one.licence == "unknown"))
    first_of = {one.lab: one for one in reversed(found)}
    return [_row(box, needs, one) for one in found if first_of[one.lab] is one][:MOST]


def _meets(box: "Toolbox", needs: Needs, model: Model) -> bool:
    args, terms = needs.args, _licence(box, model)
    commercial = terms.commercial if terms else "unknown"
    if not model.open_weights or (args.commercial_use and commercial in ("no", "unknown")):
        return False
    return args.max_params_b is None or bool(model.parameters and model.parameters <= args.max_params_b * 1e9)


def _licence(box: "Toolbox", model: Model) -> Licence | None:
    return box.catalog.licences.get(model.licence)


def _spoken(needs: Needs, model: Model) -> list[str]:
    return [code for code in needs.languages if code in model.languages]


def _row(box: "Toolbox", needs: Needs, model: Model) -> dict[str, Any]:
    terms = _licence(box, model)
    return {
        "id": model.id, "model": model.name, "licence": terms.name if terms else model.licence,
        "commercial_use": terms.commercial if terms else "unknown", "languages": _spoken(needs, model),
        "parameters_b": round(model.parameters / 1e9, 3) if model.parameters else None,
        "active_parameters_b": round(model.active_parameters / 1e9, 3) if model.active_parameters else None,
    }  # fmt: skip
