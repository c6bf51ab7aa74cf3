"""What is left of a question's hiragana."""

import pytest

from index.kana import content, says_little


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
