"""The page in a process of its own: Gradio leaves event loops and sockets for the end of the process to close."""

import http.client
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
FAKE = """
import sys
from pathlib import Path
from tests.fakes import FakeAssistant
from ui.serving import serve
data, port, pause, text = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4] or None
fake = FakeAssistant(data, pause=pause, text=text)
serve(fake.settings, port=port, assistant=fake)
"""
REAL = "from assistant.cli import main; main()"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class PageProcess:
    """A served page on a free port; `close` ends it. `log` is what it printed."""

    def __init__(self, *command: str, data: Path, port: int, patience: float = 120.0) -> None:
        self.data, self.port = data, port
        self.url = f"http://127.0.0.1:{port}/"
        self._log = (data / "page.log").open("w+", encoding="utf-8")
        variables = {name: value for name, value in os.environ.items() if not name.startswith("MEKIKI_")}
        variables |= {"MEKIKI_DATA": str(data), "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
        self.process = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=variables, stdout=self._log, stderr=subprocess.STDOUT
        )
        deadline = time.monotonic() + patience
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                log = self.log
                self.close()
                raise AssertionError(f"the page did not start:\n{log}")
            time.sleep(0.2)

    @property
    def log(self) -> str:
        """What the process printed so far."""
        return (self.data / "page.log").read_text(encoding="utf-8", errors="replace")

    def ask(
        self, path: str, headers: dict[str, str] | None = None, method: str = "GET", body: bytes | None = None
    ) -> tuple[int, dict[str, str], str]:
        """Send one request; return status, headers and text."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, text
        finally:
            connection.close()

    def close(self) -> None:
        """End the process."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
        self._log.close()

    def _answers(self) -> bool:
        try:
            return self.ask("/mekiki/page.js")[0] == 200
        except OSError:
            return False


def fake_page(data: Path, *, pause: float = 0.0, text: str = "") -> PageProcess:
    """Serve the page over the fake assistant."""
    port = free_port()
    return PageProcess("-c", FAKE, str(data), str(port), str(pause), text, data=data, port=port)


def real_page(data: Path) -> PageProcess:
    """Serve the page as `mekiki serve` does."""
    port = free_port()
    return PageProcess("-c", REAL, "serve", "--port", str(port), data=data, port=port)
