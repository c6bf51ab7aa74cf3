"""A model hub on loopback: the few addresses that huggingface_hub asks, over files made by the test."""

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub:
    """Serves one repository; `broken` files end in the middle. `asked` keeps every path."""

    def __init__(
        self, repo: str, files: dict[str, bytes], info: dict | None = None, broken: tuple[str, ...] = ()
    ) -> None:
        self.asked: list[str] = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args: object) -> None:
                pass

            def _json(self, value: object) -> None:
                body = json.dumps(value).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def do_HEAD(self) -> None:
                self.do_GET()

            def do_GET(self) -> None:
                path = self.path.split("?")[0]
                asked.append(path)
                siblings = [{"rfilename": name} for name in files]
                if path.startswith(f"/api/models/{repo}/tree/"):
                    return self._json(
                        [{"type": "file", "path": n, "size": len(d), "oid": "0"} for n, d in files.items()]
                    )
                if path.startswith(f"/api/models/{repo}"):
                    return self._json({"id": repo, "sha": COMMIT, "siblings": siblings, **(info or {})})
                name = path.split("/resolve/main/")[-1]
                if path.startswith(f"/{repo}/resolve/main/") and name in files:
                    return self._file(name)
                self.send_response(404)
                self.send_header("X-Error-Code", "RepoNotFound")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def _file(self, name: str) -> None:
                data = files[name]
                self.send_response(200)
                self.send_header("X-Repo-Commit", COMMIT)
                self.send_header("ETag", f'"{hashlib.sha1(data).hexdigest()}"')
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(data[: len(data) // 2] if name in broken else data)

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
