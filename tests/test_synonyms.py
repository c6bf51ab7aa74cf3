import pytest

from index.dictionary.links import Dictionary
from index.synonyms import Found, Synonyms, synonyms, without
from index.words import concepts, light_words
from knowledge.glossary import load_glossary

KNOWN = Synonyms(
    [
        ("KVキャッシュ", "KV cache"),
        ("量子化", "quantization", "quantisation"),
        ("選ぶ", "choose", "pick"),
        ("車", "car"),
    ],
    ["使う", "use"],
)


def said(query):
    return [(one.text, set(one.others)) for one in KNOWN.find(query)]


def test_both_ways():
    assert said("量子化の影響") == [("量子化", {"quantization", "quantisation"})]
    assert said("What is the KV cache?") == [("kv cache", {"kvキャッシュ"})]
    assert said("無関係な話") == []


@pytest.mark.parametrize("query", ["どれを選べばいい", "選びたい", "選んだ理由", "選ぶ"])
def test_verbs_are_found_in_their_forms(query):
    assert [others - {"選ぶ"} for _, others in said(query)] == [{"choose", "pick"}]


@pytest.mark.parametrize("query", ["quantizing", "Quantizations", "QUANTISED"])
def test_english_words_are_found_by_their_stems(query):
    assert "量子化" in said(query)[0][1]


def test_a_lone_kanji_is_no_part_of_another_word():
    assert said("車を停める") == [("車", {"car"})]
    assert said("車検の費用") == []


def test_the_longest_expression_wins():
    known = Synonyms([("会社", "company"), ("会社員", "office worker")])
    assert [one.others for one in known.find("会社員の数")] == [("office worker",)]


def test_words_that_say_little_are_marked():
    known = Synonyms([("使う", "use"), ("椅子", "chair")], ["使う", "use"])
    assert [one.light for one in known.find("椅子を使った")] == [False, True]


def test_a_group_of_one_is_left_out():
    assert Synonyms([("GPU", "gpu"), ("3", "三")]).groups == []


def test_the_shipped_lists_load_and_have_two_sides():
    assert all(len(one.ja) + len(one.en) > 1 for one in concepts())
    assert len(concepts()) > 1_500 and "使う" in light_words()
    everything = synonyms(load_glossary())
    assert any("deadline" in one.others for one in everything.find("締め切りはいつ"))
    assert any("締切" in one.others for one in everything.find("When is the deadline?"))


WITH_DICTIONARY = Synonyms(
    [("会社", "company"), ("方法", "how")],
    ["方法", "use"],
    Dictionary("use\t使う\nかばん\tbag\nする\tdo\nどう\thow\n会社\tfirm\n会社員\toffice worker\n使う\tuse\n".encode()),
)


@pytest.mark.parametrize("query, expected", [
    ("会社のかばん", [(0, "会社", ("company",), ("firm",)), (3, "かばん", (), ("bag",))]),
    ("会社員", [(0, "会社員", (), ("office worker",))]),  # the longest, whoever knows it
    ("かばんと会社", [(4, "会社", ("company",), ("firm",)), (0, "かばん", (), ("bag",))]),
    ("どうする", []),  # kana that are in most questions
    ("use", []),  # a word that says little
])  # fmt: skip
def test_the_dictionary_knows_the_rest(query, expected):
    assert [(one.start, one.text, one.others, one.listed) for one in WITH_DICTIONARY.find(query)] == expected


def test_what_expressions_leave_of_a_text():
    assert without("会社のかばん", WITH_DICTIONARY.find("会社のかばん")) == "  の   "


def test_many_expressions_are_taken_out_of_a_text_at_once():
    n = 300_000  # copying the text for each would be 600 GB
    found = [Found(place * 4, "量子化", ("量子化",)) for place in range(n)]
    assert without("量子化の" * n, found) == "   の" * n
