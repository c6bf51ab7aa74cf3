"""Days of the year as one search term, however they are written."""

import numpy as np
import pytest

from index.bags import Bags
from index.bm25 import Bm25
from index.dates import days
from index.lexical import said, wants
from index.synonyms import synonyms
from index.terms import bag
from knowledge.glossary import load_glossary


@pytest.mark.parametrize(
    "text",
    [
        "on 11 May", "May 11th", "the 11th of May, 2026", "2026-05-11", "2026/5/11", "Mon 11 May", "5月11日",
        "5 月 11 日（月）", "５月１１日", "五月十一日",
    ],
)  # fmt: skip
def test_one_day_in_many_writings(text):
    (day,) = days(text)
    assert day.term == "day:05-11" and text[day.start : day.end].strip()[0] in "1M25５五"


@pytest.mark.parametrize(
    "text", ["in May 2026", "Market 11", "Day 5", "2026-13-40", "10 Marbles", "v1.5.11", "5月", "11日"]
)
def test_no_days(text):
    assert list(days(text)) == []


@pytest.mark.parametrize("question", ["what are we doing on 11 may", "5月11日は何をする？"])
def test_a_day_is_found_in_any_writing(question):
    texts = ["Date: 2026-05-11 | Plan: Sintra", "Date: 2026-05-12 | Plan: Lisbon", "11 people may come"]
    scorer = Bm25.of(Bags.of([bag(text, "", "") for text in texts]))
    covered = said(scorer, wants(question, synonyms(load_glossary()))).covered
    assert int(np.argmax(covered)) == 0
