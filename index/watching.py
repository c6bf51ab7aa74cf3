"""Follow folders in a background thread and call back after every change."""

import contextlib
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

_DEBOUNCE_MS = 600  # a burst of changes (an unpacked archive, an editor's save) is one change


class Watcher:
    """A thread that calls `changed` once at the start and after every change below the folders, until stopped."""

    def __init__(self, folders: Sequence[Path], changed: Callable[[], None], failed: Callable[[str], None]) -> None:
        """Start following. Missing folders are created; `failed` is told why when following is impossible."""
        self._folders = folders
        self._changed = changed
        self._failed = failed
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="mekiki-index-watch", daemon=True)
        self._thread.start()

    def _follow(self) -> None:
        from watchfiles import watch

        for folder in self._folders:
            with contextlib.suppress(OSError):
                folder.mkdir(parents=True, exist_ok=True)
        folders = [folder for folder in self._folders if folder.is_dir()]
        self._changed()
        if not folders:
            return
        try:
            # rust_timeout: between two changes this also wakes up to see whether it was stopped. The first time that it
            # does, what changed before it was following is caught up with.
            following = False
            for changes in watch(
                *folders, debounce=_DEBOUNCE_MS, step=100, rust_timeout=1_000, yield_on_timeout=True,
                stop_event=self._stop,
            ):  # fmt: skip
                if changes or not following:
                    self._changed()
                following = True
        except (OSError, RuntimeError) as error:  # watchfiles: the system's limit of watches, a folder taken away
            self._failed(str(error))

    def stop(self, seconds: float = 10.0) -> None:
        """End the thread, waiting for a running callback at most this long."""
        self._stop.set()
        if self._thread is not threading.current_thread():
            self._thread.join(timeout=seconds)
