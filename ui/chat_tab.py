"""The chat tab: its components, and what happens when a question is asked, a reading mended, or all begun anew."""

import json
from collections.abc import Iterator
from typing import Any

from assistant.errors import BadArguments, MekikiError
from assistant.events import Language
from ui.panels import welcome_html
from ui.reading import edited_call
from ui.render import conversation_messages
from ui.session import Answering, Session, Warmer
from ui.words import say


class Chat:
    """The tab's components."""

    def __init__(self, language: str) -> None:
        """Place them in the Blocks that are being built."""
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
        """Return the components whose labels depend on the language."""
        return [self.chat, self.box, self.send, self.stop, self.new]

    def relabel(self, language: str, held: Session) -> list[Any]:
        """Return what `labelled` become in a language; the conversation is shown in it too."""
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


def connect(assistant: Answering, warmer: Warmer, parts: Chat, session: Any, language: Any) -> None:
    """Connect the components: asking, mending a reading, stopping, beginning anew."""
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
