"""Bytes -> text: find a document's character encoding, Japanese ones first.

The order matters and each step has a reason. Charset detectors misread short Japanese ("量子化" in cp932 comes out as
big5hkscs from charset-normalizer 3.5.2), so everything that can be decided strictly is decided before one is asked:

1. a byte order mark tells;
2. ISO-2022-JP is 7-bit and would pass as UTF-8, its escape sequences tell;
3. UTF-16 without a mark shows NUL bytes in every other place (ASCII would pass as UTF-8 otherwise);
4. strict UTF-8 almost never accepts anything else;
5. strict EUC-JP and strict cp932, the more plausible text wins and EUC-JP wins ties: cp932 accepts nearly every EUC-JP
   text (as half-width katakana), the reverse is rare;
6. charset-normalizer, last.
"""

import re
from dataclasses import dataclass

from assistant.errors import DocumentError

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_CONTROL = re.compile(r"[\x00-\x07\x0e-\x1a\x1c-\x1f]")
_PLAUSIBLE = 0.5  # below this a Japanese reading is worse than asking the detector
_LATIN = {"cp1250", "cp1254", "cp1257", "cp1258", "cp437", "cp850", "cp858", "iso8859_1", "iso8859_15", "latin_1"}
_SAMPLE = 200_000  # characters that the plausibility looks at


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text with the encoding it was read in; `replaced` counts characters that could not be decoded."""

    text: str
    encoding: str
    replaced: int = 0


def decode(data: bytes) -> Decoded:
    """Return the text of a document. Raises DocumentError when the bytes are not text at all."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            marked = data.decode(encoding, errors="replace")
            return Decoded(marked.lstrip("\ufeff"), encoding, marked.count("\ufffd"))
    if b"\x1b" in data and not _has_high_bytes(data):
        text = _strict(data, "iso2022_jp_2")
        if text is not None and "\x1b" not in text:
            return Decoded(text, "iso2022_jp")
    if b"\x00" in data[:4096]:
        return _decode_with_nul(data)
    text = _strict(data, "utf-8")
    if text is not None:
        return Decoded(_refuse_binary(text), "utf-8")
    return _decode_legacy(data)


def plausibility(text: str) -> float:
    """Return how much a decoded text looks like Japanese prose, about -1 to 1 (ASCII and white space do not count).

    Kana, common kanji and Japanese punctuation count for it; half-width katakana, control and private-use characters
    and kanji wedged between Latin letters (a Western text read as Japanese) count against it.
    """
    sample = text[:_SAMPLE]
    counted = [one for one in sample if ord(one) >= 0x80 or (ord(one) < 0x20 and one not in "\t\n\r\f")]
    if not counted:
        return 1.0
    score = sum(_weight(one) for one in counted)
    wedged = len(re.findall(r"(?<=[A-Za-z])[^\x00-\x7f](?=[a-z])", sample))
    return (score - 2 * wedged) / len(counted)


def _weight(one: str) -> float:
    code = ord(one)
    if 0x3040 <= code <= 0x30FF or 0x3000 <= code <= 0x3020:  # kana, 、。「」
        return 1.0
    if 0x4E00 <= code <= 0x9FFF:
        return 0.8 if _is_common_kanji(one) else -0.2
    if 0xFF01 <= code <= 0xFF60:  # full-width letters and signs
        return 0.8
    if 0xFF61 <= code <= 0xFF9F:  # half-width katakana: real, but also what EUC-JP looks like when read as cp932
        return 0.1
    if code < 0x20 or 0x7F <= code <= 0x9F or 0xE000 <= code <= 0xF8FF or code == 0xFFFD:
        return -2.0
    return 0.3


def _is_common_kanji(one: str) -> bool:
    """Tell whether a kanji is in JIS level 1, the 2,965 in daily use (rows 16 to 47 of JIS X 0208)."""
    try:
        encoded = one.encode("euc_jp")
    except UnicodeEncodeError:
        return False
    return len(encoded) == 2 and 0xB0 <= encoded[0] <= 0xCF


def _strict(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None


def _has_high_bytes(data: bytes) -> bool:
    return not data.isascii()


def _decode_with_nul(data: bytes) -> Decoded:
    """Read UTF-16 without a byte order mark, or refuse: no other text holds NUL bytes."""
    even = data[0:4096:2].count(0)
    odd = data[1:4096:2].count(0)
    if len(data) % 2 == 0 and even != odd:
        encoding = "utf-16-le" if odd > even else "utf-16-be"
        text = _strict(data, encoding)
        if text is not None and "\x00" not in text and plausibility(text) >= 0:
            return Decoded(text, encoding)
    raise _not_text()


def _decode_legacy(data: bytes) -> Decoded:
    scored = []
    for encoding in ("euc_jp", "cp932"):
        text = _strict(data, encoding)
        if text is not None:
            scored.append((plausibility(text) + _half_width_bonus(text, encoding), encoding, text))
    if not scored and len(data) % 2 == 0:  # UTF-16 without a mark, and without the line end that would give it away
        for encoding in ("utf-16-le", "utf-16-be"):
            text = _strict(data, encoding)
            if text is not None and plausibility(text) >= _PLAUSIBLE:
                scored.append((plausibility(text), encoding, text))
    if scored:
        best = max(scored, key=lambda entry: entry[0])  # the first of equals: EUC-JP
        if best[0] >= _PLAUSIBLE or _looks_like_half_width(best[2]):
            return Decoded(best[2], best[1])
    return _ask_detector(data, scored)


def _half_width_bonus(text: str, encoding: str) -> float:
    """EUC-JP writes half-width katakana with a prefix byte, so two in a row that decode are no accident."""
    if encoding != "euc_jp" or not re.search("[\uff61-\uff9f]{2}", text):
        return 0.0
    return 0.9


def _looks_like_half_width(text: str) -> bool:
    """Tell whether the non-ASCII part is nothing but half-width katakana, as in old cp932 forms and logs."""
    beyond = [one for one in text if ord(one) >= 0x80]
    return bool(beyond) and all(0xFF61 <= ord(one) <= 0xFF9F for one in beyond)


def _ask_detector(data: bytes, scored: list[tuple[float, str, str]]) -> Decoded:
    from charset_normalizer import from_bytes

    best = from_bytes(data[:_SAMPLE]).best()
    if best is not None:
        if best.encoding in _LATIN and (text_1252 := _strict(data, "cp1252")) is not None:
            return Decoded(_refuse_binary(text_1252), "cp1252")
        text = data.decode(best.encoding, errors="replace")
        if not scored or plausibility(text) >= max(entry[0] for entry in scored):
            return Decoded(_refuse_binary(text), best.encoding, text.count("\ufffd"))
    if scored:
        _, encoding, text = max(scored, key=lambda entry: entry[0])
        return Decoded(_refuse_binary(text), encoding)
    # Mostly UTF-8 or cp932 with a few broken bytes: keep what can be read and say how much was lost.
    tries = [(data.decode(encoding, errors="replace"), encoding) for encoding in ("utf-8", "cp932", "euc_jp")]
    text, encoding = min(tries, key=lambda entry: entry[0].count("\ufffd"))
    lost = text.count("\ufffd")
    if lost * 10 > len(text):
        raise _not_text()
    return Decoded(_refuse_binary(text), encoding, lost)


def _refuse_binary(text: str) -> str:
    sample = text[:4096]
    if len(_CONTROL.findall(sample)) * 20 > len(sample):
        raise _not_text()
    return text


def _not_text() -> DocumentError:
    return DocumentError(reason="not a text file (binary content)", reason_ja="テキストではありません（バイナリ）")
