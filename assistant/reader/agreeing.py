"""When two values of an argument mean the same: what was found in a question, and what a label or a row says."""

import re
from typing import Any

from assistant.reader.marking import Tables
from assistant.reader.spans import same_name


def same_value(one: Any, other: Any, tables: Tables) -> bool:
    """Tell whether two argument values mean the same: models by entry, lists in any order, other words by letters."""
    if isinstance(one, dict) and isinstance(other, dict):
        return set(one) == set(other) and all(same_value(one[key], other[key], tables) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(any(same_value(a, b, tables) for b in other) for a in one)
    if isinstance(one, str) and isinstance(other, str):
        gpus = tables.gpus.get(one) or one, tables.gpus.get(other) or other
        return (
            one.casefold() == other.casefold() or same_name(*gpus) or (len(one) > 3 and names_agree(one, other, tables))
        )
    if isinstance(one, bool) or isinstance(other, bool) or one is None or other is None:
        return one is other
    return isinstance(one, int | float) and isinstance(other, int | float) and abs(one - other) < 1e-6


def names_agree(found: str, thing: str, tables: Tables) -> bool:
    """Tell whether two names mean the same model: same entry, same letters, or the same words in another order."""
    if same_name(found, thing):
        return True
    one, other = (tables.models.get(name) or tables.by_words(name) or name for name in (found, thing))
    if same_name(one, other):
        return True
    words = [
        set(re.findall(r"[a-z]+|\d+(?:\.\d+)?|[^\W\da-z_]+", name.casefold())) - {"b", "instruct", "it", "chat"}
        for name in (found, thing)
    ]
    return words[0] == words[1]
