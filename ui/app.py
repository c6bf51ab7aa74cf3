"""The page: its tabs, and the language it is shown in."""

from typing import Any

from assistant.events import Language
from ui import chat_tab, knowledge_tab, machine_card
from ui.panels import brand_html
from ui.session import Answering, Session, Tabs, Warmer
from ui.words import say


def build(assistant: Answering, warmer: Warmer | None = None) -> Any:
    """Return the page as Gradio Blocks. Questions wait for the `warmer`, when it has been started."""
    import gradio as gr

    warmer = warmer or Warmer(assistant)
    first: Language = assistant.settings.lang or "ja"
    with gr.Blocks(title=say(first, "page.title"), analytics_enabled=False, fill_width=True) as page:
        session = gr.State(Session())
        brand, language = _header(first)
        with gr.Tabs(elem_id="mk-tabs"):
            with gr.Tab(say(first, "page.tab_chat"), id="chat") as talking, gr.Row(elem_id="mk-chat-row"):
                with gr.Column(elem_id="mk-main", scale=1, min_width=280):
                    parts = chat_tab.Chat(first)
                with gr.Column(elem_id="mk-side", scale=0, min_width=280):
                    machine = machine_card.build(assistant, session, language, first)
            with gr.Tab(say(first, "page.tab_knowledge"), id="knowledge") as knowledge:
                documents = knowledge_tab.build(assistant, warmer, knowledge, talking, session, language, first)
        chat_tab.connect(assistant, warmer, parts, session, language)
        relabelled = [brand, language, talking, knowledge, *parts.labelled, *machine.labelled, *documents.labelled]

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
