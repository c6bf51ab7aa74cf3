"""The index as the other rooms use it: open, search, sync, rebuild, status, watch.

The index is disposable: deleting its folder loses nothing, a damaged one is moved aside and built again, and when
the data folder cannot be written it lives in a temporary folder. Each of these is told in `status().notes`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from assistant.errors import EmbedderError, IndexBroken, ServerError
from index import state
from index.build import Progress
from index.embedder.models import Embedder, open_embedder, quick
from index.embedder.reranker import CANDIDATES, Reranker
from index.held import Held
from index.lexical import shares
from index.own_names import own_names
from index.place import Note, Place, note
from index.search import LEAST, Legs
from index.search import search as find
from index.snapshot import Snapshot
from index.state import State
from index.support import Support, support
from index.sync import Documents, Writer
from index.synonyms import Synonyms, synonyms
from index.types import Hit, IndexStatus, SyncReport
from index.watching import Watcher
from knowledge.catalog import Catalog

_SHOWN = ("user", "shipped", "catalog")


def open_index(
    data: Path,
    *,
    user_folders: Sequence[Path],
    catalog: Catalog,
    embedder: str | None = None,
    reranker: str | None = None,
    chroma_url: str | None = None,
    guides: Path | None = None,
) -> "Index":
    """Return the index kept in `data`/index. Nothing is built or loaded until it is searched or synced.

    Arguments that need a word:
        data: Mekiki's data folder; when it cannot be written a temporary folder takes its place, with a note.
        embedder: a sentence-transformers model folder or cached name; None for the built-in one.
        reranker: a CrossEncoder's folder or cached name that orders what search finds; None for none.
        chroma_url: a Chroma server, instead of Chroma's own files in the data folder.
        guides: where the shipped guides are; None for knowledge.guides.guides_folder().
    """
    if guides is None:
        from knowledge.guides import guides_folder

        guides = guides_folder()
    chosen: Embedder | None = None
    notes: dict[str, Note] = {}
    try:
        chosen = open_embedder(embedder)
    except EmbedderError as error:
        notes["embedder"] = _by_words_only(error)
    index = Index(data, tuple(user_folders), catalog, guides, chosen, chroma_url, notes)
    if reranker:
        index.rerank_with(reranker)
    return index


def _by_words_only(error: EmbedderError) -> Note:
    return note(f"searching by words only: {error.text('en')}", f"単語だけで検索します: {error.text('ja')}")


class Index:
    """Passages of all documents, searchable. Several threads may use it, several processes may share its folder."""

    def __init__(
        self, data: Path, user_folders: tuple[Path, ...], catalog: Catalog, guides: Path | None,
        embedder: Embedder | None, chroma_url: str | None, notes: dict[str, Note],
    ) -> None:  # fmt: skip
        """Keep the parts; see open_index."""
        self.user_folders = user_folders
        self._embedder = embedder
        self._notes = notes
        self._place = Place(data, chroma_url, notes)
        self._synonyms: Synonyms = synonyms(catalog.glossary)
        self._held = Held(self._place)
        self._writer = Writer(self._place, self._held, Documents(guides, user_folders, catalog), embedder)
        self._reranker: Reranker | None = None
        self._watcher: Watcher | None = None

    @property
    def _folder(self) -> Path:
        return self._place.folder

    @property
    def embedder_id(self) -> str:
        """Return the identity of the embedding model, "none" when there is none."""
        return self._writer.embedder_id

    @property
    def is_kept(self) -> bool:
        """Whether the index outlives this process."""
        return self._place.temporary is None

    @property
    def notes(self) -> tuple[Note, ...]:
        """Return what a person should know now: a damaged index built again, a folder that cannot be written, ..."""
        return tuple(self._notes.values())

    # ---- reading -------------------------------------------------------------------------------------------------

    def search(
        self,
        query: str,
        *,
        top: int = 10,
        source: Literal["all", "shipped", "user"] = "all",
        language: str | None = None,
        least: float = LEAST,
        legs: Legs = "both",
    ) -> list[Hit]:
        """Return the best passages, best first, as index.search.search does; an index is built when there is none."""
        held = self._current()
        vector = None
        if self._embedder is not None and held.embedder == self._embedder.id:
            try:
                vector = self._embedder.query(query)
            except EmbedderError as error:
                self._notes["embedder"] = _by_words_only(error)
        wanted = top if self._reranker is None else max(top, CANDIDATES)
        hits = find(
            held, query, vector, self._synonyms,
            top=wanted, source=source, language=language, least=least, legs=legs, embedder=quick(self._embedder),
        )  # fmt: skip
        return self._reranked(query, hits, top)

    def support(self, query: str, hits: Sequence[Hit]) -> Support:
        """Return how surely the first of a question's hits states what is asked for (index/support.py)."""
        alike = hits if self._reranker is None else hits[:1]  # a reranker's scores are of another kind
        return support(self._current(), query, self._synonyms, alike)

    def shares(self, query: str, texts: Sequence[str]) -> list[float]:
        """Return how much of a question each of some texts holds, in any known wording (index/lexical.py)."""
        return shares(query, texts, self._synonyms)

    def own_names(self, question: str) -> list[str]:
        """Return the names in a question that only the person's documents know (index/own_names.py)."""
        return own_names(self._current(), question)

    def rerank_with(self, name: str) -> None:
        """Let a CrossEncoder order what search finds; told in the notes when there is none of this name."""
        try:
            self._reranker = Reranker(name)
        except EmbedderError as error:
            self._unranked(error)

    def _reranked(self, query: str, hits: list[Hit], top: int) -> list[Hit]:
        if self._reranker is not None:
            try:
                return self._reranker.order(query, hits, top)
            except EmbedderError as error:
                self._unranked(error)
        return hits[:top]

    def _unranked(self, error: EmbedderError) -> None:
        self._reranker = None
        self._notes["reranker"] = note(
            f"searching without the reranker: {error.text('en')}", f"リランカーなしで検索します: {error.text('ja')}"
        )

    def _current(self) -> Snapshot:
        """Return the newest generation, loaded when another process wrote it, built when there is none."""
        try:
            found = self._held.newest()
        except ServerError as error:
            self._place.leave_server(error)
            found = None
        if found is None:
            self.sync()
            found = self._held.last
        if found is None:
            raise IndexBroken(
                reason="the index is being built by another process; ask again in a moment",
                reason_ja="索引はほかのプロセスが作成中です。少し待ってからもう一度お試しください",
            )
        return found

    def status(self) -> IndexStatus:
        """Return every document, the user's own first, and what a person should know about the index."""
        known = state.load(self._folder) or State()
        ordered = sorted(known.files.items(), key=lambda one: (_SHOWN.index(one[1].origin), one[0]))
        files = tuple(entry.status() for _, entry in ordered)
        notes = list(self._notes.values())
        if known.generation and known.embedder != self.embedder_id:
            notes.append(
                note(
                    f"the index was built with the embedder {known.embedder}; "
                    f"`mekiki index sync` rebuilds it for {self.embedder_id}",
                    f"索引は埋め込みモデル {known.embedder} で作られています。"
                    f"`mekiki index sync` で {self.embedder_id} 用に作り直します",
                )
            )
        return IndexStatus(files, sum(one.passages for one in files), self.embedder_id, known.generation, tuple(notes))

    # ---- writing -------------------------------------------------------------------------------------------------

    def sync(self, progress: Progress | None = None, *, again: bool = False) -> SyncReport:
        """Bring the index up to date with the folders and the catalog; with `again` also what could not be read before.

        One process writes at a time. When another one is writing, this waits for it up to 20 s and then leaves the
        work to it (`waited` in the report). Raises IndexBroken when even a temporary folder cannot be written.
        """
        return self._writer.write(progress, "again" if again else "changes")

    def rebuild(self, progress: Progress | None = None) -> SyncReport:
        """Build a new collection from the documents while the old one serves, then switch and drop the old one."""
        return self._writer.write(progress, "anew")

    # ---- following -----------------------------------------------------------------------------------------------

    def watch(self) -> None:
        """Follow the user's folders in a thread: reconcile now and after every change. Calling twice is fine."""
        if self._watcher is None:
            self._watcher = Watcher(self.user_folders, self._sync_quietly, self._not_followed)

    def _not_followed(self, why: str) -> None:
        self._notes["watch"] = note(
            f"changes to the folders are not followed ({why}); use `mekiki index sync`",
            f"フォルダーの変更を自動では反映できません（{why}）。`mekiki index sync` を使ってください",
        )

    def _sync_quietly(self) -> None:
        try:
            self.sync()
            self._notes.pop("sync", None)
            warm = getattr(self._embedder, "load", None)
            if warm is not None:  # importing it takes seconds: now, and not when the first document arrives
                warm()
        except (IndexBroken, ServerError, EmbedderError, OSError) as error:
            self._notes["sync"] = note(f"the last sync failed: {error}", f"直近の同期に失敗しました: {error}")

    def close(self) -> None:
        """Stop following and remove a temporary folder. The index stays usable for reading what it holds."""
        if self._watcher is not None:
            self._watcher.stop()
            self._watcher = None
        self._place.clean()
