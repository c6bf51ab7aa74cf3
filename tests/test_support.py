"""Evidence worked out by hand on a handful of passages without vectors."""

import math

import numpy as np
import pytest

from index.records import Record
from index.snapshot import build
from index.support import (
    BY_HELD,
    BY_KIND,
    BY_LEAD,
    BY_UNKNOWN,
    MOST_LEAD,
    MOST_ODDS,
    OFFSET,
    USUAL_LEAD,
    Support,
    evidence,
    logistic,
    support,
)
from index.synonyms import Synonyms
from index.types import Hit

NONE = Synonyms([])
TEXTS = ("The ferry carries bicycles.", "The ferry leaves at nine.", "Dogs sleep below deck.", "Tea is sold on board.")


@pytest.fixture
def held():
    texts = {"user": TEXTS, "shipped": ("A kayak is a small boat.",)}
    records = [
        Record(f"{origin}{n}", f"{origin}:{n}.md", 0, f"{n}.md", "", text, "en", origin, "", "")
        for origin, told in texts.items()
        for n, text in enumerate(told)
    ]
    return build("", "", records, np.zeros((0, 0), dtype=np.float32))


def found(snapshot, n, score, relevance=0.5):
    return Hit(1, score, snapshot.passage(n), relevance)


def idf(count, size=5):
    return math.log(1 + (size - count + 0.5) / (count + 0.5))


def test_words_count_by_rarity_and_what_no_own_document_says_is_unknown(held):
    hits = [found(held, 0, 0.8), found(held, 1, 0.5), found(held, 2, 0.6)]
    got = evidence(held, "ferry bicycles kayaks trombones", NONE, hits)
    # "ferry" is in two of five passages, "bicycles" in one; gains are about 1. "kayak" is in a guide only, "trombone"
    # nowhere: 1 by definition.
    assert got.lead == pytest.approx(0.2)
    assert got.held == pytest.approx((idf(2) + idf(1)) / idf(0), rel=0.1)
    assert got.unknown == pytest.approx(idf(1) / idf(0) + 1)
    assert not got.lacks_kind


def test_a_passage_alone_has_the_usual_lead_and_an_amount_is_missed(held):
    got = evidence(held, "How much do bicycles pay?", NONE, [found(held, 0, 0.8)])
    assert got.lead == USUAL_LEAD and got.lacks_kind


def test_inflected_japanese_words_are_said_in_other_ways_and_are_not_unknown(held):
    hits, known = [found(held, 0, 0.8)], Synonyms([("泳ぐ", "swim"), ("浮輪", "lifebuoy")])
    assert evidence(held, "泳げる", known, hits).unknown == 0
    assert evidence(held, "浮輪", known, hits).unknown == pytest.approx(1)


def test_support_is_the_logistic_of_the_evidence(held):
    hits = [found(held, 0, 0.8), found(held, 1, 0.5)]
    got = evidence(held, "ferry trombones", NONE, hits)
    total = OFFSET + BY_LEAD * got.lead + BY_HELD * got.held + BY_UNKNOWN * got.unknown
    assert support(held, "ferry trombones", NONE, hits) == pytest.approx((1 / (1 + math.exp(-total)),) * 2)
    lacking = got._replace(lacks_kind=True)
    assert logistic(lacking) == pytest.approx(1 / (1 + math.exp(-total - BY_KIND)))


def test_what_has_little_to_do_with_the_question_has_less_support(held):
    got = {one: evidence(held, "ferry", NONE, [found(held, 0, 0.8, one)]) for one in (0.0, 0.2, 0.5, 0.8, 1.0)}
    # Odds of 1 to 4 and of 1 to 1; those of 4 to 1 are cut to MOST_ODDS.
    assert [got[one].odds for one in (0.2, 0.5)] == pytest.approx([math.log(0.25), 0.0])
    assert got[0.8].odds == got[1.0].odds == MOST_ODDS
    supports = [logistic(one) for one in got.values()]
    assert supports == sorted(supports) and supports[0] < supports[1] < supports[2] < supports[3]


def test_nothing_found_or_gone_since_has_no_support(held):
    gone = build("", "", held.records[1:], held.stock.vectors[1:])
    assert support(held, "ferry", NONE, []) == Support(0.0, 0.0)
    assert support(gone, "ferry", NONE, [found(held, 0, 0.8)]) == Support(0.0, 0.0)


def test_a_missing_kind_of_answer_tells_against_stating_and_not_against_speaking_of_it(held):
    got = support(held, "How much do bicycles pay?", NONE, [found(held, 0, 0.8)])
    odds = [math.log(one / (1 - one)) for one in got]
    assert odds[0] - odds[1] == pytest.approx(BY_KIND)


def test_a_lead_over_few_passages_counts_up_to_a_level(held):
    leads = [evidence(held, "ferry", NONE, [found(held, 0, 2.0), found(held, 1, low)]).lead for low in (1.9, 1.0, 0.1)]
    assert leads == pytest.approx([0.1, MOST_LEAD, MOST_LEAD])
