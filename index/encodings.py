"""Bytes -> text: find a document's character encoding, Japanese ones first.

The order matters and each step has a reason:

1. a byte order mark tells;
2. what the document declares is taken when its bytes agree;
3. ISO-2022-JP is 7-bit and would pass as UTF-8, its escape sequences tell;
4. NUL bytes are those of UTF-16 (ASCII would pass as UTF-8 otherwise);
5. strict UTF-8 almost never accepts anything else;
6. of EUC-JP, cp932, cp1252 and UTF-16, where they decode strictly, the most plausible text wins (index/plausible.py);
7. Chinese, Korean and the rest of Europe only when there is enough text and none of those makes sense of it: charset
   detectors misread short Japanese ("量子化" in cp932 comes out as big5hkscs from charset-normalizer 3.5.2).
"""

import codecs
import re
from dataclasses import dataclass

from assistant.errors import DocumentError
from index.jis import ESCAPE, read_euc, read_iso2022
from index.plausible import NEIGHBOURS, neighbour_plausibility, plausibility

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_CONTROL = re.compile(r"[\x00-\x07\x0e-\x1a\x1c-\x1f]")
_CLEAR = 0.5  # from here on a Japanese or Western reading needs no comparison with other languages
_SENSE = 0.75  # below this, text of some length may be in another language of Europe
_BETTER = 0.2  # what it must be better by
_ENOUGH = 24  # bytes beyond ASCII from which another language than Japanese and Western ones is considered
_ENOUGH_LATIN = 60  # bytes in all, where most letters are ASCII
_LOST = 0.1  # share of the characters beyond ASCII that may be broken
_UTF16_ODDS = 0.1  # what UTF-16 without mark and NUL must be better by, the more the shorter: it is rare
_UTF16_SENSE = 0.3  # the least for UTF-16 that its NUL bytes suggest
# Signs, kana, kanji, full width, Greek and Cyrillic: what text in UTF-16 holds that shows no NUL bytes.
_UTF16_ALONE = re.compile("[\u2010-\u266f\u3000-\u30ff\u3220-\u33ff\u4e00-\u9fff\uff00-\uffef\u0391-\u0451]+")
_KANA = re.compile("[ぁ-ヾ]")
_CERTAIN = 0.9  # kana and school kanji alone
_PHONETIC = re.compile("[\u0180-\u036f]")
_SAMPLE = 200_000  # bytes that the detector looks at
_DETECTED = {"cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1257", "koi8_r", "koi8_u", "iso8859_2", "iso8859_5"}
_LABELS = {  # what programs mean -> what documents call it (after the WHATWG Encoding Standard)
    "cp932": "shift_jis shift-jis sjis x-sjis ms_kanji windows-31j cp932 csshiftjis ms932",
    "euc_jp": "euc-jp eucjp x-euc-jp eucjp-ms cp51932 cseucpkdfmtjapanese",
    "iso2022_jp": "iso-2022-jp csiso2022jp iso-2022-jp-ms cp50220 cp50221 cp50222 jis",
    "cp949": "euc-kr ks_c_5601-1987 ksc5601 ks_c_5601-1989 windows-949 korean",
    "gb18030": "gb2312 gbk gb_2312-80 x-gbk chinese cp936 windows-936",
    "big5hkscs": "big5 big5-hkscs cn-big5 x-x-big5",
    "cp1252": "iso-8859-1 latin1 iso8859-1 l1 windows-1252 x-cp1252",
}
_ENCODINGS = {label: encoding for encoding, labels in _LABELS.items() for label in labels.split()}
_NO_CHARSETS = {"iso2022_jp", "idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "utf-7"}
_DECLARATION = re.compile(
    rb"""<\?xml[^>]{0,200}?\bencoding\s*=\s*["']([\w.:-]{2,40})|<meta\b[^>]{0,300}?\bcharset\s*=\s*["']?\s*([\w.:-]{2,40})""",
    re.IGNORECASE,
)
_DECLARED_WITHIN = 4096  # bytes: browsers look at 1,024, some pages put scripts first


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text with the encoding it was read in; `replaced` counts characters that could not be decoded."""

    text: str
    encoding: str
    replaced: int = 0


def decode(data: bytes, declared: str | None = None) -> Decoded:
    """Return the text of a document; `declared` is the encoding it names, if any.

    Raises DocumentError when the bytes are not text at all.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            marked = data.decode(encoding, errors="replace")
            return Decoded(marked.lstrip("\ufeff"), encoding, marked.count("\ufffd"))
    if declared and (named := _as_declared(data, declared)) is not None:
        return named
    if ESCAPE.search(data) and data.isascii() and (found := _decode_iso2022(data)) is not None:
        return found
    if b"\x00" in data[:4096]:
        return _decode_with_nul(data)
    text = _strict(data, "utf-8")
    if text is not None and not _is_binary(text) and not _is_euc_by_accident(text, data):
        return Decoded(text, "utf-8")
    return _decode_legacy(data)


def declared_in_markup(data: bytes) -> str | None:
    """Return the encoding that an HTML page or XML document says it is in."""
    found = _DECLARATION.search(data[:_DECLARED_WITHIN])
    return (found[1] or found[2]).decode("ascii") if found else None


def _as_declared(data: bytes, declared: str) -> Decoded | None:
    """Return the text in the declared encoding, None when the bytes or the name do not allow it."""
    name = declared.strip().strip("\"'").lower()
    try:
        encoding = _ENCODINGS.get(name) or codecs.lookup(name).name
    except (LookupError, ValueError):
        return None
    if ESCAPE.search(data) and data.isascii():
        return _decode_iso2022(data)
    if encoding in _NO_CHARSETS or (encoding.startswith(("utf-16", "utf-32")) and b"\x00" not in data):
        return None
    if _takes_anything(encoding) and _strict(data, "utf-8") is not None:
        return None  # a wrong "iso-8859-1" is common, accidental UTF-8 is not
    text = _strict(data, encoding)
    return Decoded(text, encoding) if text is not None and not _is_binary(text) else None


def _takes_anything(encoding: str) -> bool:
    """Tell whether an encoding holds one byte a character, so that decoding proves nothing."""
    return encoding.startswith(("cp125", "iso8859", "koi8", "cp87", "mac"))


def _strict(data: bytes, encoding: str) -> str | None:
    try:
        return read_euc(data) if encoding == "euc_jp" else data.decode(encoding)
    except (UnicodeError, LookupError):
        return None


def _decode_iso2022(data: bytes) -> Decoded | None:
    text = _strict(data, "iso2022_jp_2")
    if text is not None and "\x1b" not in text:
        return Decoded(text, "iso2022_jp")
    text = read_iso2022(data)
    lost = text.count("\ufffd")
    return Decoded(text, "iso2022_jp", lost) if lost <= _LOST * _beyond_ascii(text) else None


def _decode_with_nul(data: bytes) -> Decoded:
    """Read UTF-16 without a byte order mark, or refuse: no other text holds NUL bytes."""
    tries = [(_sense_as_utf16(text), name, text) for name, text in _utf16(data) if "\x00" not in text]
    best = max(tries, default=(-1.0, "", ""), key=lambda entry: entry[0])
    if best[0] >= _UTF16_SENSE:
        return Decoded(best[2], best[1])
    raise _not_text()


def _utf16(data: bytes) -> list[tuple[str, str]]:
    read = [(name, _strict(data, name)) for name in ("utf-16-le", "utf-16-be") if len(data) % 2 == 0]
    return [(name, text) for name, text in read if text is not None]


def _sense_as_utf16(text: str) -> float:
    """Return how plausible UTF-16 text is in the language that fits it best; its ASCII counts for it."""
    sample = re.sub("[\xa0-\xff]", "a", text[:20_000])  # Western letters show the NUL bytes as ASCII does
    score = max(plausibility(sample), *(neighbour_plausibility(sample, one) for one in NEIGHBOURS))
    beyond = _beyond_ascii(sample)
    return (score * beyond + len(sample) - beyond) / max(1, len(sample))


def _sense_without_nul(text: str) -> float:
    """Return how plausible text read as UTF-16 is without any ASCII in it.

    Kana and school kanji alone are no accident from three kanji or two kana on: one pair of bytes in fifty is among
    them, and one in three hundred is kana. Everything else is rarer than the other encodings, the more the shorter.
    """
    score = plausibility(text)
    kana = len(_KANA.findall(text))
    if score >= (_CLEAR if 3 * kana >= len(text) else _CERTAIN) and len(text) + kana >= 3:
        return score + _UTF16_ODDS
    return score - _UTF16_ODDS - 1 / len(text)


def _decode_legacy(data: bytes) -> Decoded:
    """Compare the Japanese encodings, cp1252 and UTF-16; ask about other languages when none makes sense."""
    tries = [(name, _strict(data, name)) for name in ("euc_jp", "cp932", "cp1252")]
    scored = [
        (plausibility(text) + _half_width_bonus(name, text), name, text) for name, text in tries if text is not None
    ]
    scored += [(_sense_without_nul(text), name, text) for name, text in _utf16(data) if _UTF16_ALONE.fullmatch(text)]
    best = max(scored, default=(-2.0, "", ""), key=lambda entry: entry[0])  # the first of equals: EUC-JP
    if best[0] < _CLEAR and (broken := _decode_broken(data)) is not None:
        return broken
    if (other := _other_language(data, best[0])) is not None:
        return other
    if not scored:
        raise _not_text()
    return Decoded(_refuse_binary(best[2]), best[1])


def _decode_broken(data: bytes) -> Decoded | None:
    """Read UTF-8, cp932 or EUC-JP with a few broken bytes: keep what can be read and say how much was lost."""
    tries = [(data.decode(encoding, errors="replace"), encoding) for encoding in ("utf-8", "cp932", "euc_jp")]
    text, encoding = min(tries, key=lambda entry: entry[0].count("\ufffd"))
    lost = text.count("\ufffd")
    if not lost or lost > _LOST * _beyond_ascii(text) or plausibility(text.replace("\ufffd", "")) < _CLEAR:
        return None
    return Decoded(_refuse_binary(text), encoding, lost)


def _other_language(data: bytes, best: float) -> Decoded | None:
    """Return text in Chinese or Korean, or in another encoding of Europe, when it makes more sense than `best`."""
    beyond = sum(byte >= 0x80 for byte in data[:_SAMPLE])
    if beyond >= _ENOUGH:
        tries = [(name, _strict(data, name)) for name in NEIGHBOURS]
        scored = [(neighbour_plausibility(text, name), name, text) for name, text in tries if text is not None]
        found = max(scored, default=(-2.0, "", ""), key=lambda entry: entry[0])
        if found[0] > max(best, _CLEAR):
            return Decoded(_refuse_binary(found[2]), found[1])
    if best >= _SENSE or len(data) < _ENOUGH_LATIN:
        return None
    from charset_normalizer import from_bytes

    guess = from_bytes(data[:_SAMPLE], cp_isolation=sorted(_DETECTED)).best()
    text = _strict(data, guess.encoding) if guess is not None else None
    if guess is None or text is None or plausibility(text) < best + _BETTER:
        return None
    return Decoded(_refuse_binary(text), guess.encoding)


def _is_euc_by_accident(text: str, data: bytes) -> bool:
    """Tell whether UTF-8 of phonetic signs and loose accents is a Japanese word in EUC-JP: 動物 is ưʪ, 予測 is ͽ¬."""
    if not _PHONETIC.search(text) or plausibility(text) > 0:
        return False
    japanese = _strict(data, "euc_jp")
    return japanese is not None and plausibility(japanese) >= _CERTAIN


def _half_width_bonus(name: str, text: str) -> float:
    """EUC-JP writes half-width katakana with a prefix byte each, so a row of them that decodes is no accident."""
    longest = max(map(len, re.findall("[\uff66-\uff9f]{2,}", text)), default=0) if name == "euc_jp" else 0
    return 0.25 * min(longest, 4)


def _beyond_ascii(text: str) -> int:
    return len(text) - len(text.encode("ascii", errors="ignore"))


def _is_binary(text: str) -> bool:
    sample = text[:4096]
    return len(_CONTROL.findall(sample)) * 20 > len(sample)


def _refuse_binary(text: str) -> str:
    if _is_binary(text):
        raise _not_text()
    return text


def _not_text() -> DocumentError:
    return DocumentError(reason="not a text file (binary content)", reason_ja="テキストではありません（バイナリ）")
