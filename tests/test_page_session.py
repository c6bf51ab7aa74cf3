"""What a tab holds, the machine card's boxes, the language a page opens in, and where it may be served."""

import socket
import threading
from pathlib import Path

import pytest

from assistant.calls import Hardware, parse_call
from assistant.errors import BadArguments, PageError
from tests.fakes import FakeAssistant
from ui.app import first_language
from ui.machine_card import NO_GPU, stated_hardware
from ui.serving import check_address
from ui.session import MOST_TABS, Session, Tabs, Warmer


def asked(session: Session, assistant: FakeAssistant, question: str = "コーディング用は？") -> None:
    list(session.ask(assistant, question))


def test_an_edit_of_the_last_turn_takes_its_place():
    assistant, session = FakeAssistant(Path("/nowhere")), Session()
    asked(session, assistant)
    call = parse_call("recommend", {"task": "translation"})
    list(session.rerun(assistant, 1, call, "en"))
    assert [turn.question for turn in session.turns] == ["コーディング用は？"]
    assert assistant.calls == [call]
    assert session.turns[0].change_text["en"].startswith("Task: translation")
    assert session.turns[0].answer.language == "ja"  # the language of the question, not of the page


def test_an_edit_of_an_earlier_turn_is_a_new_turn():
    assistant, session = FakeAssistant(Path("/nowhere")), Session()
    asked(session, assistant)
    asked(session, assistant, "And Gemma?")
    list(session.rerun(assistant, 1, parse_call("recommend", {"task": "chat"}), "ja"))
    assert [turn.number for turn in session.turns] == [1, 2, 3]


def test_an_edit_of_no_turn_does_nothing():
    assistant, session = FakeAssistant(Path("/nowhere")), Session()
    assert list(session.rerun(assistant, 9, parse_call("clarify", {}), "ja")) == []


def test_the_stated_machine_goes_with_each_question():
    assistant, session = FakeAssistant(Path("/nowhere")), Session(hardware=Hardware(gpu="RTX 3060"))
    asked(session, assistant)
    assert assistant.hardware == [Hardware(gpu="RTX 3060")]


def test_a_new_conversation_keeps_the_machine():
    assistant, session = FakeAssistant(Path("/nowhere")), Session(hardware=Hardware(gpu="RTX 3060"))
    asked(session, assistant)
    session.clear()
    assert session.turns == [] and session.conversation.turns == [] and session.hardware is not None


def test_a_tab_finds_its_session_again_and_old_tabs_are_forgotten():
    tabs, first = Tabs(), Session()
    assert tabs.resume("0" * 32, first) is first
    assert tabs.resume("0" * 32, Session()) is first
    for number in range(1, MOST_TABS + 1):
        tabs.resume(f"{number:032x}", Session())
    assert tabs.resume("0" * 32, fresh := Session()) is fresh


@pytest.mark.parametrize("name", ["", "0" * 31, "g" * 32, "0" * 33, "../" * 11])
def test_a_name_that_page_js_does_not_make_is_not_kept(name):
    tabs = Tabs()
    tabs.resume(name, Session())
    assert tabs.resume(name, own := Session()) is own


@pytest.mark.parametrize(
    "boxes, expected",
    [
        (("", "", "", ""), None),
        ((None, "", "", ""), None),
        (("RTX 3060", "1", "", ""), {"gpu": "RTX 3060"}),
        (("RTX 3060", "2", "12", "64"), {"gpu": "RTX 3060", "gpu_count": 2, "vram_gb": 12.0, "ram_gb": 64.0}),
        (("", "", "８ GB", ""), {"vram_gb": 8.0}),
        ((NO_GPU, "2", "8", "16gb"), {"gpu": None, "ram_gb": 16.0}),
    ],
)
def test_the_boxes_of_the_machine_card(boxes, expected):
    hardware = stated_hardware(*boxes)
    assert (hardware and hardware.model_dump(exclude_unset=True)) == expected


@pytest.mark.parametrize("vram", ["much", "-4", "nan", "1e9"])
def test_an_amount_that_is_none_is_refused(vram):
    with pytest.raises(BadArguments):
        stated_hardware("", "", vram, "")


@pytest.mark.parametrize(
    "setting, accepted, cookie, expected",
    [
        (None, "", None, "ja"),
        (None, "ja,en;q=0.8", None, "ja"),
        (None, "en-US,en;q=0.9,ja;q=0.8", None, "en"),
        (None, "fr,ja;q=0.5,en;q=0.9", None, "en"),
        (None, "de-DE", None, "en"),
        (None, "*", None, "en"),
        (None, "ja;q=x,en", None, "en"),
        ("ja", "en", None, "ja"),
        ("en", "ja", None, "en"),
        ("en", "en", "ja", "ja"),
        (None, "en", "<script>", "en"),
    ],
)
def test_the_language_a_page_opens_in(setting, accepted, cookie, expected):
    cookies = {"mekiki_language": cookie} if cookie else {}
    assert first_language(setting, {"accept-language": accepted}, cookies) == expected


def test_a_taken_port_is_one_clear_sentence_in_both_languages():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PageError) as error:
            check_address("127.0.0.1", port)
    assert error.value.text("en") == f"port {port} is in use; choose another: mekiki serve --port {port + 1}"
    assert f"ポート {port} は使用中です" in error.value.text("ja")
    check_address("127.0.0.1", port)  # free again at once


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::", "example.org"])
def test_other_machines_are_kept_out_without_a_login(host):
    with pytest.raises(PageError, match="without a user name and password"):
        check_address(host, 7860)


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_that_is_none_is_refused(port):
    with pytest.raises(PageError, match="cannot be used"):
        check_address("127.0.0.1", port)


def test_an_address_that_is_not_here_is_refused():
    with pytest.raises(PageError, match="cannot be opened"):
        check_address("192.0.2.7", 7861, protected=True)


def test_warming_up_loads_reader_then_index_and_swallows_what_fails():
    loaded = []

    class Slow:
        @property
        def machine(self):
            loaded.append("machine")
            raise OSError("no driver")

        @property
        def reader(self):
            loaded.append("reader")

        @property
        def index(self):
            loaded.append("index")

        def follow(self):
            followed.set()
            raise OSError("no watches left")

    followed = threading.Event()
    warmer = Warmer(Slow())  # type: ignore[arg-type]
    warmer.wait_for_index()  # nothing was started: nothing to wait for
    assert loaded == []
    warmer.start()
    warmer.wait_for_index()
    assert loaded == ["machine", "reader", "index"]
    assert not warmer.indexing and followed.wait(10)
