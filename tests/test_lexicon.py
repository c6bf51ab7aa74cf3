import lzma

import pytest

from index.dictionary.build import Entry
from index.embedder.lexicon import build, words
from index.embedder.lexicon.words import Lexicon, Meaning, Word

# Four lines as WordNet's own files have them (wndb(5WN)): a synset with two words and a pointer to a broader one, that
# one, a name of a person, and a meaning that nothing in use explains.
NOUNS = (
    "  1 This software and database is being provided to you\n"
    "00000010 06 n 02 lorry 0 motor_truck 0 001 @ 00000020 n 0000 | a large truck that carries loads; "
    '"the lorry was full of sand"\n'
    "00000020 06 n 01 vehicle 0 000 | a conveyance that transports people or objects\n"
    "00000030 18 n 01 Tolliver 0 000 | a man who keeps pigs\n"
    "00000040 05 n 01 snipefish 0 000 | slender tropical fish\n"
)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "data.noun").write_text(NOUNS, encoding="utf-8")
    for name in ("data.verb", "data.adj", "data.adv"):
        (tmp_path / name).write_text("", encoding="utf-8")
    uses = "lorry%1:06:00:: 00000010 1 8\nsnipefish%1:05:00:: 00000040 1 0\n"
    (tmp_path / "index.sense").write_text(uses, encoding="utf-8")
    return tmp_path


def test_meanings_in_use_or_of_known_words_are_kept(folder):
    found = list(build.wordnet(folder, {"vehicle"}))
    assert [one.names for one in found] == [("lorry", "motor truck"), ("vehicle",)]
    lorry, vehicle = found
    assert (lorry.weight, vehicle.weight) == (3.0, 1.0)  # eight uses: the root of 1 + 8
    assert lorry.told == ("large", "truck", "carries", "loads", "lorry", "full", "sand")
    assert lorry.near == ("vehicle",)


def test_japanese_words_weigh_by_how_usual_they_are():
    entries = [Entry(("水",), 10, (("water", "water"), ("liquid",))), Entry(("謎",), 60, ((),))]
    assert list(build.japanese(entries)) == [Word(3.5, ("水",), ("water", "liquid"))]  # 1 + (60 - 10) / 20


def test_what_is_written_is_read(tmp_path):
    file = tmp_path / "list.tsv.xz"
    build._write(file, [(2.5, (("a", "b c"), (), ("d",)))])
    assert words.meanings(file) == [Meaning(2.5, ("a", "b c"), (), ("d",))]
    assert lzma.decompress(file.read_bytes()) == b"2.5\ta|b c\t\td\n"


def test_the_shipped_lists_hold_everyday_words():
    held = words.lexicon(1)
    texts = list(held.texts())
    assert len(texts) > 80_000 and all(text.strip() for text in texts)
    assert any(text.startswith("lorry camion") or text.startswith("truck motortruck") for text in texts)
    assert any(text.startswith("傘 umbrella") for text in texts)


def test_pairs_repeat_with_their_seed_and_share_no_word_of_the_definition():
    told = tuple("abcdefgh")
    meanings, japanese = [Meaning(1.0, ("name", "other"), told, ("wide",))], [Word(1.0, ("猫", "ねこ"), ("cat",))]
    drawn = [Lexicon(meanings, japanese, 7).pair() for _ in range(2)]
    assert drawn[0] == drawn[1]
    held = Lexicon(meanings, japanese, 7)
    pairs = [held.pair() for _ in range(400)]
    for left, right, group in pairs:
        if group == "name|other":
            assert set(left.split()) & set(right.split()) <= {"name"} and left and right
            assert set(left.split()) | set(right.split()) <= {*told, "name", "other", "wide"}
        elif group == "猫":
            assert set(left.split("、")) <= {"猫", "ねこ"} and right == "cat"
    groups = [group for _, _, group in pairs]
    # 40 % halves of a meaning, 45 % a word and its gloss, 15 % lists: within five standard deviations of 400 draws
    assert 110 < groups.count("name|other") < 210 and 130 < groups.count("猫") < 230 and 24 < groups.count("") < 96
