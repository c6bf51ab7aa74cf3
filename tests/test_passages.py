"""Which passages answer: a section of a guide once, in whichever language it was found first."""

from dataclasses import dataclass, replace

import pytest

from assistant.passages import find_passages
from index.support import Support
from index.types import Hit, Passage
from knowledge.guides import load_guides

JA = next(guide for guide in load_guides() if guide.file == "ja/getting-started.md")
EN = next(guide for guide in load_guides() if guide.file == "en/getting-started.md")


def hit(guide, section, score):
    one = guide.sections[section]
    text = one.text.replace("`", "")  # as it is indexed: without Markdown
    passage = Passage(
        f"{guide.file}#{section}",
        guide.file,
        f"{guide.title} > {one.heading}",
        text,
        guide.lang,
        "shipped",
        place="l. 1",
    )
    return Hit(1, score, passage, score)


@dataclass
class Found:
    """An index that finds the same whatever is asked."""

    hits: list[Hit]

    def search(self, query, *, top, source, language, least=0.0):
        return self.hits if source == "shipped" else []

    def support(self, query, hits):
        return Support()

    def shares(self, query, texts):
        return [0.0 for _ in texts]


@pytest.mark.parametrize("first, second", [(JA, EN), (EN, JA)])
def test_a_section_found_in_both_languages_is_one_passage(first, second):
    index = Found([hit(first, 2, 0.9), hit(second, 2, 0.8), hit(second, 0, 0.7)])
    rows = find_passages(index, (), "how do I begin", "ja")
    assert [row["heading"].rpartition(" > ")[2] for row in rows] == [JA.sections[2].heading, JA.sections[0].heading]
    assert {row["lang"] for row in rows} == {"ja"}


def test_of_a_guide_the_whole_section_is_quoted_whichever_piece_was_found():
    pieces = [hit(JA, 2, 0.9), hit(JA, 2, 0.8)]
    pieces = [
        replace(one, passage=replace(one.passage, text=one.passage.text[n * 60 :][:60])) for n, one in enumerate(pieces)
    ]
    (row,) = find_passages(Found(pieces), (), "how do I begin", "ja")
    assert row["quote"] == JA.sections[2].text
