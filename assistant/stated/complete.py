"""A reading completed by what the question states beside the labels of the reader, in a fixed order."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from assistant.events import Reading
from assistant.stated.bill import with_usage_told
from assistant.stated.budget import with_budget
from assistant.stated.cards import with_cards
from assistant.stated.choice import with_choice
from assistant.stated.data import with_data
from assistant.stated.purchase import with_another, with_purchase
from assistant.stated.sizes import with_sizes
from assistant.stated.text_length import with_length
from assistant.stated.unknown import with_unknown_gpu
from assistant.stated.users import with_users_of_it
from assistant.stated.values import (
    with_kind_of_family,
    with_least_speed,
    with_many_languages,
    with_memory_in_use,
    with_open_weights,
    with_small,
    with_training,
    with_users,
    with_variant,
)

if TYPE_CHECKING:
    from assistant.reader.marking import Tables
    from knowledge.catalog import Catalog


@dataclass(frozen=True, slots=True)
class Known:
    """What a question is read beside: names, the catalog, the needs stated before, whether models were spoken of."""

    tables: "Tables"
    catalog: "Catalog"
    needs: Mapping[str, Any]
    talking: bool = False


def complete(reading: Reading, question: str, known: Known) -> Reading:
    """Return a reading with what the question states beside its labels, so that it is shown and can be edited."""
    call = with_least_speed(reading.call, question, talking=known.talking)
    call = with_open_weights(with_variant(with_kind_of_family(call, known.catalog), question), question)
    call = with_usage_told(call, question, known.tables)
    call = with_training(with_users(call, question, known.tables), question, known.tables)
    call, notes = with_length(call, question)
    call, more = with_memory_in_use(call, question, known.catalog)
    call, unknown = with_unknown_gpu(call, question)
    found = with_cards(replace(reading, call=call), question, known.tables)
    small, smaller = with_small(found.call, question)
    small, many = with_many_languages(small, question)
    found = replace(found, call=small, notes=(*found.notes, *notes, *more, *unknown, *smaller, *many))
    found = with_data(found, question, known.tables)
    found = with_purchase(found, question, known.tables, talking=known.talking, before=known.needs)
    found = with_sizes(with_choice(found, question, known.tables), question, known.tables)
    found = with_users_of_it(with_budget(found, question, known.needs), question, known.tables)
    return replace(found, call=with_another(found.call))
