"""What there is to index: the shipped guides, the user's folders, and two cards per model of the catalog."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from index.types import Origin
from knowledge.catalog import Catalog

_MAX_DEPTH = 64  # folders in folders; deeper ones are a loop or an accident
_SKIPPED = {"__pycache__", "node_modules", "Thumbs.db", "desktop.ini"}
LINK = {
    "en": "a symbolic link: put the file itself into the folder",
    "ja": "シンボリックリンクです。ファイルそのものを置いてください",
}
DEEP = {"en": f"more than {_MAX_DEPTH} folders deep", "ja": f"フォルダーの入れ子が {_MAX_DEPTH} 段を超えています"}
SPECIAL = {
    "en": "not a file but a pipe, a socket or a device",
    "ja": "ファイルではありません（パイプ、ソケット、デバイスのどれか）",
}
UNREADABLE = {"en": "the folder cannot be opened", "ja": "フォルダーを開けません"}


@dataclass(frozen=True, slots=True)
class Source:
    """One document to index.

    `key` names it over all folders ("shipped:ja/rag.md", "user:notes.md", the second user folder "user2:..."), `stamp`
    changes when its content may have, `card` holds (model id, language) for a catalog card, `problem` says why it
    cannot be read.
    """

    key: str
    file: str
    origin: Origin
    stamp: str
    path: str = ""
    card: tuple[str, str] | None = None
    problem: dict[str, str] | None = None


def scan(guides: Path | None, user_folders: Sequence[Path], catalog: Catalog | None) -> list[Source]:
    """Return every document of the shipped guides, the user's folders and the catalog, sorted by key."""
    found: list[Source] = []
    if guides is not None:
        found += [one for one in _walk(guides, "shipped", "shipped") if one.file.endswith(".md")]
    for n, folder in enumerate(user_folders, 1):
        found += _walk(folder, "user" if n == 1 else f"user{n}", "user")
    if catalog is not None:
        found += _cards(catalog)
    return _apart(sorted(found, key=lambda one: (one.key, one.path)))


def _apart(found: Sequence[Source]) -> list[Source]:
    """Return sources whose keys all differ: a name that is not UTF-8 may be shown as another one is written."""
    seen: Counter[str] = Counter()
    apart = []
    for one in found:
        seen[one.key] += 1
        more = f" ({seen[one.key]})" if seen[one.key] > 1 else ""
        apart.append(replace(one, key=one.key + more, file=one.file + more) if more else one)
    return apart


def _walk(root: Path, prefix: str, origin: Origin) -> Iterator[Source]:
    """Yield the files below a folder without following links; hidden and temporary files are passed over silently."""
    waiting: list[tuple[str, str, int]] = [(str(root), "", 0)]
    while waiting:
        folder, relative, depth = waiting.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda one: one.name)
        except OSError:
            if relative:
                yield Source(f"{prefix}:{relative}", relative, origin, "unreadable", problem=UNREADABLE)
            continue
        for entry in entries:
            if (
                entry.name.startswith((".", "~$"))
                or entry.name.endswith(("~", ".tmp", ".part"))
                or entry.name in _SKIPPED
            ):
                continue
            file = f"{relative}/{entry.name}" if relative else entry.name
            # a name that is not UTF-8 stays displayable
            file = file.encode("utf-8", errors="surrogateescape").decode("utf-8", errors="backslashreplace")
            try:
                if entry.is_symlink():
                    yield Source(f"{prefix}:{file}", file, origin, "link", problem=LINK)
                elif entry.is_dir():
                    if depth >= _MAX_DEPTH:
                        yield Source(f"{prefix}:{file}", file, origin, "deep", problem=DEEP)
                    else:
                        waiting.append((entry.path, file, depth + 1))
                elif entry.is_file():
                    about = entry.stat()
                    # the last tells an edit that keeps size and time, and a file that may be read now
                    stamp = f"{about.st_size}:{about.st_mtime_ns}:{about.st_ctime_ns}"
                    yield Source(f"{prefix}:{file}", file, origin, stamp, entry.path)
                elif entry.stat():  # OSError when it is gone
                    yield Source(f"{prefix}:{file}", file, origin, "special", problem=SPECIAL)
            except OSError:
                continue  # gone between listing and looking


def _cards(catalog: Catalog) -> Iterator[Source]:
    """Yield two cards per model. The stamp covers everything a card is written from, and the code that writes it."""
    if not catalog.models:
        return
    from knowledge import cards

    shared = hashlib.sha256(Path(cards.__file__).read_bytes())
    for part in (catalog.licences, catalog.benchmarks):
        shared.update(repr(part).encode("utf-8", errors="replace"))
    for model in catalog.models.values():
        digest = shared.copy()
        digest.update(repr(model).encode("utf-8", errors="replace"))
        stamp = digest.hexdigest()[:24]
        for language in ("en", "ja"):
            file = f"catalog/{language}/{model.id}.md"
            yield Source(f"catalog:{language}/{model.id}", file, "catalog", stamp, card=(model.id, language))
