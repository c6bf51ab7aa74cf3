"""A model beside which another is chosen: "the same one for translation?", "is Llama 3.1 8B still a good choice?"."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from assistant.calls import Call
from assistant.reader.asks import BESIDE

if TYPE_CHECKING:
    from knowledge.catalog import Catalog


def place_among(
    call: Call, result: dict[str, Any], listed: Sequence[str], catalog: "Catalog"
) -> tuple[dict[str, str], ...]:
    """Return the note that tells the place of the model that a choice is asked beside, () where none is.

    `listed` are the models of the list before, of which "@1" is the first.
    """
    said = next((one.partition(" ")[2] for one in call.asks if one.startswith(f"{BESIDE} ")), None)
    name = (listed[0] if listed else None) if said == "@1" else said
    if name is None or name not in catalog.models or not result.get("picks"):
        return ()
    model = catalog.models[name].name
    places = [n for n, pick in enumerate(result["picks"], 1) if pick["id"] == name]
    if places:
        en, ja = f"{model} is number {places[0]} of these.", f"{model} は、この中の {places[0]} 番目です。"
    else:
        en, ja = f"{model} is not among these.", f"{model} は、この中に入っていません。"
    return ({"en": en, "ja": ja},)
