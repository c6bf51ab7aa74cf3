"""The documents: what is indexed, adding, deleting, searching, rebuilding."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from assistant.errors import MekikiError
from ui.panels import files_html, hits_html, note_html
from ui.safe import esc
from ui.session import Answering, Session, Warmer
from ui.words import said, say

log = logging.getLogger(__name__)
EVERY = 4.0  # seconds between two looks at the folder while the tab is open
TOP = 8


class Documents:
    """The tab's components and their words."""

    def __init__(self, assistant: Answering, warmer: Warmer, language: str) -> None:
        """Place the components."""
        import gradio as gr

        self.assistant, self.warmer = assistant, warmer
        with gr.Row(elem_id="mk-docs"):
            with gr.Column(scale=3, min_width=300):
                self.intro = gr.Markdown(self._intro(language))
                with gr.Row(elem_id="mk-docs-actions"):
                    self.upload = gr.UploadButton(
                        say(language, "knowledge.upload"),
                        file_count="multiple",
                        variant="primary",
                        size="sm",
                        elem_id="mk-upload",
                    )
                    self.rebuild = gr.Button(say(language, "knowledge.rebuild"), size="sm", elem_id="mk-rebuild")
                self.note = gr.Markdown("", elem_id="mk-docs-note")
                self.files = gr.Markdown("", elem_id="mk-files")
            with gr.Column(scale=2, min_width=300):
                with gr.Row(elem_id="mk-search-row"):
                    self.query = gr.Textbox(
                        label=say(language, "knowledge.search"),
                        placeholder=say(language, "knowledge.search_placeholder"),
                        elem_id="mk-search",
                        lines=1,
                        min_width=140,
                    )
                    self.go = gr.Button(
                        say(language, "knowledge.search_go"), size="sm", elem_id="mk-search-go", min_width=72
                    )
                self.hits = gr.Markdown("", elem_id="mk-hits")
        self.name = gr.Textbox(visible="hidden", elem_id="mk-delete-name", label="mk-delete-name", show_label=False)
        self.delete = gr.Button("delete", visible="hidden", elem_id="mk-delete-go")
        self.timer = gr.Timer(EVERY, active=False)

    @property
    def labelled(self) -> list[Any]:
        """Return the components whose words follow the language."""
        return [self.intro, self.upload, self.rebuild, self.query, self.go, self.files, self.note, self.hits]

    def relabel(self, language: str, held: Session) -> list[Any]:
        """Return the updates for `labelled`. Remarks and results of the other language are cleared.

        The index is opened for a tab that has been looked at, not for every page.
        """
        import gradio as gr

        return [
            self._intro(language),
            gr.update(label=say(language, "knowledge.upload")),
            gr.update(value=say(language, "knowledge.rebuild")),
            gr.update(
                label=say(language, "knowledge.search"), placeholder=say(language, "knowledge.search_placeholder")
            ),
            gr.update(value=say(language, "knowledge.search_go")),
            self.table(language) if held.documents else "",
            "",
            "",
        ]

    def table(self, language: str) -> str:
        """Return the table of documents as it is now, or why there is none."""
        if self.warmer.indexing:
            return note_html(say(language, "knowledge.preparing"))
        try:
            status = self.assistant.index.status()
        except MekikiError as error:
            return note_html(say(language, "knowledge.unavailable", reason=error.text(language)), "bad")
        return files_html(status.files, status.passages, status.embedder, status.notes, language)

    def folder(self) -> Path:
        """Return the folder that receives uploads: the first of the user's."""
        folders = self.assistant.settings.knowledge
        return Path(folders[0]) if folders else Path(self.assistant.settings.data) / "knowledge"

    def _intro(self, language: str) -> str:
        return (
            f'<div class="mk-intro"><h2>{esc(say(language, "knowledge.title"))}</h2>'
            f"<p>{esc(say(language, 'knowledge.intro'))}</p>"
            f'<p class="mk-sub">{esc(say(language, "knowledge.upload_hint"))}</p></div>'
        )


def build(
    assistant: Answering, warmer: Warmer, tab: Any, other: Any, session: Any, language: Any, first: str
) -> Documents:
    """Place the tab's components and connect them; while the `other` tab is shown the folder is not looked at."""
    import gradio as gr

    tab_parts = Documents(assistant, warmer, first)

    def refresh(held: Session, chosen: str) -> Any:
        table = tab_parts.table(chosen)
        if table == held.table:
            return gr.skip()
        held.table = table
        return table

    def look(held: Session, chosen: str) -> list[Any]:
        held.documents = True
        return [tab_parts.table(chosen), gr.Timer(active=True)]

    def leave() -> Any:
        return gr.Timer(active=False)

    def add(paths: list[str] | None, chosen: str) -> list[Any]:
        note = _guarded(warmer, lambda: _add(tab_parts, [Path(one) for one in paths or []], chosen), chosen)
        return [note, tab_parts.table(chosen)]

    def delete(name: str, chosen: str) -> list[Any]:
        return [_guarded(warmer, lambda: _delete(tab_parts, name, chosen), chosen), tab_parts.table(chosen)]

    def rebuild(chosen: str) -> Iterator[list[Any]]:
        yield [note_html(say(chosen, "knowledge.rebuilding")), gr.skip()]
        yield [_guarded(warmer, lambda: _rebuild(tab_parts, chosen), chosen), tab_parts.table(chosen)]

    def search(query: str, chosen: str) -> str:
        return _guarded(
            warmer,
            lambda: hits_html(
                assistant.index.search(query, top=TOP, language=chosen) if query.strip() else [], query, chosen
            ),
            chosen,
        )

    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    writing: dict[str, Any] = {"concurrency_id": "documents", "concurrency_limit": 1, **quiet}
    outputs = [tab_parts.note, tab_parts.files]
    other.select(leave, None, [tab_parts.timer], **quiet)
    tab.select(look, [session, language], [tab_parts.files, tab_parts.timer], **quiet)
    tab_parts.timer.tick(refresh, [session, language], [tab_parts.files], **quiet)
    tab_parts.upload.upload(add, [tab_parts.upload, language], outputs, **writing)
    tab_parts.delete.click(delete, [tab_parts.name, language], outputs, **writing)
    tab_parts.rebuild.click(rebuild, [language], outputs, **writing)
    searching: dict[str, Any] = {"concurrency_id": "search", "concurrency_limit": 2, **quiet}
    gr.on(
        [tab_parts.query.submit, tab_parts.go.click], search, [tab_parts.query, language], [tab_parts.hits], **searching
    )
    return tab_parts


def _guarded(warmer: Warmer, work: Callable[[], str], language: str) -> str:
    """Return what the work says once the index is there, or one sentence about why it failed."""
    try:
        warmer.wait_for_index()
        return work()
    except MekikiError as error:
        return note_html(error.text(language), "bad")
    except Exception:
        log.exception("the documents tab failed")
        return note_html(say(language, "chat.unexpected").replace("`", ""), "bad")


def _add(documents: Documents, paths: list[Path], language: str) -> str:
    """Copy uploads into the knowledge folder; each that is refused is told, the others are kept."""
    from index.uploads import add_document

    folder = documents.folder()
    folder.mkdir(parents=True, exist_ok=True)
    added, refused = [], []
    for path in paths:
        try:
            added.append(add_document(folder, path.name, path.read_bytes()).name)
        except MekikiError as error:
            refused.append(f"{path.name}: {error.text(language)}")
        finally:
            path.unlink(missing_ok=True)
    if added:
        documents.assistant.index.sync()
    read = {one.file: one for one in documents.assistant.index.status().files if one.origin == "user"} if added else {}
    unread = [
        one for name in added if (one := read.get(name)) is not None and one.state in ("failed", "empty", "needs_ocr")
    ]
    for one in unread:
        reason = said(one.reason, language) if one.reason else say(language, f"state.{one.state}")
        refused.append(say(language, "knowledge.unread", name=one.file, reason=reason))
    names = ", ".join(name for name in added if name not in {one.file for one in unread})
    note = note_html(say(language, "knowledge.added", names=names)) if names else ""
    return note + "".join(note_html(one, "bad") for one in refused)


def _delete(documents: Documents, name: str, language: str) -> str:
    from index.uploads import delete_document

    folders = [Path(one) for one in documents.assistant.settings.knowledge] or [documents.folder()]
    for place, folder in enumerate(folders):
        try:
            delete_document(folder, name)
            break
        except MekikiError:
            if place == len(folders) - 1:
                raise
    documents.assistant.index.sync()
    return note_html(say(language, "knowledge.deleted", name=name))


def _rebuild(documents: Documents, language: str) -> str:
    documents.assistant.index.rebuild()
    passages = documents.assistant.index.status().passages
    return note_html(say(language, "knowledge.rebuilt", passages=f"{passages:,}"))
