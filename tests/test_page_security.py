"""A real server: foreign hosts and sites are refused, no file is served, only the page's own scripts may run."""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.serving import PageProcess, fake_page
from ui.security import Guard, host_name, policy


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[PageProcess]:
    data = tmp_path_factory.mktemp("data")
    folder = data / "knowledge"
    folder.mkdir()
    (folder / "secret.html").write_text("<script>top secret</script>", encoding="utf-8")
    (folder / ".env").write_text("KEY=top secret", encoding="utf-8")
    started = fake_page(data)
    yield started
    started.close()


@pytest.mark.parametrize("host", ["127.0.0.1:{}", "localhost:{}", "[::1]:{}", "LOCALHOST:{}"])
def test_this_machine_s_names_are_answered(server, host):
    status, _, text = server.ask("/", {"Host": host.format(server.port)})
    assert status == 200 and "gradio" in text


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:7860",
        "127.0.0.1.evil.example",
        "localhost@evil.example",
        "[::1].evil",
        "0.0.0.0",
        "",
    ],
)
@pytest.mark.parametrize("path", ["/", "/config", "/gradio_api/queue/join", "/mekiki/page.js"])
def test_another_name_for_this_address_is_refused(server, host, path):
    status, _, text = server.ask(path, {"Host": host})
    assert status == 400 and "gradio" not in text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"},
    ],
)
@pytest.mark.parametrize("path", ["/gradio_api/upload", "/gradio_api/queue/join", "/gradio_api/run/ask"])
def test_another_site_may_not_use_the_page(server, headers, path):
    status, _, text = server.ask(path, {"Host": f"127.0.0.1:{server.port}", **headers}, "POST", b"{}")
    assert (status, text) == (403, "another site may not use this page")


def test_the_page_runs_only_its_own_scripts(server):
    _, headers, html = server.ask("/")
    rules = dict(rule.strip().split(" ", 1) for rule in headers["content-security-policy"].split(";"))
    assert rules["default-src"] == "'self'"
    assert rules["connect-src"] == "'self'"
    assert rules["img-src"] == "'self' data: blob:"
    assert rules["object-src"] == rules["frame-ancestors"] == "'none'"
    scripts = rules["script-src"].split()
    assert "'self'" in scripts and not {"'unsafe-inline'", "'unsafe-eval'", "*", "https:"} & set(scripts)
    inline = re.findall(r"<script(?![^>]*src=)[^>]*>", html)
    assert 0 < len([one for one in scripts if one.startswith("'sha256-")]) <= len(inline)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_the_page_names_no_address_but_its_own(server):
    _, _, html = server.ask("/")
    config = html[html.index("window.gradio_config") :]
    loaded = re.findall(r"""(?:src|href)=["']?(https?://[^"'\s>]+)""", html)
    assert loaded == []
    assert "fonts.googleapis.com" not in html
    assert '"run_history":false' in config.replace(" ", "") and '"footer_links":[]' in config.replace(" ", "")
    for path in ("/theme.css", "/mekiki/style.css", "/mekiki/page.js"):
        status, _, text = server.ask(path)
        assert status == 200
        assert re.findall(r"(?:url\([\"']?|@import [\"']?|fetch\([\"'])(https?:)?//", text) == []


@pytest.mark.parametrize("prefix", ["/file=", "/gradio_api/file=", "/gradio_api/file/", "/gradio_api/proxy=", "/file/"])
@pytest.mark.parametrize("name", ["secret.html", ".env", "../knowledge/secret.html"])
def test_the_knowledge_folder_is_not_served(server, prefix, name):
    path = str(server.data / "knowledge" / name)
    for spelled in (quote(path), quote(path, safe=""), path.replace("..", "%2e%2e")):
        status, _, text = server.ask(prefix + spelled)
        assert status in (403, 404) and "top secret" not in text


def test_an_upload_is_not_served_back(server):
    body = (
        b'--x\r\nContent-Disposition: form-data; name="files"; filename="evil.html"\r\nContent-Type: text/html\r\n\r\n'
        b"<script>top secret</script>\r\n--x--\r\n"
    )
    headers = {"Content-Type": "multipart/form-data; boundary=x", "Origin": f"http://127.0.0.1:{server.port}"}
    status, _, text = server.ask("/gradio_api/upload?upload_id=1", headers, "POST", body)
    assert status == 200
    stored = json.loads(text)[0]
    for prefix in ("/file=", "/gradio_api/file="):
        status, _, text = server.ask(prefix + quote(stored))
        assert status == 403 and "top secret" not in text
    Path(stored).unlink()


@pytest.mark.parametrize(
    "path", ["/docs", "/redoc", "/openapi.json", "/gradio_api/info", "/monitoring", "/gradio_api/runs"]
)
def test_what_the_page_does_not_need_is_not_there(server, path):
    status, _, text = server.ask(path)
    assert status in (403, 404)
    assert "paths" not in text


@pytest.mark.parametrize(
    "header, name",
    [
        ("127.0.0.1:7860", "127.0.0.1"),
        ("localhost", "localhost"),
        ("LocalHost.:80", "localhost"),
        ("[::1]:7860", "::1"),
        ("[::1]", "::1"),
        ("::1", ""),
        ("a b", ""),
        ("", ""),
        ("[::1]x", ""),
        ("evil:80:80", ""),
    ],
)
def test_host_name(header, name):
    assert host_name(header) == name


def test_a_policy_allows_exactly_the_inline_scripts_it_is_given():
    # printf 'alert(1)' | openssl dgst -sha256 -binary | base64
    allowed = "'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"
    assert allowed in policy(b"<script>alert(1)</script>")
    assert allowed not in policy(b'<script src="x.js"></script>')
    assert "sha256" not in policy()


def test_sockets_are_guarded_too():
    sent: list[dict] = []

    async def app(scope, receive, send):
        sent.append({"type": "reached"})

    async def send(message):
        sent.append(message)

    scope = {"type": "websocket", "path": "/", "headers": [(b"host", b"evil.example")]}
    asyncio.run(Guard(app)(scope, None, send))
    assert [message["type"] for message in sent] == ["websocket.close"]
