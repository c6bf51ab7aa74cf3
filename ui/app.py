"""The chat page: build it from an assistant, serve it on this machine only."""

import json
import logging
import socket
from collections.abc import Callable, Iterator
from typing import Any, cast

from assistant.errors import BadArguments, MekikiError, PageError
from assistant.events import Language
from ui import knowledge_tab, machine_card
from ui.panels import brand_html, welcome_html
from ui.reading import edited_call
from ui.render import conversation_messages
from ui.session import Answering, Session, Tabs, Warmer
from ui.words import say

log = logging.getLogger(__name__)
LARGEST_UPLOAD = 20 * 1024 * 1024  # bytes
_DEFAULT_PORT = 7860


def build(assistant: Answering, warmer: Warmer | None = None) -> Any:
    """Return the page as Gradio Blocks. Questions wait for the `warmer`, when it has been started."""
    import gradio as gr

    warmer = warmer or Warmer(assistant)
    first: Language = assistant.settings.lang or "ja"
    with gr.Blocks(title=say(first, "page.title"), analytics_enabled=False, fill_width=True) as page:
        session = gr.State(Session())
        brand, language = _header(first)
        with gr.Tabs(elem_id="mk-tabs"):
            with gr.Tab(say(first, "page.tab_chat"), id="chat") as chat_tab, gr.Row(elem_id="mk-chat-row"):
                with gr.Column(elem_id="mk-main", scale=1, min_width=280):
                    parts = _chat(first)
                with gr.Column(elem_id="mk-side", scale=0, min_width=280):
                    machine = machine_card.build(assistant, session, language, first)
            with gr.Tab(say(first, "page.tab_knowledge"), id="knowledge") as knowledge:
                documents = knowledge_tab.build(assistant, warmer, knowledge, chat_tab, session, language, first)
        _wire_chat(assistant, warmer, parts, session, language)
        relabelled = [brand, language, chat_tab, knowledge, *parts.labelled, *machine.labelled, *documents.labelled]

        def relabel(chosen: str, held: Session) -> list[Any]:
            return [
                brand_html(chosen),
                gr.update(label=say(chosen, "page.language")),
                gr.update(label=say(chosen, "page.tab_chat")),
                gr.update(label=say(chosen, "page.tab_knowledge")),
                *parts.relabel(chosen, held),
                *machine.relabel(chosen, held),
                *documents.relabel(chosen, held),
            ]

        def spoken(request: gr.Request) -> Language:
            return first_language(assistant.settings.lang, dict(request.headers), dict(request.cookies))

        def begin(held: Session, request: gr.Request) -> list[Any]:
            chosen = spoken(request)
            updates = relabel(chosen, held)
            updates[1] = gr.update(label=say(chosen, "page.language"), value=chosen)
            return updates

        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "queue": False}
        tabs = Tabs()

        def resume(tab: str, held: Session, request: gr.Request) -> list[Any]:
            found = tabs.resume(tab, held)
            heard = gr.update(value="resumed")  # page.js looks for this word
            if found is held:
                return [found, heard, *([gr.skip()] * len(relabelled))]
            return [found, heard, *relabel(spoken(request), found)]  # the radio may not have its value yet

        parts.resume.click(resume, [parts.tab, session], [session, parts.resume, *relabelled], **quiet)
        language.input(relabel, [language, session], relabelled, **quiet)
        page.load(begin, [session], relabelled, **quiet)
    return page


def _header(first: Language) -> tuple[Any, Any]:
    """Return the name and the choice of language above the tabs, in the Blocks that are being built."""
    import gradio as gr

    with gr.Row(elem_id="mk-top"):
        brand = gr.Markdown(brand_html(first, waiting=True), elem_id="mk-brand", sanitize_html=True)
        language = gr.Radio(
            [("日本語", "ja"), ("English", "en")],
            value=first,
            label=say(first, "page.language"),
            show_label=False,
            container=False,
            elem_id="mk-language",
            interactive=True,
        )
    return brand, language


def first_language(setting: str | None, headers: dict[str, str], cookies: dict[str, str]) -> Language:
    """Return the language a page opens in: the last choice, the setting, the browser's first of the two, ja."""
    for wish in (cookies.get("mekiki_language"), setting):
        if wish in ("ja", "en"):
            return "en" if wish == "en" else "ja"
    accepted: list[tuple[float, int, str]] = []
    for place, part in enumerate(headers.get("accept-language", "").split(",")):
        tag, _, weight = part.strip().partition(";q=")
        try:
            accepted.append((-float(weight or 1), place, tag.split("-")[0].lower()))
        except ValueError:
            continue
    known = [tag for _, _, tag in sorted(accepted) if tag in ("ja", "en")]
    if not known and any(tag for _, _, tag in accepted):
        return "en"
    return "en" if known and known[0] == "en" else "ja"


class _Parts:
    """The chat's components."""

    def __init__(self, language: str) -> None:
        import gradio as gr

        self.chat = gr.Chatbot(
            label=say(language, "chat.label"),
            show_label=False,
            container=False,
            elem_id="mk-chat",
            height="100%",
            latex_delimiters=[],
            buttons=[],
            feedback_options=None,
            allow_tags=False,
            autoscroll=False,
            sanitize_html=True,
            layout="panel",
            placeholder=welcome_html(language),
        )
        with gr.Row(elem_id="mk-ask"):
            self.box = gr.Textbox(
                placeholder=say(language, "chat.placeholder"),
                label=say(language, "chat.question"),
                show_label=False,
                container=False,
                lines=1,
                max_lines=8,
                elem_id="mk-question",
            )
            self.send = gr.Button(say(language, "chat.send"), variant="primary", elem_id="mk-send", min_width=72)
            self.stop = gr.Button(
                say(language, "chat.stop"), variant="stop", visible=False, elem_id="mk-stop", min_width=72
            )
            self.new = gr.Button(say(language, "chat.new"), elem_id="mk-new", min_width=72)
        # The chips inside messages are plain HTML; page.js puts what they say here.
        self.edit = gr.Textbox(visible="hidden", elem_id="mk-edit", label="mk-edit", show_label=False)
        self.apply = gr.Button("apply", visible="hidden", elem_id="mk-edit-go")
        self.tab = gr.Textbox(visible="hidden", elem_id="mk-tab", label="mk-tab", show_label=False)
        self.resume = gr.Button("resume", visible="hidden", elem_id="mk-tab-go")

    @property
    def labelled(self) -> list[Any]:
        return [self.chat, self.box, self.send, self.stop, self.new]

    def relabel(self, language: str, held: Session) -> list[Any]:
        import gradio as gr

        return [
            gr.update(
                label=say(language, "chat.label"),
                placeholder=welcome_html(language),
                value=conversation_messages(held.turns, language),
            ),
            gr.update(placeholder=say(language, "chat.placeholder"), label=say(language, "chat.question")),
            gr.update(value=say(language, "chat.send")),
            gr.update(value=say(language, "chat.stop")),
            gr.update(value=say(language, "chat.new")),
        ]


def _chat(language: str) -> _Parts:
    return _Parts(language)


def _wire_chat(assistant: Answering, warmer: Warmer, parts: _Parts, session: Any, language: Any) -> None:
    """Connect the chat: asking, mending a reading, stopping, beginning anew."""
    import gradio as gr

    def busy(on: bool) -> list[Any]:
        return [gr.update(visible=not on), gr.update(visible=on)]

    def shown(held: Session, chosen: str) -> list[dict[str, Any]]:
        return conversation_messages(held.turns, chosen)

    def ask(question: str, held: Session, chosen: str) -> Iterator[list[Any]]:
        if not question.strip():
            yield [gr.skip(), gr.skip(), *busy(False)]
            return
        text: Any = ""
        for _ in held.ask(assistant, question, warmer.wait):
            yield [shown(held, chosen), text, *busy(True)]
            text = gr.skip()
        yield [shown(held, chosen), gr.skip(), *busy(False)]

    def mend(payload: str, held: Session, chosen: Language) -> Iterator[list[Any]]:
        try:
            number, call = _edit(payload)
        except MekikiError as error:
            gr.Warning(error.text(chosen), title=say(chosen, "chat.warning"))
            yield [gr.skip(), gr.skip(), *busy(False)]
            return
        for _ in held.rerun(assistant, number, call, chosen, warmer.wait):
            yield [shown(held, chosen), gr.skip(), *busy(True)]
        yield [shown(held, chosen), gr.skip(), *busy(False)]

    def stop(held: Session, chosen: str) -> list[Any]:
        held.stop()
        return [shown(held, chosen), *busy(False)]

    def new(held: Session) -> list[Any]:
        held.clear()
        return [[], "", *busy(False)]

    outputs = [parts.chat, parts.box, parts.send, parts.stop]
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    one_at_a_time: dict[str, Any] = {
        "concurrency_id": "answer",
        "concurrency_limit": 1,
        "trigger_mode": "once",
        **quiet,
    }
    asking = gr.on([parts.box.submit, parts.send.click], ask, [parts.box, session, language], outputs, **one_at_a_time)
    mending = parts.apply.click(mend, [parts.edit, session, language], outputs, **one_at_a_time)
    parts.stop.click(
        stop, [session, language], [parts.chat, *outputs[2:]], cancels=[asking, mending], queue=False, **quiet
    )
    parts.new.click(new, [session], outputs, cancels=[asking, mending], queue=False, **quiet)


def _edit(payload: str) -> tuple[int, Any]:
    """Return the turn's number and the call that page.js sent. Raises BadArguments."""
    try:
        sent = json.loads(payload)
        number, values = int(sent["turn"]), sent["values"]
        texts = {str(name): str(value)[:20_000] for name, value in values.items()}
    except (ValueError, TypeError, KeyError, AttributeError):
        raise BadArguments("edit", payload[:80], "a turn and its values", "ターンの番号と値") from None
    return number, edited_call(texts)


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
            import errno

            if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                raise _page_error("bind", host=host) from None
            raise _page_error("port", port=port, other=_other(port)) from None


def _other(port: int) -> int:
    return port + 1 if port < 65535 else port - 1


def _page_error(key: str, **values: Any) -> PageError:
    return PageError(reason=say("en", f"error.{key}", **values), reason_ja=say("ja", f"error.{key}", **values))
