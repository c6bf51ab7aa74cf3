"""The hardware card: the machine that answers assume, and stating another one."""

import re
import unicodedata
from typing import Any

from assistant.calls import Hardware, parse_call
from assistant.errors import BadArguments, MekikiError
from assistant.hardware.machine import Machine
from ui.panels import machine_html, note_html
from ui.session import Answering, Session
from ui.words import say

NO_GPU = "-"


class Card:
    """The card's components and their words."""

    def __init__(self, assistant: Answering, language: str) -> None:
        """Place the components."""
        import gradio as gr

        self.assistant = assistant
        self.summary = gr.Markdown(machine_html(detected(assistant), language), elem_id="mk-machine")
        with gr.Accordion(say(language, "hardware.change"), open=False, elem_id="mk-machine-change") as self.change:
            self.gpu = gr.Dropdown(
                self._choices(language),
                value=None,
                label=say(language, "hardware.choose"),
                filterable=True,
                elem_id="mk-gpu",
            )
            with gr.Row():
                self.count = gr.Textbox(
                    label=say(language, "hardware.count"), placeholder="1", min_width=60, max_lines=1
                )
                self.vram = gr.Textbox(
                    label=say(language, "hardware.vram_box"), min_width=60, max_lines=1, elem_id="mk-vram"
                )
                self.ram = gr.Textbox(
                    label=say(language, "hardware.ram_box"), min_width=60, max_lines=1, elem_id="mk-ram"
                )
            with gr.Row():
                self.apply = gr.Button(
                    say(language, "hardware.apply"),
                    variant="primary",
                    size="sm",
                    min_width=120,
                    elem_id="mk-machine-apply",
                )
                self.reset = gr.Button(
                    say(language, "hardware.reset"), size="sm", min_width=120, elem_id="mk-machine-reset"
                )
            self.hint = gr.Markdown(self._hint(language))

    @property
    def labelled(self) -> list[Any]:
        """Return the components whose words follow the language."""
        return [
            self.summary, self.change, self.gpu, self.count, self.vram, self.ram, self.apply, self.reset, self.hint,
        ]  # fmt: skip

    def relabel(self, language: str, held: Session) -> list[Any]:
        """Return the updates for `labelled`."""
        import gradio as gr

        return [
            machine_html(held.machine or detected(self.assistant), language),
            gr.update(label=say(language, "hardware.change")),
            gr.update(label=say(language, "hardware.choose"), choices=self._choices(language)),
            gr.update(label=say(language, "hardware.count")),
            gr.update(label=say(language, "hardware.vram_box")),
            gr.update(label=say(language, "hardware.ram_box")),
            gr.update(value=say(language, "hardware.apply")),
            gr.update(value=say(language, "hardware.reset")),
            self._hint(language),
        ]

    def _choices(self, language: str) -> list[tuple[str, str]]:
        return [
            (say(language, "hardware.choose_none"), NO_GPU),
            *((name, name) for name in self.assistant.catalog.gpus),
        ]

    def _hint(self, language: str) -> str:
        return f'<p class="mk-sub">{say(language, "hardware.hint")}</p>'


def build(assistant: Answering, session: Any, language: Any, first: str) -> Card:
    """Place the card and connect it."""
    card = Card(assistant, first)
    boxes = [card.gpu, card.count, card.vram, card.ram]

    def apply(gpu: str | None, count: str, vram: str, ram: str, held: Session, chosen: str) -> str:
        try:
            hardware = stated_hardware(gpu, count, vram, ram)
            machine = _machine(assistant, hardware)
        except MekikiError as error:
            shown = held.machine or detected(assistant)
            return machine_html(shown, chosen) + note_html(error.text(chosen), "bad")
        held.hardware, held.machine = (hardware, machine) if hardware is not None else (None, None)
        return machine_html(held.machine or detected(assistant), chosen)

    def reset(held: Session, chosen: str) -> list[Any]:
        held.hardware = held.machine = None
        return [machine_html(detected(assistant), chosen), None, "", "", ""]

    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "queue": False}
    card.apply.click(apply, [*boxes, session, language], [card.summary], **quiet)
    card.reset.click(reset, [session, language], [card.summary, *boxes], **quiet)
    return card


def stated_hardware(gpu: str | None, count: str, vram: str, ram: str) -> Hardware | None:
    """Return what the boxes say, None when they say nothing. Raises BadArguments for an amount that is none."""
    stated: dict[str, Any] = {"gpu": None} if gpu == NO_GPU else {"gpu": gpu} if gpu else {}
    cards = _amount("gpu_count", count)
    if cards and cards > 1 and gpu != NO_GPU:
        stated["gpu_count"] = int(cards)
    memory = _amount("vram_gb", vram)
    if memory and gpu != NO_GPU:
        stated["vram_gb"] = memory
    if (main := _amount("ram_gb", ram)) is not None:
        stated["ram_gb"] = main
    return getattr(parse_call("max_size", {"hardware": stated}).args, "hardware", None) if stated else None


def _amount(name: str, text: str) -> float | None:
    plain = re.sub(r"\s*(gb|gib)$", "", unicodedata.normalize("NFKC", text or "").strip().lower())
    if not plain:
        return None
    try:
        return float(plain)
    except ValueError:
        raise BadArguments(name, text, "a number", "数") from None


def _machine(assistant: Answering, hardware: Hardware | None) -> Machine | None:
    if hardware is None:
        return None
    from assistant.hardware.stated import stated

    return stated(hardware, assistant.catalog)


def detected(assistant: Answering) -> Machine | None:
    """Return the detected machine, None when that failed."""
    try:
        return assistant.machine
    except MekikiError:
        return None
