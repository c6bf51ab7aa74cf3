"""Follow-ups to a question that a document answered: what is searched for, and what counts."""

import pytest

from index.following import FRAGMENT, SENTENCE, follow, is_fragment
from index.types import Before, Hit, Passage

BEFORE = Before("When is the pool open?", "pool.md")


def hit(name, file, score, relevance=0.5):
    return Hit(1, score, Passage(name, file, "", name, "en", "user"), relevance)


def searched(found):
    """Return a search that finds what is listed for each question."""

    def search(query, *, top, least):
        return [one for one in found.get(query, ()) if one.relevance >= least][:top]

    return search


@pytest.mark.parametrize(
    "question", ["and on Saturdays?", "how much?", "じゃあ土曜は？", "何時から？", "What about pensioners who swim?"]
)
def test_fragments(question):
    assert is_fragment(question)


@pytest.mark.parametrize(
    "question",
    ["do they need a deposit for the locker?", "ロッカーの鍵をなくしたらいくらですか", "Where can I park my car?"],
)
def test_whole_questions(question):
    assert not is_fragment(question)


def test_a_fragment_finds_what_both_questions_find_in_the_document_that_answered():
    alone = [hit("shop", "shop.md", 1.0), hit("hours", "pool.md", 0.5)]
    both = [hit("hours", "pool.md", 1.2, 0.9), hit("shop", "shop.md", 0.8, 0.9)]
    found = follow(
        searched({"and Sundays?": alone, f"{BEFORE.question} and Sundays?": both}), "and Sundays?", BEFORE, top=2
    )
    assert [(one.passage.id, one.rank) for one in found] == [("hours", 1), ("shop", 2)]
    assert found[0].score == pytest.approx(0.5 + FRAGMENT[1] * 1.2)
    assert found[1].score == pytest.approx(1.0 + FRAGMENT[0] * 0.8)
    assert (found[0].relevance, found[1].relevance) == (0.9, 0.5)  # elsewhere what both have to do with tells nothing


def test_a_whole_question_on_something_else_leaves_the_document():
    query = "How long does the sourdough have to rest?"
    alone = [hit("bread", "recipes.md", 1.0)]
    both = [hit("hours", "pool.md", 1.0, 0.9), hit("bread", "recipes.md", 0.9, 0.9)]
    found = follow(searched({query: alone, f"{BEFORE.question} {query}": both}), query, BEFORE, top=5)
    assert [one.passage.id for one in found] == ["bread", "hours"]
    assert found[1].score == pytest.approx(SENTENCE[1] * 1.0)


def test_what_is_not_relevant_is_left_out_and_no_turn_before_changes_nothing():
    alone = [hit("a", "a.md", 1.0, 0.01)]
    assert follow(searched({"q": alone}), "q", BEFORE, top=5, least=0.04) == []
    assert follow(searched({"q": alone}), "q", None, top=5, least=0.0) == alone
