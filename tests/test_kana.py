"""What is left of a question's hiragana."""

import pytest

from index.kana import chance_parts, content, is_ending, is_part, says_little


@pytest.mark.parametrize("text, left", [
    ("返すのが遅れるとどうなりますか", []),
    ("いつまでに申し込めばいいですか", []),
    ("ひまわりはどこにありますか", ["ひまわり"]),
    ("じょうろとたわしを借りたい", ["じょうろとたわし"]),
    ("How much?", []),
])  # fmt: skip
def test_endings_and_particles_fall_away(text, left):
    assert content(text) == left


def test_words_that_say_little():
    assert [says_little(one) for one in ("どう", "について", "ひまわり", "どうひまわり", "")] == [
        True, True, False, False, False]  # fmt: skip


@pytest.mark.parametrize("text, word, part, ending", [
    ("どのくらいかかる", "くらい", True, False),
    ("一口くらい残す", "くらい", False, True),
    ("皿をくらいに置く", "くらい", False, False),
    ("調べている", "いる", True, True),
    ("乾いたか", "たか", False, True),
    ("山のたかを見た", "たか", False, False),
    ("たかを見た", "たか", False, False),
    ("靴べらはどこ", "べら", False, True),
    ("きれいなひまわり", "ひまわり", False, False),  # longer than an ending
    ("クリーニング", "クリ", False, False),  # no hiragana
    ("clean", "le", False, False),
])  # fmt: skip
def test_kana_that_are_no_word(text, word, part, ending):
    place = (text.index(word), text.index(word) + len(word))
    assert is_part(text, *place) is part
    assert is_ending(text, *place) is ending


@pytest.mark.parametrize("text, places, by_chance", [
    ("グラニュレーションとは", [(0, 2), (2, 4), (4, 9)], {0, 2, 4}),
    ("バスツアーの集合", [(0, 2), (2, 5)], set()),  # one short word
    ("バスとバグ", [(0, 2), (3, 5)], set()),  # two runs
])  # fmt: skip
def test_short_words_in_one_run_of_katakana_are_there_by_chance(text, places, by_chance):
    assert chance_parts(text, places) == by_chance
