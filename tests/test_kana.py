"""What is left of a question's hiragana."""

import pytest

from index.kana import content, is_ending, is_part, says_little


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
