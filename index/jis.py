"""ISO-2022-JP and EUC-JP as Windows and mail programs write them: with ①, ㈱, ℡, 髙 and half-width katakana.

Python's codecs keep to the standards and refuse those. Here each row and cell of the 94 x 94 table is looked up in
cp932, which holds the same table with NEC's row 13 and the rows 89 to 92 that NEC took over from IBM (Microsoft's code
pages 50220 to 50222 for mail and 51932 for EUC-JP).
"""

import codecs
import re

ESCAPE = re.compile(rb"\x1b(?:\$[@B]|\$\([@BD]|\([BHIJ])")
_SWITCH = re.compile(rb"(\x1b(?:\$[@B]|\$\([@BD]|\([BHIJ])|[\x0e\x0f])")  # SO and SI: katakana in code page 50222
_KANA = (b"\x1b(I", b"\x0e")
_PAIRS = re.compile(rb"[\x21-\x7e]{2}|[\x00-\xff]")


def read_iso2022(data: bytes) -> str:
    """Return 7-bit Japanese text; what cannot be read becomes U+FFFD."""
    pieces = _SWITCH.split(data)
    text = [pieces[0].decode("ascii", errors="replace")]
    for switch, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        if switch in _KANA:
            text.append(bytes(one + 0x80 if 0x21 <= one <= 0x5F else one for one in piece).decode("cp932", "replace"))
        elif switch.startswith(b"\x1b$"):
            supplementary = switch.endswith(b"D")  # JIS X 0212
            text += [_cell(one, supplementary) for one in _PAIRS.findall(piece)]
        else:
            text.append(piece.decode("ascii", errors="replace"))
    return "".join(text)


def read_euc(data: bytes) -> str | None:
    """Return EUC-JP text, None when any of it cannot be read."""
    try:
        return data.decode("euc_jp", errors=_EUC_CELLS)
    except UnicodeDecodeError:
        return None


def _euc_cell(error: UnicodeError) -> tuple[str, int]:
    """Return the character where Python's codec stopped, and the place to go on from."""
    if isinstance(error, UnicodeDecodeError):
        pair = error.object[error.start : error.start + 2]
        if len(pair) == 2 and all(0xA1 <= one <= 0xFE for one in pair):
            found = _cell(bytes(one & 0x7F for one in pair))
            if found != "\ufffd":
                return found, error.start + 2
    raise error


def _cell(pair: bytes, supplementary: bool = False) -> str:
    """Return the character at a row and cell (0x21 to 0x7E each); a control character or space is itself."""
    if len(pair) == 1:
        return pair.decode("ascii", errors="replace") if pair[0] <= 0x20 else "\ufffd"
    if supplementary:
        return bytes((0x8F, pair[0] | 0x80, pair[1] | 0x80)).decode("euc_jp", errors="replace")
    row, cell = pair[0] - 0x20, pair[1] - 0x20
    lead = (row - 1) // 2 + (0x81 if row <= 62 else 0xC1)
    trail = cell + 0x9E if row % 2 == 0 else cell + (0x3F if cell < 64 else 0x40)
    found = bytes((lead, trail)).decode("cp932", errors="replace")
    return found if len(found) == 1 and not "\ue000" <= found <= "\uf8ff" else "\ufffd"


_EUC_CELLS = "mekiki.euc_cells"
codecs.register_error(_EUC_CELLS, _euc_cell)
