"""Models of which a person asks why they were not recommended: "why not Llama?", 「なぜLlamaじゃないの？」."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.calls import Call, Recommend, parse_call
from assistant.events import Conversation, Language
from assistant.list_places import place_named
from assistant.stated.machines import on_machine
from assistant.writer.draft import Draft
from assistant.writer.explanation import reasons_again, reasons_against

if TYPE_CHECKING:
    from assistant.reader.marking import Tables
    from assistant.toolbox import Toolbox


def not_picked_in(question: str, tables: "Tables") -> tuple[str, ...]:
    """Return the models, families and labs that a question asks about so, () when it asks about none."""
    from assistant.reader.asks import not_picked
    from assistant.reader.marking import mark
    from assistant.reader.spans import find_spans
    from assistant.reader.text import clean

    text = clean(question)
    return not_picked(mark(text, find_spans(text, tables, conversation=True)))


def against(
    named: Sequence[str], conversation: Conversation, box_for: "Callable[[Call], Toolbox]", language: Language
) -> Draft:
    """Return why the models that are named were not picked, by what the latest recommendation was asked for."""
    from assistant.choosing.why_not import named_words, why_not

    named = [one for one in (place_named(one, conversation) for one in named) if one != conversation.picks[0]["id"]]
    if not named:  # "why not the first?": it is
        return reasons_again(conversation.picks, language)
    args = {name: conversation.needs[name] for name in Recommend.model_fields if name in conversation.needs}
    call = parse_call("recommend", args)
    box = replace(box_for(call), asker=language)
    placed = on_machine(call, "", [asked for asked, _ in conversation.turns], box.catalog)
    assert isinstance(placed.call.args, Recommend)
    rows = why_not(placed.box(box), placed.call.args, named, conversation.picks, language)
    return reasons_against(named_words(named, box.catalog), rows, conversation.picks, language)
