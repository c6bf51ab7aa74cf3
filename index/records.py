"""One passage as it is stored."""

import base64
import json
import zlib
from dataclasses import dataclass

from assistant.errors import IndexBroken


@dataclass(frozen=True, slots=True)
class Record:
    """One stored passage. `key` names its document, `n` the place in it; `extra` is searched, not shown."""

    id: str
    key: str
    n: int
    file: str
    heading: str
    text: str
    lang: str
    origin: str
    place: str
    extra: str

    def plain(self) -> tuple[str | int, ...]:
        """Return the fields in order."""
        return (
            self.id, self.key, self.n, self.file, self.heading, self.text, self.lang, self.origin, self.place,
            self.extra,
        )  # fmt: skip

    def packed(self) -> str:
        """Return everything in few ASCII characters: what a store keeps beside the vector."""
        plain = json.dumps(self.plain(), ensure_ascii=False, separators=(",", ":")).encode("utf-8", errors="replace")
        return base64.b64encode(zlib.compress(plain, 1)).decode("ascii")


def unpacked(packed: str) -> Record:
    """Return the record that `packed` gave. Raises IndexBroken for anything else."""
    try:
        return Record(*json.loads(zlib.decompress(base64.b64decode(packed))))
    except (TypeError, ValueError, zlib.error) as error:
        raise IndexBroken(
            reason="the index holds passages of another kind", reason_ja="索引に形式の違うデータがあります"
        ) from error
