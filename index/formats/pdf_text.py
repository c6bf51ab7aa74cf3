"""Lines of a PDF that belong together -> text."""

import re
import unicodedata
from collections.abc import Sequence

from index.formats.blocks import WIDE
from index.formats.pdf_lines import Line

_KEEPS_HYPHEN = re.compile(
    r"(?:^|[\s-])(?:well|self|all|high|low|long|short|half|full|non|ex|cross|state|real|open|large)$|-\w+$|\d$", re.I
)
_WIDE = re.compile(rf"[{WIDE}]")
_LIGATURES = re.compile("[\ufb00-\ufb06]")


def joined(lines: Sequence[Line]) -> str:
    """Return lines as one: words that a hyphen cuts whole, Japanese without spaces."""
    text = ""
    hyphen = False
    for n, line in enumerate(lines):
        text += ("" if not text or hyphen or touch(text, line.text) else " ") + line.text
        ends = re.fullmatch(r"[A-Za-z0-9]-", text[-2:]) is not None and not line.hyphen
        hyphen = line.hyphen or ends
        if hyphen:
            bare = text.rstrip("-")
            keeps = _KEEPS_HYPHEN.search(bare)
            following = lines[n + 1].text[:1] if n + 1 < len(lines) else ""
            text = f"{bare}-" if keeps or not following.islower() else bare
    return unicodedata.normalize("NFC", _LIGATURES.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text))


def touch(before: str, after: str) -> bool:
    """Tell whether no space stands between two parts of a text: one of them is Japanese."""
    return bool(_WIDE.match(before[-1:]) or _WIDE.match(after))
