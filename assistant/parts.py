"""What Mekiki answers with: the catalog, this machine, the index, the reader, the chat model.

Every heavy part is made on first use, so that a memory question never waits for a search library.
"""

from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

from assistant.calls import Call, Hardware
from assistant.hardware.machine import Machine
from assistant.settings import Settings
from assistant.toolbox import Toolbox
from knowledge.catalog import Catalog, load_catalog

if TYPE_CHECKING:
    from assistant.llm import ChatModel
    from assistant.reader.read import Reader
    from index.library import Index


class Parts:
    """The parts of one Mekiki, by its settings."""

    def __init__(self, settings: Settings, *, use_machine: bool = True) -> None:
        """Keep the settings; with `use_machine=False`, assume no machine instead of this one."""
        self.settings = settings
        self.use_machine = use_machine
        self._opening = Lock()
        self._index: Index | None = None

    def close(self) -> None:
        """Stop following the folders, if the index was opened."""
        if self._index is not None:
            self._index.close()

    @cached_property
    def catalog(self) -> Catalog:
        """The shipped catalog overlaid with the user's entries."""
        return load_catalog(self.settings.data / "catalog")

    @cached_property
    def machine(self) -> Machine:
        """The machine Mekiki runs on, as detected."""
        from assistant.hardware.detect import detect
        from assistant.memory.speed import bandwidth

        bandwidth.keep_in(self.settings.data)
        return detect()

    @property
    def index(self) -> "Index":
        """The search index, brought up to date when it is first needed. Two threads asking at once get the same one."""
        with self._opening:
            if self._index is None:
                self._index = self.open_index()
                self._index.sync()
            return self._index

    def open_index(self) -> "Index":
        """Return a search index as it was left, for who writes it next."""
        from index.library import open_index

        return open_index(
            self.settings.data, user_folders=self.settings.knowledge, catalog=self.catalog,
            embedder=self.settings.embedder, reranker=self.settings.reranker, chroma_url=self.settings.chroma_url,
        )  # fmt: skip

    def follow(self) -> None:
        """Keep the index up to date with the person's folders from now on, until `close`."""
        self.index.watch()

    @property
    def has_documents(self) -> bool:
        """Whether anything lies in the person's folders."""
        return any(folder.is_dir() and any(folder.iterdir()) for folder in self.settings.knowledge)

    @cached_property
    def reader(self) -> "Reader":
        """The built-in reader."""
        from assistant.reader.read import Reader

        return Reader(self.catalog)

    @cached_property
    def chat_model(self) -> "ChatModel | None":
        """The chat model of the settings, if any. Raises ModelFileError."""
        from assistant.llm import chat_model

        return chat_model(self.settings)

    @cached_property
    def _box(self) -> Toolbox:
        from assistant.memory import oracle

        oracle.configure(self.settings.data / "llama.cpp")  # its answers are kept: the next start need not ask again
        return Toolbox(self.catalog, self.machine if self.use_machine else None)

    def toolbox(
        self, call: Call | None = None, hardware: Hardware | None = None, *, own_first: bool = False
    ) -> Toolbox:
        """Return what tools work on: with the index when the call searches, on `hardware` when it is overridden.

        `own_first`: the person's documents are quoted before the guides.
        """
        box = self._box
        if hardware is not None and hardware.model_fields_set:
            box = Toolbox(self.catalog, box.machine_for(hardware))
        if call is not None and call.tool == "explain":
            box = Toolbox(self.catalog, box.machine, self.index, own_first)
        return box
