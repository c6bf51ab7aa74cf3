"""The index in a Chroma server on loopback, and without the server."""

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from index.library import Index
from tests.index_fakes import NO_CATALOG, WordHashes, found, script, write


def test_a_server_that_does_not_answer_is_replaced_by_the_folder(tmp_path, folder):
    index = Index(tmp_path / "data", (folder,), NO_CATALOG, None, WordHashes(), "http://127.0.0.1:9", {})
    assert found(index, "printer floor") == ["notes.txt"]
    assert any("127.0.0.1:9" in note["en"] for note in index.status().notes)


SERVER_WORK = """
    from index.library import Index
    from tests.index_fakes import NO_CATALOG, WordHashes
    data, folder, url = Path(sys.argv[1]), Path(sys.argv[2]), "http://127.0.0.1:" + sys.argv[3]
    def files(index, query):
        return [hit.passage.file for hit in index.search(query)]
    index = Index(data, (folder,), NO_CATALOG, None, WordHashes(), url, {})
    assert files(index, "printer floor") == ["notes.txt"] and index.status().notes == ()
    (folder / "notes.txt").unlink()
    assert index.sync().removed == 1 and files(index, "printer floor") == []
    other = Index(data, (folder,), NO_CATALOG, None, WordHashes(), url, {})
    assert files(other, "quantization bits")[0] == "quant.md" and other.rebuild().rebuilt
"""


@pytest.mark.slow
def test_a_real_chroma_server(tmp_path, folder):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).parent / "chroma"), "run", "--path", str(tmp_path / "server")]
    server = subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(port)
        assert script(SERVER_WORK, tmp_path / "data", folder, Path(str(port))).wait(90) == 0
    finally:
        server.kill()
        server.wait()
    url = f"http://127.0.0.1:{port}"
    later = Index(tmp_path / "data", (folder,), NO_CATALOG, None, WordHashes(), url, {})
    assert found(later, "quantization bits")[0] == "quant.md" and later.status().notes == ()  # from the file
    write(folder, {"new.md": "Espresso machines need descaling."})
    assert later.sync().rebuilt and found(later, "espresso") == ["new.md"]
    assert any(url in note["en"] for note in later.status().notes)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError(port)
