"""Passages as they are stored."""

import base64
import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assistant.errors import IndexBroken

_TOGETHER = 64  # records of a document in one text: enough to share what they repeat


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


def packed(records: Sequence[Record]) -> list[str]:
    """Return what a store keeps beside the vectors: for every _TOGETHER records one text, of which they are made again.

    It stands at the first of them, "" at the others: what they have in common is kept, indexed and sent once.
    """
    texts = [""] * len(records)
    for start in range(0, len(records), _TOGETHER):
        plain = [one.plain() for one in records[start : start + _TOGETHER]]
        whole = json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode("utf-8", errors="replace")
        texts[start] = base64.b64encode(zlib.compress(whole, 1)).decode("ascii")
    return texts


def unpacked(texts: Iterable[str]) -> list[Record]:
    """Return the records that `packed` was given. Raises IndexBroken for anything else."""
    try:
        return [
            Record(*plain) for text in texts if text for plain in json.loads(zlib.decompress(base64.b64decode(text)))
        ]
    except (TypeError, ValueError, zlib.error) as error:
        raise IndexBroken(
            reason="the index holds passages of another kind", reason_ja="索引に形式の違うデータがあります"
        ) from error
