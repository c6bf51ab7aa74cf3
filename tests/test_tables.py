"""Lists and sheets: where the header is, and which row belongs to which."""

import pytest

from index.documents import read_bytes


def found(text, suffix=".csv"):
    return [(one.kind, one.text, one.place) for one in read_bytes(text.encode(), suffix).blocks]


def test_title_and_date_above_the_header_are_text():
    text = "売上一覧\n出力日時,2024/06/01\n\n店舗,商品,数量\n盛岡店,鉄瓶,12\n"
    assert found(text) == [
        ("text", "売上一覧", "l. 1"), ("table", "出力日時 | 2024/06/01", "l. 2"),
        ("table", "店舗: 盛岡店 | 商品: 鉄瓶 | 数量: 12", "l. 5"),
    ]  # fmt: skip


def test_tables_below_each_other_have_their_own_headers_and_remarks_are_text():
    text = "Department,Q1\nResearch,88\n\nHeadcount\nOffice,People\nLyon,42\n\nNote: in thousands\n"
    assert [one[:2] for one in found(text)] == [
        ("table", "Department: Research | Q1: 88"), ("heading", "Headcount"), ("table", "Office: Lyon | People: 42"),
        ("text", "Note: in thousands"),
    ]  # fmt: skip


def test_rows_behind_an_empty_one_belong_to_the_same_table():
    assert [one[1] for one in found("code,text\nN-1,red\n\nN-2,blue\n")] == [
        "code: N-1 | text: red", "code: N-2 | text: blue",
    ]  # fmt: skip


def test_line_breaks_and_marks_in_quotes_are_part_of_the_cell():
    text = 'Name;Note\n"Müller; Söhne";"first\nsecond"\nBäcker;"says ""yes"""\n'
    assert found(text) == [
        ("table", "Name: Müller; Söhne | Note: first second", "l. 2"),
        ("table", 'Name: Bäcker | Note: says "yes"', "l. 4"),
    ]  # fmt: skip


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_mark_between_cells_is_told(mark):
    text = f"id{mark}text\n1{mark}a. b. c\n2{mark}d\n"
    assert [one[1] for one in found(text)] == ["id: 1 | text: a. b. c\nid: 2 | text: d"]


def test_a_list_of_one_column_has_its_name_too():
    assert [one[1] for one in found("email\na@example.org\nb@example.org\n")] == [
        "email: a@example.org\nemail: b@example.org"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Sales were slow in August because of the heat.\nThe shop on the quay was shut for a week.\n",
        "Checked by: Ann Poole\nPrices in euros\n",
        "数字は税抜きです。\n次の改定は四月\n",
    ],
)
def test_lines_of_text_in_one_column_are_no_column_with_a_name(text):
    assert [one[1] for one in found(text)] == text.rstrip().split("\n")


def test_a_record_of_json_has_its_own_line_and_no_wrapper_around_most_of_it():
    text = (
        '{"results": [\n  {"id": 1,\n   "attributes": {"name": "A {lamp}", "price": 40, "owner": null, "made": 9}},\n'
        '  {"id": 2,\n   "attributes": {"name": "Oak \\"chest\\"", "price": 95, "owner": "Ann", "made": 1870}}\n]}'
    )
    assert found(text, ".json") == [
        ("heading", "results", "l. 1"),
        ("table", "name: A {lamp}\nprice: 40\nmade: 9\nid: 1", "l. 2"),
        ("table", 'name: Oak "chest"\nprice: 95\nowner: Ann\nmade: 1870\nid: 2', "l. 4"),
    ]  # fmt: skip


def test_an_object_that_holds_little_of_a_record_keeps_its_name():
    text = '{"name": "Oak chest", "price": 95, "made": 1870, "maker": {"name": "Holt", "town": "York"}}'
    assert "maker | name: Holt | town: York" in found(text, ".jsonl")[0][1]
