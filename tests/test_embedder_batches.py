"""What a step of training sees."""

import json

import numpy as np
import pytest

from index.embedder import corpus
from index.embedder.batches import ByTurns, Drawn, Paired, Told, Words
from index.embedder.corpus import Fact, Pair
from index.embedder.lexicon.words import Lexicon, Meaning, Word
from index.embedder.matters import Matter, Matters, matters, read
from index.embedder.train import make_tokenizer

RAIN = Matter("rain", ("雨", "傘", "濡れる", "露", "蛙"), ("rain", "umbrella", "get wet", "drizzle", "frog"))
SNOW = Matter("snow", ("雪", "つもる", "吹く", "白", "冬"), ("snow", "shovel", "white", "flake", "ice"))
FACTS = [Fact("雨の日", (f"雨の日\n雨{n}", f"雨の日\nrain {n}"), (f"傘{n}？", f"umbrella {n}?")) for n in range(3)] + [
    Fact("雪の日", (f"雪の日\n雪{n}", f"雪の日\nsnow {n}"), (f"除雪{n}？", f"shovel {n}?")) for n in range(2)
]


@pytest.fixture(scope="module")
def tokenizer():
    return make_tokenizer(["雨 雪 傘 rain snow umbrella shovel 除雪", *(one.passages[1] for one in FACTS)] * 2, 7_500)


def texts(side, tokenizer):
    """Return the texts of a batch's side."""
    ids, starts = side
    return [tokenizer.decode(one.tolist()).replace(" ", "") for one in np.split(ids, starts[1:])]


def test_two_texts_of_a_matter_share_no_word():
    drawn = Matters([RAIN, SNOW], 7)
    for _ in range(300):
        asked, told, group = drawn.pair()
        matter = RAIN if group == "matter:rain" else SNOW
        known = [*matter.ja, *matter.en]
        said = [[word for word in known if word in side] for side in (asked, told)]
        assert said[0] and said[1] and not set(said[0]) & set(said[1])


def test_the_same_seed_draws_the_same():
    one, other = Matters([RAIN, SNOW], 7), Matters([RAIN, SNOW], 7)
    assert [one.pair() for _ in range(20)] == [other.pair() for _ in range(20)]


def test_matters_are_read_as_written(tmp_path):
    file = tmp_path / "matters.tsv"
    file.write_text("rain\t雨|傘\train|umbrella\n", encoding="utf-8")
    assert read(file) == [Matter("rain", ("雨", "傘"), ("rain", "umbrella"))]


def test_shipped_matters_have_words_in_both_languages():
    listed = matters(1)
    assert len(listed.texts()) > 1_000 and all("、" in one and ", " in one for one in listed.texts())


def test_shipped_facts_have_questions_in_both_languages():
    facts = corpus.facts()
    assert len(facts) > 1_000
    assert all(len(one.questions) == 4 and all(one.questions) and all(one.passages) for one in facts)
    lines = [json.loads(line) for line in corpus.FACTS.read_text(encoding="utf-8").splitlines()]
    assert len({one["ja"] for one in lines}) == len(lines)


def test_a_fact_answers_each_question_in_both_languages():
    (first, *others) = corpus.fact_pairs(FACTS[:1])
    assert (first.left, first.right) == FACTS[0].passages
    assert {(one.left, one.right) for one in others} == {(q, p) for q in FACTS[0].questions for p in FACTS[0].passages}
    assert {one.group for one in (first, *others)} == {"fact:0"}


def test_a_fact_is_found_among_its_neighbours():
    among = [one for one in corpus.fact_pairs(FACTS) if one.group.startswith("document:")]
    assert len(among) == 5 * 2 * 2  # five facts, two questions, two languages
    assert Pair("umbrella 0?", "雨の日\nrain 0\nrain 1", "document:雨の日", 0.5) in among
    assert Pair("傘1？", "雨の日\n雨0\n雨1\n雨2", "document:雨の日", 0.5) in among


def test_documents_come_whole(tokenizer):
    told = Told(FACTS, tokenizer, 1)
    for _ in range(5):
        left, right, same = told.next(5)
        assert not same.any() and len(texts(left, tokenizer)) == 5
        assert sum("雨" in one or "rain" in one for one in texts(right, tokenizer)) >= 3
    left, _, _ = told.next(2)
    assert len(texts(left, tokenizer)) == 2


def test_pairs_of_one_group_are_no_negatives(tokenizer):
    pairs = [Pair("rain", "雨", "a"), Pair("umbrella", "傘", "a"), Pair("snow", "雪", "b")]
    _, _, same = Paired(pairs, tokenizer, 1).next(3)
    assert same.sum() == 2 and not np.diagonal(same).any() and (same == same.T).all()


def test_lists_of_words_are_drawn_from_both(tokenizer):
    lexicon = Lexicon([Meaning(1.0, ("snow",), ("white", "cold", "water"), ())], [Word(1.0, ("雪",), ("snow",))], 1)
    words = Words(lexicon, Matters([RAIN], 1), 1)
    groups = [words.pair()[2] for _ in range(200)]
    assert 40 < groups.count("matter:rain") < 120  # 80 of 200 expected
    left, _, same = Drawn(words.pair, tokenizer).next(20)
    assert len(left[1]) == 20 and same.any()


def test_sources_take_turns():
    class Named:
        def __init__(self, name):
            self.name = name

        def next(self, size):
            return self.name

    turns = ByTurns(Named("a"), Named("b"), Named("a"), Named("c"))
    assert [turns.next(1) for _ in range(6)] == ["a", "b", "a", "c", "a", "b"]
