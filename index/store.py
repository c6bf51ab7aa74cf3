"""Where passages and their vectors are kept: Chroma. The only file that imports chromadb.

What is done here and why (chromadb 1.5.9, each point seen by running it):
- `embedding_function=None` everywhere and own vectors passed in: otherwise Chroma picks a default model and downloads
  it, or rebuilds whatever a foreign index names.
- Passages are kept as packed metadata values and not as Chroma documents: documents get a trigram index that nothing
  here asks, and with it adding takes 1.0 ms of a core per passage instead of 0.3. Metadata values are indexed too, so
  the passages of a document share one (index/records.py), and only the passage that has it tells its document: the ids
  of the others are in it. A third of the rest is saved by that.
- Cosine, as the default is L2 and an existing collection silently keeps its old space. Vectors are searched in memory,
  exactly and beside the words, so the HNSW graph is the least that Chroma takes (0.1 ms per passage; a graph with a
  recall@10 of 0.97 takes 0.6).
- `add` holds Python's interpreter lock until it is done, so pages are small: the page goes on answering in between.
- Changed passages are deleted and added again: `add` ignores known ids, `upsert` merges metadata.
- A client never sees in `query()` what another process wrote; `close()` and a new client do.
- Deleting never shrinks the HNSW files: a rebuild writes a new collection and drops the old one.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from assistant.errors import IndexBroken, ServerError
from index.records import Record, unpacked

_KEPT = {"space": "cosine", "ef_construction": 8, "ef_search": 8, "max_neighbors": 4}
_KEYS = 200  # documents per request
_PAGE = 5_000  # records per reading request
_WRITTEN = 2_000  # records per writing request, about 0.3 s; Chroma's own limit is 5,461


class Store:
    """Collections of passages in a Chroma folder or on a Chroma server. Raises IndexBroken or ServerError."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        """Open the store; `url` ("http://127.0.0.1:8000") names a Chroma server instead of the folder."""
        self.url = url
        self.folder = folder
        self._client: Any = None
        self._open()

    def _open(self) -> None:
        import chromadb
        from chromadb.config import Settings

        settings = Settings(anonymized_telemetry=False)
        try:
            if self.url is None:
                _refuse_foreign_file(self.folder)
                self.folder.mkdir(parents=True, exist_ok=True)
                self._client = chromadb.PersistentClient(path=str(self.folder), settings=settings)
            else:
                parts = urlsplit(self.url)
                secure = parts.scheme == "https"
                port = parts.port or (443 if secure else 8000)
                self._client = chromadb.HttpClient(
                    host=parts.hostname or "127.0.0.1", port=port, ssl=secure, settings=settings
                )
            self._client.heartbeat()
        except BaseException as error:
            # Chroma keeps what failed to open, and gives it to whoever opens the same path later.
            shared = chromadb.api.shared_system_client.SharedSystemClient
            if str(self.folder) not in shared._identifier_to_refcount:
                shared._identifier_to_system.pop(str(self.folder), None)
            raise self._broken(error) from error

    def _broken(self, error: BaseException) -> Exception | BaseException:
        """Return the error to raise: Chroma's Rust core reports damage as errors and as panics (BaseException)."""
        if isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit | IndexBroken | ServerError):
            return error
        detail = f"{type(error).__name__}: {error}"[:300]
        if self.url is not None:
            return ServerError(
                url=self.url, reason=f"no Chroma server answers; is it running? ({detail})",
                reason_ja=f"Chroma サーバーが応答しません。起動しているか確かめてください（{detail}）",
            )  # fmt: skip
        return IndexBroken(
            reason=f"the index in {self.folder} cannot be used: {detail}",
            reason_ja=f"{self.folder} の索引を使えません: {detail}",
        )

    def close(self) -> None:
        """Let go of the files. Safe to call twice."""
        client, self._client = self._client, None
        if client is None:
            return
        # Chroma 1.5.9 leaves the connections to a server open when its client is closed.
        session = getattr(getattr(client, "_server", None), "_session", None)
        if session is not None:
            session.close()
        client.close()

    def names(self) -> list[str]:
        """Return the names of all collections, sorted."""
        try:
            return sorted(str(one.name) for one in self._client.list_collections())
        except BaseException as error:
            raise self._broken(error) from error

    def create(self, name: str, about: dict[str, str | int]) -> None:
        """Make an empty collection, replacing one of the same name; `about` is kept as its metadata."""
        try:
            if name in self.names():
                self._client.delete_collection(name)
            self._client.create_collection(name, metadata=about, configuration={"hnsw": _KEPT}, embedding_function=None)
        except BaseException as error:
            raise self._broken(error) from error

    def drop(self, name: str) -> None:
        """Delete a collection; a missing one is fine."""
        try:
            if name in self.names():
                self._client.delete_collection(name)
        except BaseException as error:
            raise self._broken(error) from error

    def drop_others(self, prefix: str, kept: str) -> None:
        """Delete the collections whose names begin with `prefix`, all but the one to be kept."""
        for name in self.names():
            if name.startswith(prefix) and name != kept:
                self.drop(name)

    def _collection(self, name: str) -> Any:
        return self._client.get_collection(name, embedding_function=None)

    def count(self, name: str) -> int:
        """Return the number of passages in a collection."""
        try:
            return int(self._collection(name).count())
        except BaseException as error:
            raise self._broken(error) from error

    def add(self, name: str, records: Sequence[Record], vectors: NDArray[np.float32], packed: Sequence[str]) -> None:
        """Add passages, also in their packed form, with their vectors. The ids must be new: Chroma ignores others.

        What `packed` returned for a document must be added as a whole.
        """
        try:
            collection = self._collection(name)
            for start in range(0, len(records), _WRITTEN):
                part = records[start : start + _WRITTEN]
                collection.add(
                    ids=[one.id for one in part],
                    embeddings=vectors[start : start + _WRITTEN],
                    metadatas=[
                        {"key": one.key, "passages": text} if text else None
                        for one, text in zip(part, packed[start : start + _WRITTEN], strict=True)
                    ],
                )
        except BaseException as error:
            raise self._broken(error) from error

    def delete(self, name: str, keys: Sequence[str]) -> None:
        """Delete all passages of the documents with these keys; unknown keys are fine."""
        try:
            collection = self._collection(name)
            for records in _described(collection, keys):
                collection.delete(ids=[one.id for one in records])
        except BaseException as error:
            raise self._broken(error) from error

    def load(self, name: str) -> tuple[list[Record], NDArray[np.float32]]:
        """Return all passages of a collection and their vectors (n x dim), ordered by document and place in it."""
        try:
            collection = self._collection(name)
            expected = collection.count()
            found = _gathered(_every(collection, expected))
        except BaseException as error:
            raise self._broken(error) from error
        if len(found[0]) != expected:
            raise IndexBroken(
                reason=f"the index holds {len(found[0])} of {expected} passages",
                reason_ja=f"索引の {expected} 件中 {len(found[0])} 件しか読めません",
            )
        return found

    def documents(self, name: str, keys: Sequence[str]) -> tuple[list[Record], NDArray[np.float32]]:
        """Return the passages of these documents and their vectors, ordered likewise."""
        try:
            return _gathered(_of(self._collection(name), keys))
        except BaseException as error:
            raise self._broken(error) from error


_Page = tuple[list[Record], Any]  # passages, and what Chroma answered: ids with vectors, of these or of others


def _gathered(pages: Iterator[_Page]) -> tuple[list[Record], NDArray[np.float32]]:
    """Return the passages of all pages that have a vector in one of them, and their vectors."""
    records: list[Record] = []
    ids: list[str] = []
    vectors: list[NDArray[np.float32]] = []
    for some, answer in pages:
        records += some
        ids += answer["ids"]
        if answer["ids"]:
            vectors.append(np.asarray(answer["embeddings"], dtype=np.float32))
    rows = {one: row for row, one in enumerate(ids)}
    found = sorted((one for one in records if one.id in rows), key=lambda one: (one.key, one.n))
    matrix = np.concatenate(vectors)[[rows[one.id] for one in found]] if vectors else np.zeros((0, 0), np.float32)
    return found, matrix


def _every(collection: Any, expected: int) -> Iterator[_Page]:
    for start in range(0, expected, _PAGE):
        answer = collection.get(include=["metadatas", "embeddings"], limit=_PAGE, offset=start)
        yield unpacked(one["passages"] for one in answer["metadatas"] if one), answer


def _of(collection: Any, keys: Sequence[str]) -> Iterator[_Page]:
    for records in _described(collection, keys):
        yield records, collection.get(ids=[one.id for one in records], include=["embeddings"])


def _described(collection: Any, keys: Sequence[str]) -> Iterator[list[Record]]:
    """Yield the passages of documents, as many as a request may be about; those packed together stay together."""
    held: list[Record] = []
    for start in range(0, len(keys), _KEYS):
        answer = collection.get(include=["metadatas"], where={"key": {"$in": list(keys[start : start + _KEYS])}})
        for one in answer["metadatas"]:
            held += unpacked([one["passages"]])
            if len(held) >= _WRITTEN:
                yield held
                held = []
    if held:
        yield held


def _refuse_foreign_file(folder: Path) -> None:
    """Chroma's core can crash the process on a file that is no database: look before it does."""
    file = folder / "chroma.sqlite3"
    try:
        with file.open("rb") as stream:
            head = stream.read(16)
    except FileNotFoundError:
        return
    if head and head != b"SQLite format 3\x00":
        raise IndexBroken(reason=f"{file} is not a database", reason_ja=f"{file} はデータベースではありません")
