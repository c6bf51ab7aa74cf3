import pytest

from index.dictionary.wordnet import Sense, Synset, senses, synonyms, synsets

# As WordNet's own files have them (wndb(5WN)): a verb's meaning with three words, another one that no text uses, one
# with a name in it, and an adjective's satellite.
VERBS = (
    "  1 This software and database is being provided to you\n"
    "00000010 40 v 03 rent 0 lease 0 take_out_for_a_long_while 0 001 @ 00000020 v 0000 01 + 08 00 | hire for a fee\n"
    "00000020 40 v 02 rent 1 tear 0 000 01 + 08 00 | rip\n"
)
NOUNS = "00000030 06 n 02 flat 0 Peter's_apartment 0 000 | a place to live in\n"
ADJECTIVES = "00000040 00 s 02 flat(p) 0 level 0 000 | even\n"
INDEX = (
    "flat%1:06:00:: 00000030 1 9\nflat%5:00:00:even:00 00000040 2 3\nlease%2:40:00:: 00000010 3 0\n"
    "level%5:00:00:even:00 00000040 5 1\nrent%2:40:00:: 00000010 1 7\nrent%2:40:01:: 00000020 2 0\n"
    "take_out_for_a_long_while%2:40:00:: 00000010 1 1\ntear%2:40:00:: 00000020 1 4\n"
)


@pytest.fixture
def folder(tmp_path):
    files = {"data.verb": VERBS, "data.noun": NOUNS, "data.adj": ADJECTIVES, "data.adv": "", "index.sense": INDEX}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_the_files_are_read(folder):
    found = synsets(folder)
    assert found["v00000010"] == Synset(
        ("rent", "lease", "take out for a long while"), " hire for a fee", (("@", "v00000020"),)
    )
    assert found["a00000040"].names == ("flat", "level")
    assert senses(folder)[3] == Sense("level", "a00000040", 5, 1)


def test_usual_meanings_give_synonyms(folder):
    # "tear" is unused as "rent"; five words are no expression; a name is none; "level" is seldom said for "flat".
    assert synonyms(folder) == {"rent": ["lease"], "tear": ["rent"], "take out for a long while": ["lease", "rent"]}
