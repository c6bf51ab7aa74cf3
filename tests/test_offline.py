"""Promise 5: nothing leaves the machine. See offline_guard.py for how attempts are caught."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from assistant import offline

ROOT = Path(__file__).resolve().parent.parent


def guarded(tmp_path: Path, *command: str, page: str | None = None) -> dict:
    """Run a command under the guard as a newcomer would: no settings, no telemetry switches, an empty data folder."""
    report = tmp_path / "report.json"
    kept = ("PATH", "HOME", "LANG", "SYSTEMROOT", "TEMP", "TMP", "LD_LIBRARY_PATH")
    environ = {name: os.environ[name] for name in kept if name in os.environ}
    environ |= {"MEKIKI_DATA": str(tmp_path / "data"), "XDG_CONFIG_HOME": str(tmp_path / "config"), "PYTHONUTF8": "1"}
    guard = [sys.executable, str(ROOT / "tests/offline_guard.py"), str(report)]
    options = ["--page", page] if page else []
    done = subprocess.run(
        [*guard, *options, "--", *command], cwd=ROOT, env=environ, capture_output=True, timeout=400, encoding="utf-8"
    )
    assert report.exists(), done.stdout + done.stderr
    return json.loads(report.read_text(encoding="utf-8")) | {"out": done.stdout, "err": done.stderr}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


ESCAPES = """
import ctypes, socket, struct
for attempt in (
    lambda: socket.socket().connect(("192.0.2.1", 80)),
    lambda: socket.getaddrinfo("example.org", 443),
    lambda: socket.gethostbyname("example.org"),
):
    try:
        attempt()
    except OSError:
        pass
libc = ctypes.CDLL(None)  # as native code does it: Python sees nothing
descriptor = libc.socket(2, 1, 0)
libc.connect(descriptor, struct.pack("=H", 2) + struct.pack("!H4s8x", 80, bytes([192, 0, 2, 1])), 16)
"""


@pytest.mark.slow
def test_the_guard_catches_look_ups_and_connections_native_ones_too(tmp_path):
    found = guarded(tmp_path, sys.executable, "-c", ESCAPES)
    assert found["attempts"] == [
        "socket.connect ('192.0.2.1', 80)",
        "socket.getaddrinfo 'example.org'",
        "socket.gethostbyname 'example.org'",
    ]
    assert found["no_route"] in (None, 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    "question, word",
    [
        ("RTX 4060 Laptop 8GBでコーディング用におすすめは？", "RTX 4060 Laptop"),
        ("What is the difference between a base model and an instruct model?", "[1]"),
    ],
)
def test_a_question_reaches_out_to_nothing(tmp_path, question, word):
    found = guarded(tmp_path, sys.executable, "-m", "assistant.cli", "ask", question)
    assert found["attempts"] == []
    assert found["no_route"] in (None, 0)
    assert found["code"] == 0 and word in found["out"], found["err"]


@pytest.mark.slow
def test_the_page_starts_without_reaching_out(tmp_path):
    port = free_port()
    found = guarded(
        tmp_path, sys.executable, "-m", "assistant.cli", "serve", "--port", str(port), page=f"http://127.0.0.1:{port}/"
    )
    assert found["attempts"] == []
    assert found["no_route"] in (None, 0)


def test_silence_overrides_what_the_shell_says():
    environ = {"HF_HUB_OFFLINE": "0", "GRADIO_ANALYTICS_ENABLED": "True", "TOKENIZERS_PARALLELISM": "true"}
    offline.silence(environ)
    assert environ["HF_HUB_OFFLINE"] == "1" and environ["GRADIO_ANALYTICS_ENABLED"] == "False"
    assert environ["TOKENIZERS_PARALLELISM"] == "true"  # a preference, not a leak
    assert offline.problems(environ) == ()


def test_a_proxy_is_not_asked_for_this_machine():
    environ = {"HTTP_PROXY": "http://proxy:8080", "NO_PROXY": "intra.example"}
    offline.silence(environ)
    assert environ["NO_PROXY"] == "intra.example,localhost,127.0.0.1,::1"
    offline.silence(environ)
    assert environ["NO_PROXY"].count("localhost") == 1
    environ = {"no_proxy": "*"}
    offline.silence(environ)
    assert environ["no_proxy"] == "*"


def test_chromas_trace_endpoint_is_forgotten():
    environ = {"CHROMA_OTEL_COLLECTION_ENDPOINT": "http://collector:4317"}
    offline.silence(environ)
    assert not any(name.startswith("CHROMA_OTEL") for name in environ)


def test_what_is_not_in_force_is_named():
    environ: dict[str, str] = {}
    offline.silence(environ)
    environ["DO_NOT_TRACK"] = "0"
    assert offline.problems(environ) == ("DO_NOT_TRACK",)
