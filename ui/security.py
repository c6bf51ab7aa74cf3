"""What stands between the page and everything else on this machine and the network.

Gradio answers any Host name, sets no Content-Security-Policy and serves files of its cache with their own type
(gradio 6.31.0). `Guard` refuses foreign hosts and origins, refuses the file routes (the page shows text only) and adds
a policy under which nothing but the page's own scripts runs: inline scripts of Gradio's index are allowed by hash, so
injected markup stays inert, and no address but the page's own can be contacted.
"""

import base64
import hashlib
import re
from collections.abc import Awaitable, Callable, MutableMapping
from importlib.resources import files
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
ASSETS = {
    "/mekiki/style.css": ("style.css", "text/css; charset=utf-8"),
    "/mekiki/page.js": ("page.js", "text/javascript; charset=utf-8"),
    "/mekiki/icon.svg": ("icon.svg", "image/svg+xml"),
}
_HEAD = (
    b'<link rel="icon" type="image/svg+xml" href="/mekiki/icon.svg"><link rel="stylesheet" href="/mekiki/style.css">'
    b'<script src="/mekiki/page.js" defer></script>'
)
_INLINE = re.compile(rb"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)
_SOCIAL = re.compile(rb"""\s*<meta\s+(?:property|name)="(?:og|twitter):[^>]*>""")
_REFUSED = re.compile(r"^(?:/gradio_api)?/(?:file|proxy|stream|runs|monitoring|info|process_recording)(?:[=/]|$)")
_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), interest-cohort=()"),
]


def policy(html: bytes = b"") -> str:
    """Return the Content-Security-Policy for a response; `html`: whose inline scripts are allowed by hash.

    Styles may be inline (Svelte and the charts set widths); images come from the page itself or its own data.
    """
    hashes = sorted({f"'sha256-{_sha256(script)}'" for script in _INLINE.findall(html)})
    return "; ".join(
        [
            "default-src 'self'",
            " ".join(["script-src 'self'", *hashes]),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-src 'none'",
            "frame-ancestors 'none'",
        ]
    )


def _sha256(data: bytes) -> str:
    return base64.b64encode(hashlib.sha256(data).digest()).decode("ascii")


class Guard:
    """ASGI middleware around Gradio's application.

    `hosts`: the names under which the page may be asked for, without a port; None allows any (a page with a login on
    an address that was chosen on purpose).
    """

    def __init__(self, app: App, hosts: frozenset[str] | None = LOOPBACK) -> None:
        """Keep the application and the allowed names."""
        self.app, self.hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse what is not for the page; pass the rest on and add the headers."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        reason = self._refusal(scope)
        if reason is not None:
            await _refuse(scope, send, *reason)
        elif scope["type"] == "http" and scope["path"] in ASSETS:
            await _asset(scope["path"], send)
        else:
            await self.app(scope, receive, _Finisher(send) if scope["type"] == "http" else send)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get(b"host", "")
        if self.hosts is not None and host_name(host) not in self.hosts:
            return 400, "unknown host"
        origin = headers.get(b"origin")
        if origin is not None and origin.split("://", 1)[-1].lower() != host.lower():
            return 403, "another site may not use this page"
        if headers.get(b"sec-fetch-site") == "cross-site" and headers.get(b"sec-fetch-mode") != "navigate":
            return 403, "another site may not use this page"
        return (403, "no files are served") if _REFUSED.match(scope["path"]) else None


def host_name(header: str) -> str:
    """Return the name in a Host header: "[::1]:7860" -> "::1", "LOCALHOST:7860" -> "localhost"."""
    bracketed = re.fullmatch(r"\[([0-9a-fA-F:.]+)\](?::\d+)?", header)
    if bracketed:
        return bracketed.group(1).lower()
    plain = re.fullmatch(r"([^:\s]+)(?::\d+)?", header)
    return plain.group(1).lower().rstrip(".") if plain else ""


class _Finisher:
    """Adds the headers to a response; a page is held back until it is whole, for its scripts' hashes."""

    def __init__(self, send: Send) -> None:
        self.send = send
        self.start: Message | None = None
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            kind = next((value for name, value in message["headers"] if name.lower() == b"content-type"), b"")
            if kind.lower().startswith(b"text/html"):
                self.start = message
                return
            message["headers"] = [*message["headers"], *_headers(policy())]
        elif self.start is not None:
            self.body += message.get("body", b"")
            if message.get("more_body"):
                return
            await self._page(self.start)
            return
        await self.send(message)

    async def _page(self, start: Message) -> None:
        html = _SOCIAL.sub(b"", self.body).replace(b"</head>", _HEAD + b"</head>", 1)
        kept = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
        length = (b"content-length", str(len(html)).encode("ascii"))
        start["headers"] = [*kept, length, *_headers(policy(html))]
        await self.send(start)
        await self.send({"type": "http.response.body", "body": html})


def _headers(content_policy: str) -> list[tuple[bytes, bytes]]:
    return [(b"content-security-policy", content_policy.encode("ascii")), *_HEADERS]


async def _asset(path: str, send: Send) -> None:
    name, kind = ASSETS[path]
    body = files("ui").joinpath(name).read_bytes()
    await _respond(send, 200, kind, body)


async def _refuse(scope: Scope, send: Send, status: int, reason: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    await _respond(send, status, "text/plain; charset=utf-8", reason.encode("utf-8"))


async def _respond(send: Send, status: int, kind: str, body: bytes) -> None:
    headers = [
        (b"content-type", kind.encode("ascii")),
        (b"content-length", str(len(body)).encode("ascii")),
        (b"cache-control", b"no-cache"),
        *_headers(policy()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
