"""Verbs and adjectives in their forms."""

import pytest

from index.dictionary.links import FILE
from index.inflection import bases, forms, stands_alone, usable


@pytest.mark.parametrize("name, some, not_one", [
    ("選ぶ", {"選ぶ", "選ば", "選び", "選べ", "選ぼ", "選ん"}, "選"),
    ("借りる", {"借りる", "借り", "借りら", "借りろ"}, "借"),
    ("高い", {"高い", "高く", "高か", "高け", "高さ"}, "高"),
    ("書類", {"書類"}, "書"),
    ("いる", {"いる"}, "いら"),  # without a kanji the stem is too short to be told from particles
])  # fmt: skip
def test_forms(name, some, not_one):
    assert some <= forms(name) and not_one not in forms(name)


@pytest.mark.parametrize("said, some", [
    ("選ん", {"選ん", "選ぶ", "選む", "選ぬ"}),
    ("借り", {"借り", "借りる", "借る"}),
    ("早く", {"早く", "早い"}),
    ("書類", {"書類"}),
    ("いっ", {"いっ"}),
])  # fmt: skip
def test_bases(said, some):
    assert some <= set(bases(said)) and bases(said)[0] == said


def test_bases_are_the_way_back_from_forms():
    names = [line.split("\t")[0] for line in FILE.read_text(encoding="utf-8").splitlines()[::50]]
    for name in names:
        for form in forms(name):
            assert name in bases(form)
            assert all(form in forms(base) for base in bases(form))


def test_what_says_something_by_itself():
    assert [usable(one) for one in ("車", "か", "a", "3", "かき", "10", "gpu")] == [
        True, False, False, False, True, False, True]  # fmt: skip


def test_a_kanji_alone():
    assert [stands_alone("車を車検に", n) for n in range(5)] == [True, False, False, False, False]
