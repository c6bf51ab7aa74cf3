"""What a question names only to take it back or rule it out: a model, a size, a card, commercial use."""

from typing import TYPE_CHECKING

from assistant.reader.lexicon import patterns
from assistant.reader.units import Span

if TYPE_CHECKING:
    from assistant.reader.marking import Marked

_SAID = patterns("denied")
_COMMERCIAL = patterns("flags")["commercial_use=true"]
_NEAR = 60  # characters beside a name in which it may be denied


def passed_over(span: Span, text: str) -> bool:
    """Tell whether a model or size is named as what is not meant: 「4Bじゃなくて」, "not the 4B", "instead of it"."""
    before, after = _around(span.start, span.end, text)
    return bool(_SAID["name_after"].match(after) or _SAID["name_before"].search(before))


def names_one(marked: "Marked") -> bool:
    """Tell whether a machine and several models are named, all but one of them as not meant."""
    names = [span for span in marked.spans if span.kind in ("MOD", "PAR")]
    meant = [span for span in names if not passed_over(span, marked.source)]
    return len(meant) == 1 < len(names) and any(span.kind in ("GPU", "MAC", "GB") for span in marked.spans)


def unused(card: Span, text: str) -> bool:
    """Tell whether a card is there but not to be used: 「4060は使わずCPUだけ」, "I have a 4060 but want CPU only"."""
    before, after = _around(card.start, card.end, text)
    return bool(
        _SAID["card_after"].match(after) or _SAID["card_before"].search(before) or _SAID["cpu_instead"].match(after)
    )


def denies_commercial_use(text: str) -> bool:
    """Tell whether commercial use is spoken of, and only to deny it; non-commercial models to avoid deny nothing."""
    found = list(_COMMERCIAL.finditer(text))
    return bool(found) and all(_not_commercial(one.start(), one.end(), text) for one in found)


def _not_commercial(start: int, end: int, text: str) -> bool:
    before, after = _around(start, end, text)
    if _SAID["unlimited"].match(after):
        return False
    non = _SAID["non"].search(before)
    if non:
        return not (_SAID["avoided_after"].match(after) or _SAID["avoided_before"].search(before[: non.start()]))
    return bool(_SAID["use_after"].match(after) or _SAID["use_before"].search(before))


def _around(start: int, end: int, text: str) -> tuple[str, str]:
    return text[max(0, start - _NEAR) : start], text[end : end + _NEAR]


_RULED_OUT = patterns("ruled_out")


def ruled_out(text: str) -> list[tuple[str, str]]:
    """Return the (argument, value) pairs that a question rules out: "no thinking models", "speed isn't important"."""
    return [(key.split("=")[0], key.split("=")[1]) for key, said in _RULED_OUT.items() if said.search(text)]
