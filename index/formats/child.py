"""The process that opens files nobody has checked, so that a crash, an endless loop or a flood of memory ends it alone.

Answers lists of jobs, one answer per job, until its standard input ends: each message is a length in four bytes and
that many bytes of JSON. The parent (index/formats/pool.py) sets the time limit; memory is limited here where the system
can (Linux, macOS).
"""

import json
import os
import struct
import sys
from typing import IO, Any

MEMORY_BYTES = 2 * 1024**3  # address space; a 100 MB PDF needs well under 1 GiB
_NICE = 5  # about a third of the share of a process beside it
HEAD = struct.Struct(">I")


def send(stream: IO[bytes], message: Any, errors: str = "surrogatepass") -> None:
    """Write one message. File names that are no text travel as lone surrogates; `errors` may replace these instead."""
    body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", errors=errors)
    stream.write(HEAD.pack(len(body)) + body)
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """Return the next message, None at the end of the stream."""
    head = stream.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    (size,) = HEAD.unpack(head)
    body = stream.read(size)
    return json.loads(body.decode("utf-8", errors="surrogatepass")) if len(body) == size else None


def _limit_memory() -> None:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    except (ImportError, ValueError, OSError):
        pass  # Windows has no rlimit: the parent's time limit remains


def _give_way() -> None:
    """Let whoever waits for what was read go first: a chat, and the process that embeds and writes."""
    if hasattr(os, "nice"):  # not on Windows
        os.nice(_NICE)


def _answer(plain: dict[str, Any]) -> dict[str, Any]:
    """Return a reading; what goes wrong inside a converter is a reason, whatever it is."""
    from index.reading import Job, Reading, read

    try:
        return read(Job(**plain)).plain()
    except (MemoryError, RecursionError) as error:
        en, ja = "too large or too deeply nested", "大きすぎるか入れ子が深すぎます"
        kind = type(error).__name__
        return Reading(reason={"en": f"{en} ({kind})", "ja": f"{ja}（{kind}）"}).plain()
    except ImportError as error:
        en, ja = "reading this format needs a Python package that is missing", "この形式を読むパッケージがありません"
        return Reading(reason={"en": f"{en}: {error.name}", "ja": f"{ja}: {error.name}"}).plain()
    except Exception as error:  # the converters raise anything on broken files
        told = f"{type(error).__name__}: {error}"[:200]
        reason = {"en": f"the reader failed: {told}", "ja": f"読み込みに失敗しました: {told}"}
        return Reading(reason=reason).plain()


def main() -> None:
    """Answer jobs from standard input on standard output until there are no more."""
    _limit_memory()
    _give_way()
    source, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # a converter that prints must not get into the answers
    while (jobs := receive(source)) is not None:
        for job in jobs:
            send(answers, _answer(job), errors="replace")
