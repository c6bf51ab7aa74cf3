"""The second look at the passages found first."""

from dataclasses import replace

import numpy as np

from index.closeness import alike_words, lacking_kind, nearest_sentences
from index.records import Record
from index.search import search
from index.snapshot import build
from index.synonyms import Synonyms

NONE = Synonyms([])
PLAIN = Record("a.txt#1", "user:a.txt", 0, "a.txt", "", "", "en", "user", "l. 1", "")
ONE = replace(PLAIN, text="The shed is green. Bring a lamp.")
TWO = replace(PLAIN, id="b.txt#1", key="user:b.txt", file="b.txt", text="The shed is red. Entry costs £4.")


class Lamps:
    """Give texts about a lamp the first direction, others the second; pieces are words, those with capitals plain."""

    id = "lamps"

    def documents(self, texts):
        return np.array([[1.0, 0.0] if "lamp" in one else [0.0, 1.0] for one in texts], dtype=np.float32)

    def query(self, text):
        return self.documents([text])[0]

    def pieces(self, text):
        words = text.split()
        return self.documents(words).reshape(-1, 2), np.array([float(one.islower()) for one in words])


LAMPS = Lamps()


def test_the_nearest_sentence_of_each_passage_counts():
    lamp = np.array([0.8, 0.6], dtype=np.float32)
    assert nearest_sentences([ONE, TWO], lamp, LAMPS).tolist() == [np.float32(0.8), np.float32(0.6)]
    assert nearest_sentences([replace(ONE, text="")], lamp, LAMPS).tolist() == [np.float32(0.6)]


def test_without_vectors_no_sentence_is_near():
    assert nearest_sentences([ONE, TWO], None, LAMPS).tolist() == [0.0, 0.0]
    assert nearest_sentences([ONE], np.ones(2, dtype=np.float32), None).tolist() == [0.0]
    assert nearest_sentences([], np.ones(2, dtype=np.float32), LAMPS).tolist() == []


def test_words_with_one_like_them_count():
    # Both words of the question are plain or have their like; of "lamp shade" the second passage has one of two.
    assert alike_words("The lamp", [ONE, TWO], LAMPS).tolist() == [1.0, 0.0]
    assert alike_words("lamp shade", [ONE, TWO], LAMPS).tolist() == [1.0, 0.5]


def test_without_words_or_vectors_nothing_is_alike():
    assert alike_words("The", [ONE], LAMPS).tolist() == [0.0]
    assert alike_words("lamp", [ONE], None).tolist() == [0.0]
    assert alike_words("lamp", [replace(ONE, text="")], LAMPS).tolist() == [0.0]


def test_a_kind_of_answer_is_looked_for_in_text_and_heading():
    assert lacking_kind("how much is entry", [ONE, TWO, replace(ONE, heading="Entry £3")]).tolist() == [
        True, False, False]  # fmt: skip
    assert lacking_kind("tell me of the shed", [ONE, TWO]).tolist() == [False, False]


def test_a_near_sentence_and_the_kind_of_answer_decide_between_equals():
    held = build("token", "t", [ONE, TWO], np.array([[1.0, 0.0], [1.0, 0.0]], dtype=np.float32))
    lamp = np.array([1.0, 0.0], dtype=np.float32)
    assert search(held, "the shed", lamp, NONE, least=0.0, embedder=LAMPS)[0].passage.file == "a.txt"
    assert search(held, "shed: how much?", None, NONE, least=0.0)[0].passage.file == "b.txt"
