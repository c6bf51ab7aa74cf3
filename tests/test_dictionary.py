"""The dictionary: what is found in a text, and how the file is made from JMdict."""

import re
import sqlite3

import pytest

from assistant.errors import IndexBroken
from index.dictionary.build import entries, links
from index.dictionary.links import FILE, Dictionary, dictionary, latin_key, read

LINES = """\
borrow	借りる	借用
find	見つける
find it a good price	お買い得
lend out	貸し出す
かばん	bag
借りる	borrow	rent
話し	talk	story
話す	speak	talk
車	car	自動車
"""
SMALL = Dictionary(LINES.encode())


def found(text, known=SMALL):
    return [(one.start, one.text, one.base, one.others) for one in known.find(text)]


@pytest.mark.parametrize("name, others", [
    ("borrow", ("借りる", "借用")),  # the first line
    ("borrowing", ("借りる", "借用")),
    ("車", ("car", "自動車")),  # the last one
    ("かばん", ("bag",)),
    ("か", ()),  # the beginning of a key is none
    ("かばんや", ()),
    ("a", ()),
    ("龍", ()),
    ("", ()),
])  # fmt: skip
def test_what_says_the_same(name, others):
    assert SMALL.others(name) == others
    assert Dictionary().others(name) == ()


@pytest.mark.parametrize("text, words", [
    ("本を借りたい", [(2, "借り", ("借りる",), ("borrow", "rent"))]),
    ("かばんを車に", [(0, "かばん", ("かばん",), ("bag",)), (4, "車", ("車",), ("car", "自動車"))]),
    ("話しを話さない", [
        (0, "話し", ("話し", "話す"), ("talk", "story", "speak")), (3, "話さ", ("話す",), ("speak", "talk"))]),
    ("車検の費用", []),
    ("borrowed, lending out", [
        (0, "borrowed", ("borrowed",), ("借りる", "借用")), (10, "lending out", ("lending out",), ("貸し出す",))]),
    ("find it a", [(0, "find", ("find",), ("見つける",))]),  # a longer one that comes to nothing
    ("nothing is known", []),
    ("", []),
])  # fmt: skip
def test_words_of_a_text(text, words):
    assert found(text) == words
    assert found(text, Dictionary()) == []


def test_japanese_words_come_before_english_ones():
    assert [one.text for one in SMALL.find("borrow a かばん")] == ["かばん", "borrow"]


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    with pytest.raises(IndexBroken, match="install Mekiki again"):
        read(tmp_path / "links.txt")
    (tmp_path / "links.txt").write_bytes(b"\xff\tcar\n")
    with pytest.raises(IndexBroken, match=re.escape(str(tmp_path))):
        read(tmp_path / "links.txt")


def test_the_shipped_file():
    lines = FILE.read_text(encoding="utf-8").splitlines()
    keys = [line.split("\t")[0] for line in lines]
    assert lines == sorted(lines) and len(set(keys)) == len(keys) > 40_000
    assert all(line.count("\t") and "" not in line.split("\t") for line in lines)
    assert "refund" in dictionary().others("払い戻し")
    assert "払い戻し" in dictionary().others("refunds")
    assert [one.base for one in dictionary().find("財布を盗まれた")] == [("財布",), ("盗む",)]


def test_its_english_keys_are_the_stems_of_today():
    # Made of the links of Japanese words: a stem that has changed would no longer be found.
    keys = {line.split("\t")[0] for line in FILE.read_text(encoding="utf-8").splitlines()}
    names = ["hospital", "borrow", "deposit", "insurance", "certificate", "notification", "unlucky"]
    assert [name for name in names if latin_key(name) not in keys] == []


SCHEMA = """
CREATE TABLE Kanji (ID INTEGER PRIMARY KEY, idseq INTEGER, text TEXT);
CREATE TABLE Kana (ID INTEGER PRIMARY KEY, idseq INTEGER, text TEXT, nokanji BOOLEAN);
CREATE TABLE KJP (kid INTEGER, text TEXT);
CREATE TABLE KNP (kid INTEGER, text TEXT);
CREATE TABLE Sense (ID INTEGER PRIMARY KEY, idseq INTEGER);
CREATE TABLE SenseGloss (sid INTEGER, lang TEXT, gend TEXT, text TEXT);
CREATE TABLE misc (sid INTEGER, text TEXT);
"""
KANA_ALONE = "word usually written using kana alone"
# Each: kanji with marks, kana with marks, senses of glosses and remarks.
WORDS = [
    ([("借りる", "ichi1 nf10"), ("藉りる", "")], [("かりる", "ichi1")], [
        (["to borrow", "to have a loan"], []), (["to rent", "to hire (a car)", "to charter"], []),
        (["to take as a third sense"], [])]),
    ([("賃借り", "news1 nf40")], [("ちんがり", "news1")], [(["to rent"], [])]),
    ([("鞄", "ichi1")], [("かばん", "ichi1")], [(["bag", "satchel"], [KANA_ALONE])]),
    ([], [("サーバー", "gai1"), ("サーヴァー", "")], [(["server"], [])]),
    ([("古語", "ichi1")], [("こご", "ichi1")], [(["bygone"], ["archaism"]), (["on the way"], [])]),
    ([("珍奇", "")], [("ちんき", "")], [(["oddity"], [])]),  # not common
    ([("説明", "ichi1")], [("せつめい", "ichi1")], [(["what is said of it", "an account of some length"], [])]),
]  # fmt: skip
# Worked out by hand: 借りる and 賃借り share "rent", but a second sense says nothing of likeness, so they stay apart.
# Nothing is found by "have a loan" or "on the way", which tell no more than one word; サーバー loses its long vowel.
# Readings stand beside their words; of three kana, such as かりる, none is looked up. WordNet's "rent" is also "lease".
EXPECTED = """\
bag	かばん	鞄
borrow	借りる
hire	借りる
rent	借りる	賃借り	lease
satchel	かばん	鞄
serv	サーバ	サーヴァ
かばん	bag	satchel	鞄
せつめい	説明
ちんがり	賃借り
サーバ	server	サーヴァ
サーヴァ	server	サーバ
借りる	borrow	have a loan	rent	hire	かりる
古語	on the way
説明	せつめい
賃借り	rent	ちんがり
鞄	bag	satchel	かばん
"""


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "jamdict.db"
    with sqlite3.connect(path) as db:
        db.executescript(SCHEMA)
        for word, (kanji, kana, senses) in enumerate(WORDS):
            for table, marks, spellings in (("Kanji", "KJP", kanji), ("Kana", "KNP", kana)):
                for text, marked in spellings:
                    number = db.execute(f"INSERT INTO {table} (idseq, text) VALUES (?, ?)", (word, text)).lastrowid
                    db.executemany(f"INSERT INTO {marks} VALUES (?, ?)", [(number, one) for one in marked.split()])
            for glosses, remarks in senses:
                number = db.execute("INSERT INTO Sense (idseq) VALUES (?)", (word,)).lastrowid
                rows = [(number, "eng", text) for text in glosses] + [(number, "ger", "fremd")]
                db.executemany("INSERT INTO SenseGloss (sid, lang, text) VALUES (?, ?, ?)", rows)
                db.executemany("INSERT INTO misc VALUES (?, ?)", [(number, one) for one in remarks])
    db.close()
    return path


def test_a_dictionary_is_made(database):
    english = {"rent": ["lease"]}
    made = links(entries(database), english)
    assert made.decode() == EXPECTED
    assert links(entries(database), english) == made
    assert found("鞄を借りた", Dictionary(made)) == [
        (0, "鞄", ("鞄",), ("bag", "satchel", "かばん")),
        (2, "借り", ("借りる",), ("borrow", "have a loan", "rent", "hire", "かりる"))]  # fmt: skip


def test_what_is_no_dictionary_is_refused(tmp_path):
    with pytest.raises(sqlite3.Error):
        list(entries(tmp_path / "nothing.db"))
