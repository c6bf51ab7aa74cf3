"""Models whose level is wished for ("as good as GPT-4o"): whether the choice reaches it, on the scale of the answer."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from assistant.calls import Recommend
from assistant.choosing.constraints import resolve
from assistant.choosing.ranking import percent
from assistant.events import Language
from assistant.sentences import say
from assistant.stated.budget import without_wish
from assistant.writer.draft import Draft, join_sentences

if TYPE_CHECKING:
    from assistant.calls import Call
    from assistant.reader.marking import Tables
    from assistant.toolbox import Toolbox

_Notes = tuple[dict[str, str], ...]


def with_level(
    plan: Draft, notes: _Notes, call: "Call", result: dict[str, Any], question: str, box: "Toolbox",
    tables: "Tables", language: Language,
) -> tuple[Draft, _Notes]:  # fmt: skip
    """Return a recommendation that says first whether it reaches the model that it should be as good as, and the notes.

    The note that the wish could not be heeded goes. Both stay for other answers, and where an ability is not known.
    """
    from assistant.reader.bounds import extent
    from assistant.reader.spans import find_spans
    from assistant.reader.text import clean

    if not isinstance(call.args, Recommend) or not result.get("picks"):
        return plan, notes
    text = clean(question)
    said = [span for span in find_spans(text, tables) if span.kind == "MOD" and span.hint == "level"]
    models = [box.catalog.models[str(span.value)] for span in said if str(span.value) in box.catalog.models]
    needs = resolve(box, call.args)
    able = box.scales.ability(models[0], needs.task, needs.languages) if len(models) == 1 else None
    if able is None:
        return plan, notes
    pick, wished = result["picks"][0], round(percent(able.position))
    score = round(pick["score"])
    key = "level.reached" if score >= wished else "level.missed"
    told = say(language, key, pick=pick["model"], score=score, model=models[0].name, wished=wished)
    start, end = extent(said[0], text)
    return replace(plan, verdict=join_sentences([told, plan.verdict])), without_wish(notes, text[start:end].strip())
