"""What is left of a question's hiragana."""

import pytest

from index.kana import content


@pytest.mark.parametrize("text, left", [
    ("返すのが遅れるとどうなりますか", []),
    ("いつまでに申し込めばいいですか", []),
    ("ひまわりはどこにありますか", ["ひまわり"]),
    ("じょうろとたわしを借りたい", ["じょうろとたわし"]),
    ("How much?", []),
])  # fmt: skip
def test_endings_and_particles_fall_away(text, left):
    assert content(text) == left
