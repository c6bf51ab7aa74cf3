"""Workbooks: values as the program shows them, merged cells, hidden sheets, the order of the tabs."""

import pytest

from index.documents import read_bytes
from index.formats.sheets import _show
from tests.index_fakes import zipped

S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def workbook(sheets, shared=()):
    """`sheets` holds (name, state, rows as XML, merged ranges)."""
    names = "".join(f'<sheet name="{name}" state="{state}" r:id="r{n}"/>' for n, (name, state, *_) in enumerate(sheets))
    links = "".join(
        f'<Relationship Id="r{n}" Type="{R}/worksheet" Target="worksheets/sheet{9 - n}.xml"/>'
        for n in range(len(sheets))
    )
    files = {
        "xl/workbook.xml": f'<workbook xmlns="{S}" xmlns:r="{R}"><sheets>{names}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f"<Relationships>{links}</Relationships>",
        "xl/sharedStrings.xml": f'<sst xmlns="{S}">{"".join(shared)}</sst>',
    }
    for n, (_, _, rows, merged) in enumerate(sheets):
        ranges = "".join(f'<mergeCell ref="{one}"/>' for one in merged)
        files[f"xl/worksheets/sheet{9 - n}.xml"] = (
            f'<worksheet xmlns="{S}"><sheetData>{rows}</sheetData><mergeCells>{ranges}</mergeCells></worksheet>'
        )
    return read_bytes(zipped(files), ".xlsx")


def row(number, *cells):
    written = "".join(
        f'<c r="{chr(65 + n)}{number}" t="inlineStr"><is><t>{cell}</t></is></c>' if isinstance(cell, str)
        else f'<c r="{chr(65 + n)}{number}"><v>{cell}</v></c>'
        for n, cell in enumerate(cells) if cell != ""
    )  # fmt: skip
    return f'<row r="{number}">{written}</row>'


def texts(document):
    return [one.text for one in document.blocks]


@pytest.mark.parametrize(
    "code, value, text",
    [
        ("yyyy/m/d", 43628.0, "2019-06-12"),  # 43628 days after 1899-12-30
        ('yyyy"年"m"月"d"日"', 45383.0, "2024年4月1日"),
        ("[$-411]ggge年m月d日", 45383.0, "2024年4月1日"),
        ("yyyy/m/d h:mm", 42063.395833333336, "2015-02-28 9:30"),  # 0.3958333 of a day is 9.5 hours
        ("h:mm", 0.25, "6:00"),
        ("[h]:mm", 26 / 24, "26:00"),
        ("0.0%", 0.873, "87.3%"),
        ('"¥"#,##0', 1250000.0, "¥1,250,000"),
        ("[$€-407] #,##0.00;[Red]-#,##0.00", 1234.5, "€ 1,234.50"),
        ('0"個"', 12.0, "12個"),
        ("General", 0.1 + 0.2, "0.3"),
        ("", 12345678901234.0, "12345678901234"),
        ("@", 5.0, "5"),
    ],
)
def test_numbers_are_shown_as_their_format_says(code, value, text):
    assert _show(code, late=False)(value) == text


def test_days_of_old_macs_count_from_1904():
    assert _show("yyyy/m/d", late=True)(0.0) == "1904-01-01"


def test_readings_beside_kanji_are_no_text():
    shared = [
        "<si><t>東京</t><rPh sb='0' eb='2'><t>トウキョウ</t></rPh></si>",
        "<si><r><t>港</t></r><r><t>区</t></r></si>",
    ]
    rows = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>'
    assert texts(workbook([("一覧", "visible", rows, ())], shared)) == ["一覧", "東京 | 港区"]


def test_sheets_stand_in_the_order_of_their_tabs_and_hidden_ones_are_named():
    rows = row(1, "a", "b") + row(2, "c", "d")
    document = workbook([("First", "visible", rows, ()), ("Work", "hidden", rows, ()), ("Last", "visible", rows, ())])
    assert [one.text for one in document.blocks if one.kind == "heading"] == ["First", "Last"]
    assert document.notes[0]["en"] == "hidden sheets were left out: Work"


def test_the_header_is_found_below_a_title_and_merged_cells_count_for_each_row():
    rows = row(1, "台帳") + row(3, "棟", "設備", "台数") + row(4, "A棟", "ポンプ", 2) + row(5, "", "冷却塔", 1)
    document = workbook([("設備", "visible", rows, ("A1:C1", "A4:A5"))])
    assert [(one.text, one.place) for one in document.blocks[1:]] == [
        ("台帳", "l. 1"), ("棟: A棟 | 設備: ポンプ | 台数: 2\n棟: A棟 | 設備: 冷却塔 | 台数: 1", "l. 4"),
    ]  # fmt: skip


def test_a_header_of_two_rows_is_one_name_per_column():
    rows = row(1, "Office", "Sales", "") + row(2, "", "2023", "2024") + row(3, "Lyon", 4, 5)
    document = workbook([("S", "visible", rows, ("A1:A2", "B1:C1"))])
    assert texts(document) == ["S", "Office: Lyon | Sales 2023: 4 | Sales 2024: 5"]


def test_ranges_beyond_the_sheet_are_bounded():
    rows = row(1, "a", "b") + row(2, "c", "d")
    document = workbook([("S", "visible", rows, ["A2:XFD1048576"] * 20_000)])
    assert document.blocks[1].text.startswith("a: c | b: d")


def test_cells_merged_below_the_header_are_one_value():
    rows = row(1, "a", "b", "c") + row(2, "d", "e", "") + row(3, "f", "g", "h")
    document = workbook([("S", "visible", rows, ("B2:C2",))])
    assert texts(document) == ["S", "a: d | b: e\na: f | b: g | c: h"]


def test_a_formula_that_was_never_computed_is_shown_as_it_is():
    computed = '<row r="3"><c r="A3" t="inlineStr"><is><t>All</t></is></c><c r="B3"><f>SUM(B2:B2)</f><v>7</v></c></row>'
    bare = '<row r="4"><c r="A4" t="inlineStr"><is><t>Half</t></is></c><c r="B4"><f>B3/2</f></c></row>'
    rows = row(1, "Item", "Pieces") + row(2, "Bolts", 7) + computed + bare
    document = workbook([("Stock", "visible", rows, ())])
    assert texts(document)[1].split("\n") == [
        "Item: Bolts | Pieces: 7",
        "Item: All | Pieces: 7",
        "Item: Half | Pieces: =B3/2",
    ]


def test_numbers_that_are_none_are_passed_over():
    odd = '<row r="²"><c r="A3" t="s"><v>²</v></c><c r="B3" s="²"><v>7</v></c></row>'
    document = workbook([("S", "visible", row(1, "a", "b") + row(2, "c", "d") + odd, ())])
    assert "b: 7" in texts(document)[-1]
