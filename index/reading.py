"""A document's bytes -> passages and their search terms: what the reading processes (index/formats/child.py) do.

Needs neither the catalog nor the store, so that a reading process starts fast and can be ended at any moment.
"""

import hashlib
import re
import time
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.errors import DocumentError
from index.bags import Bags, Numbers
from index.chunks import Chunk, split
from index.documents import load, read_bytes
from index.formats.blocks import Document
from index.formats.text import plain_markdown
from index.records import Record, packed, unpacked
from index.terms import bag

CARD_CHARACTERS = 500  # a card goes on with score tables and references, which say the same for every model
MAX_PASSAGES = 20_000  # of one document: 5 million Japanese characters make 17,000
_RACY_NS = 2_000_000_000  # a file written within 2 s of being read is read again next time (its clock may be coarse)


@dataclass(frozen=True, slots=True)
class Job:
    """One document to read: a file, or the text of a catalog card.

    `key`, `file` and `origin` are those of its passages (index/sources.py), `sha` is the hash of the bytes already
    indexed ("" for none), `size` the file's bytes and `written` its time of change in nanoseconds.
    """

    key: str
    file: str
    origin: str = "user"
    path: str = ""
    card: tuple[str, str] | None = None  # language and text
    sha: str = ""
    size: int = 0
    written: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of a job; `records` is None when the bytes are the ones already indexed.

    `packed` holds the records as the store keeps them, `bags` the terms of each, numbered for this document alone.
    `reason` is set when the document cannot be read, `notes` are remarks on one that can, both by language.
    """

    sha: str = ""
    racy: bool = False
    records: tuple[Record, ...] | None = ()
    packed: tuple[str, ...] = ()
    bags: Bags = field(default_factory=lambda: Bags.of([]), compare=False)
    needs_ocr: bool = False
    notes: tuple[dict[str, str], ...] = ()
    reason: dict[str, str] | None = None

    def plain(self) -> dict[str, Any]:
        """Return the reading as JSON can carry it: the records packed, the terms as a text, arrays as their bytes."""
        fields: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        bags = [" ".join(self.bags.numbers), _sent(self.bags.starts), _sent(self.bags.columns), _sent(self.bags.values)]
        return {**fields, "records": self.records is not None, "bags": bags}


def _sent(array: NDArray[Any]) -> tuple[str, str]:
    """Return an array as text: its kind, a small one where that holds the same numbers, and its bytes."""
    small = array.astype(np.uint8 if array.max(initial=0) < 256 else np.uint16)
    kept = small if (small == array).all() else array
    return kept.dtype.str, b64encode(kept.tobytes()).decode("ascii")


def _received(sent: Sequence[str]) -> NDArray[Any]:
    kind, data = sent
    return np.frombuffer(b64decode(data), kind)


def revived(plain: dict[str, Any]) -> Reading:
    """Return the reading that `plain` described."""
    records = tuple(unpacked(plain["packed"])) if plain["records"] else None
    words, *sent = plain["bags"]
    starts, columns, values = map(_received, sent)
    numbers = Numbers(zip(words.split(), count()))
    bags = Bags(numbers, starts.astype(np.int64), columns.astype(np.int32), values.astype(np.float32))
    rows = {name: tuple(plain[name]) for name in ("packed", "notes")}
    return Reading(**{**plain, **rows, "records": records, "bags": bags})


def read(job: Job) -> Reading:
    """Return what the document holds. Never raises a DocumentError: its reason is part of the answer."""
    try:
        data = job.card[1].encode("utf-8", errors="replace") if job.card else load(Path(job.path))
        sha = hashlib.sha256(data).hexdigest()
        racy = not job.card and time.time_ns() - job.written < _RACY_NS
        if sha == job.sha:
            return Reading(sha, racy, None)
        if job.card:
            chunks, document = [_card(*job.card)], Document(())
        else:
            document = read_bytes(data, Path(job.file).suffix.lower())
            chunks, document = _bounded(split(document, job.file.rsplit("/", 1)[-1]), document)
    except DocumentError as error:
        return Reading(reason=error.texts())
    records = tuple(_record(job, n, chunk) for n, chunk in enumerate(chunks))
    return Reading(
        sha, racy, records, tuple(packed(records)), Bags.of([bag_of(one) for one in records]),
        document.needs_ocr, document.notes,
    )  # fmt: skip


def _bounded(chunks: list[Chunk], document: Document) -> tuple[list[Chunk], Document]:
    """Return a document's first MAX_PASSAGES passages, with a remark when there are more."""
    if len(chunks) <= MAX_PASSAGES:
        return chunks, document
    note = {
        "en": f"only the first {MAX_PASSAGES:,} passages were indexed",
        "ja": f"先頭の {MAX_PASSAGES:,} 件の箇所だけを索引にしました",
    }
    return chunks[:MAX_PASSAGES], replace(document, notes=(*document.notes, note))


def bag_of(record: Record) -> dict[str, float]:
    """Return a passage's weighted terms: of a catalog card the beginning alone."""
    text = record.text[: 2 * CARD_CHARACTERS] if record.origin == "catalog" else record.text
    return bag(text, record.heading, record.extra)


def _record(job: Job, n: int, chunk: Chunk) -> Record:
    prefix = job.key.partition(":")[0]
    shown = job.file if prefix in ("shipped", "catalog") else f"{prefix}:{job.file}"
    number = f"{shown}#{chunk.anchor}" if chunk.anchor else shown
    return Record(
        number, job.key, n, job.file, chunk.heading, chunk.text, chunk.lang, job.origin, chunk.place, chunk.extra
    )


def _card(language: str, text: str) -> Chunk:
    """Return a catalog card as one passage: it is looked up by the model's name and read as a whole."""
    title = re.sub(r"^#+\s*", "", text.split("\n", 1)[0]).strip()
    return Chunk("", title, plain_markdown(text).strip(), language, "", "")
