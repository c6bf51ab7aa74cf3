"""Serve the page, on this machine only unless a password guards it."""

import errno
import logging
import socket
from collections.abc import Callable
from typing import Any, cast

from assistant.errors import PageError
from ui.app import build
from ui.session import Answering, Warmer
from ui.words import say

log = logging.getLogger(__name__)
LARGEST_UPLOAD = 20 * 1024 * 1024  # bytes
_DEFAULT_PORT = 7860


def serve(
    settings: Any,
    *,
    host: str = "127.0.0.1",
    port: int = _DEFAULT_PORT,
    open_browser: bool = False,
    auth: tuple[str, str] | None = None,
    assistant: Answering | None = None,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve the page until interrupted. `ready` is called with its address once it answers.

    Raises PageError when the port is taken, or when another address than this machine's is asked for without `auth`.
    """
    from assistant import offline

    offline.silence()
    check_address(host, port, protected=auth is not None)
    answering = assistant or _assistant(settings)
    page = launch(answering, host=host, port=port, open_browser=open_browser, auth=auth)
    try:
        if ready is not None:
            ready(page.local_url)
        page.block_thread()
    finally:
        page.close()
        close = getattr(answering, "close", None)
        if close is not None:
            close()


def _assistant(settings: Any) -> Answering:
    from assistant.chat import Assistant

    return cast(Answering, Assistant(settings))


def launch(
    assistant: Answering, *, host: str, port: int, open_browser: bool = False, auth: tuple[str, str] | None = None
) -> Any:
    """Start the page's server in the background and return its Blocks; `close()` stops it."""
    from starlette.middleware import Middleware

    from ui.look import theme
    from ui.security import LOOPBACK, Guard

    warmer = Warmer(assistant)
    page = build(assistant, warmer)
    hosts = None if auth is not None and host.strip("[]") not in LOOPBACK else LOOPBACK
    try:
        page.queue(max_size=64, api_open=False).launch(
            server_name=host,
            server_port=port,
            inbrowser=open_browser,
            auth=auth,
            share=False,
            show_error=False,
            quiet=True,
            prevent_thread_lock=True,
            theme=theme(),
            footer_links=[],
            run_history=False,
            ssr_mode=False,
            pwa=False,
            mcp_server=False,
            enable_monitoring=False,
            strict_cors=True,
            _frontend=False,  # Gradio would give up when its own page takes more than 3 s, as on a busy machine
            allowed_paths=[],
            max_file_size=LARGEST_UPLOAD,
            app_kwargs={
                "middleware": [Middleware(Guard, hosts=hosts)],
                "docs_url": None,
                "redoc_url": None,
                "openapi_url": None,
            },
        )
    except OSError as error:
        log.info("the page could not be served: %s", error)
        raise _page_error("port", port=port, other=_other(port)) from None
    warmer.start()
    return page


def check_address(host: str, port: int, *, protected: bool = False) -> None:
    """Raise PageError when the page cannot or may not be served there."""
    from ui.security import LOOPBACK

    if host.strip("[]") not in LOOPBACK and not protected:
        raise _page_error("address", host=host)
    if not 0 < port < 65536:
        raise _page_error("port_denied", port=port)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows, where reuse would share a port that is in use
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:  # a page that has just been stopped does not block its port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host.strip("[]"), port))
        except PermissionError:
            raise _page_error("port_denied", port=port) from None
        except socket.gaierror:
            raise _page_error("bind", host=host) from None
        except OSError as error:
            if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                raise _page_error("bind", host=host) from None
            raise _page_error("port", port=port, other=_other(port)) from None


def _other(port: int) -> int:
    return port + 1 if port < 65535 else port - 1


def _page_error(key: str, **values: Any) -> PageError:
    return PageError(reason=say("en", f"error.{key}", **values), reason_ja=say("ja", f"error.{key}", **values))
