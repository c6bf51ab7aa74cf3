"""Words of the field in another sense: a fashion model, a driving licence, a dog's training, llamas in a field."""

from assistant.reader.lexicon import pattern
from assistant.reader.marking import Marked
from assistant.reader.units import Span

_HOMONYMS = pattern("homonyms")


def without_homonyms(text: str) -> str:
    """Return a text with blanks in place of words that mean something else here."""
    return _HOMONYMS.sub(" ", text)


def meant(marked: Marked) -> list[Span]:
    """Return the values of a question that are no part of such words: the llama beside an alpaca names no model."""
    others = [one.span() for one in _HOMONYMS.finditer(marked.source)]
    return [one for one in marked.spans if not any(start <= one.start < end for start, end in others)]


def has_homonym(marked: Marked) -> bool:
    """Tell whether a question holds a word of the field in another sense."""
    return bool(_HOMONYMS.search(marked.source))
