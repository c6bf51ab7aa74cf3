"""The child process that opens files nobody has checked: `python -m index.formats.child <format>`.

Reads the file's bytes from standard input and writes one JSON object to standard output, so that a crash, an endless
loop or a flood of memory in a converter ends this process and not Mekiki. The parent sets the time limit; memory is
limited here where the system can (Linux, macOS).
"""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from assistant.errors import DocumentError
from index.formats import office
from index.formats.blocks import Document

MEMORY_BYTES = 2 * 1024**3  # address space; a 100 MB PDF needs well under 1 GiB

READERS: dict[str, Callable[[bytes], Document]] = {
    "pdf": office.read_pdf,
    "docx": office.read_docx,
    "pptx": office.read_pptx,
    "xlsx": office.read_xlsx,
    "epub": office.read_epub,
}


def _limit_memory() -> None:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    except (ImportError, ValueError, OSError):
        pass  # Windows has no rlimit: the parent's time limit remains


def main() -> None:
    """Convert standard input and write {"document": ...} or {"reason", "reason_ja"}."""
    _limit_memory()
    data = sys.stdin.buffer.read()
    try:
        result: dict[str, Any] = {"document": asdict(READERS[sys.argv[1]](data))}
    except DocumentError as error:
        result = {"reason": error.text("en"), "reason_ja": error.text("ja")}
    except (MemoryError, RecursionError) as error:
        name = type(error).__name__
        result = {
            "reason": f"too large or too deeply nested ({name})",
            "reason_ja": f"大きすぎるか入れ子が深すぎます（{name}）",
        }
    sys.stdout.buffer.write(json.dumps(result, ensure_ascii=True).encode("ascii"))


if __name__ == "__main__":
    main()
