"""People who use what is chosen, counted as writing at the same time."""

import pytest

from assistant.stated.complete import Known, complete
from assistant.writer.quantities import for_most_users
from tests.reading import calls


@pytest.mark.parametrize(
    ("question", "users"),
    [
        ("RAG on a 24GB card with 12 users", 12),
        ("chatbot for 25 users on an A6000", 25),
        ("7 developers share a 4090 for coding, which model?", 7),
        ("10人で使うRAG", 10),
        ("5人のチームで使うチャット、VRAM 24GB", 5),
        ("社員20人が使う社内チャット、RTX 6000 Ada", 20),
    ],
)
def test_who_uses_it_is_counted_as_at_once_with_a_note(mekiki, question, users):
    reading = mekiki.read(question)
    reading = complete(reading, question, Known(mekiki.reader.tables, mekiki.catalog, {}))
    assert (reading.call.tool, reading.call.arguments()["users"]) == ("recommend", users)
    assert any(note["en"].startswith(f"All {users} were counted") for note in reading.notes)
    assert not any("Not taken into account" in note["en"] for note in reading.notes)


@pytest.mark.parametrize(
    "question",
    [
        "our company has 150 employees, which model for email drafts?",
        "50人規模の会社でRAGサーバー、A100",
        "10人分の議事録を要約するモデル",
        "a model that summarises interviews with 10 people",
        "our app has 100 users, which model writes the newsletter?",
    ],
)
def test_people_who_are_there_or_spoken_of_are_none(mekiki, question):
    (call,) = calls(mekiki, question)
    assert "users" not in call.arguments()


@pytest.mark.parametrize(
    ("before", "turn", "users"),
    [
        ("RAG on a 24GB card", "make it 50 users", 50),
        ("チャット用、VRAM 24GB", "12人で使うなら", 12),
        ("coding on a 4090", "we are 6 developers", 6),
    ],
)
def test_a_later_turn_tells_who_uses_it(mekiki, before, turn, users):
    first, second = calls(mekiki, before, turn)
    assert second.arguments() == {**first.arguments(), "users": users}


def test_how_many_users_is_asked_without_a_verb(mekiki):
    (call,) = calls(mekiki, "concurrent users on an A100, 8B")
    assert (call.tool, call.asks) == ("fit", ("users",))
    (call,) = calls(mekiki, "20 concurrent users on an A100, 8B")
    assert (call.arguments()["users"], call.asks) == (20, ())


def test_the_command_serves_the_users_that_the_headline_tells():
    command = "llama-server -m 8b.gguf -c 8192 -ngl 999 -np 1"
    result = {"asks": ["users"], "max_users": 3, "context_tokens": 8192}
    assert for_most_users(command, result) == "llama-server -m 8b.gguf -c 24576 -ngl 999 -np 3"
    assert for_most_users(command, {**result, "asks": []}) == command
    assert for_most_users(command, {**result, "max_users": None}) == command
