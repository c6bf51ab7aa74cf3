"""Paragraphs of PDF pages in narrow columns: whole ones, and lines that stand by themselves."""

import pytest

from index.documents import read_bytes
from tests.page_pdf import Page, Put, lines, paged

LEFT, RIGHT = 40.0, 220.0
WARM = [
    "保温は高めと低めから選べます。高",
    "めは二十四時間まで、低めは十二時",
    "間まで。炊込みごはんは保温しない",
    "でください。",
]
WASH = ["内ぶたと蒸気口は、使うたびに取", "り外して洗う。内釜は食器用の中性洗", "剤と柔らかいスポンジで洗う。"]
CARE = [
    "The filter at the bottom of the",
    "tub catches scraps of food and",
    "should be rinsed once a week",
    "under running water.",
]
ARMS = ["Spray arms turn freely when no", "tall item stands in their way.", "Lift them off in spring."]


def texts(*pages: Page) -> list[str]:
    return [one.text for one in read_bytes(paged(list(pages)), ".pdf").blocks if one.kind == "text"]


def wide_table(top: float) -> Page:
    """A table that begins where the left column does and reaches over both."""
    rows = [("Item", "Small model", "Large model"), ("Power", "1,130 W", "1,300 W"), ("Weight", "4.8 kg", "6.1 kg")]
    return [
        Put(x, top - 14 * n, cell) for n, row in enumerate(rows) for x, cell in zip((40, 200, 320), row, strict=True)
    ]


@pytest.mark.parametrize(("one", "two", "glue"), [(WARM, WASH, ""), (CARE, ARMS, " ")])
def test_a_table_across_the_page_does_not_tell_how_wide_the_columns_below_are(one, two, glue):
    page = [*wide_table(760), *lines(one, 600, LEFT), *lines(two, 600, RIGHT)]
    assert texts(page) == [glue.join(one), glue.join(two)]


@pytest.mark.parametrize(("one", "two", "glue"), [(WARM, WASH, ""), (CARE, ARMS, " ")])
def test_three_columns_below_text_across_the_page(one, two, glue):
    across = "The society meets on the first Thursday of each month in the old dairy, where new members pay"
    page = [
        *lines([across, "a deposit of 25 pounds."], 700, LEFT),
        *lines(one, 600, LEFT),
        *lines(two, 600, RIGHT),
        *lines(one, 600, 400),
    ]
    assert texts(page) == [f"{across} a deposit of 25 pounds.", glue.join(one), glue.join(two), glue.join(one)]


def test_a_paragraph_goes_on_in_the_next_column():
    page = [*wide_table(760), *lines(WARM[:2], 600, LEFT), *lines(WARM[2:], 600, RIGHT)]
    assert texts(page) == ["".join(WARM)]


def test_a_small_table_does_not_tell_how_far_lines_are_apart():
    rows = [("Item", "Small", "Large"), *((f"Power {n}", f"1,{n}30 W", f"2,{n}00 W") for n in range(8))]
    table = [
        Put(x, 780 - 10 * n, cell, 8) for n, row in enumerate(rows) for x, cell in zip((40, 200, 320), row, strict=True)
    ]
    body = [Put(LEFT, 600 - 18 * n, text) for n, text in enumerate(CARE)]
    assert texts([*table, *body]) == [" ".join(CARE)]


@pytest.mark.parametrize(
    "own",
    [
        ["かまど電機お客様ご相談窓口", "電話：（無料）", "丸の内ビルディング十階"],
        ["Halden Systems Ltd", "Unit 4, Riverside Park", "Reading RG1 8AA"],
        ["Delivery address", "Acme Works", "Hull HU1 2ST"],
    ],
)
def test_lines_of_an_address_stay_apart(own):
    assert texts([*wide_table(760), *lines(WARM, 600, LEFT), *lines(own, 600, RIGHT)]) == ["".join(WARM), *own]
    assert texts(lines(own)) == own


def test_a_line_that_ends_within_brackets_goes_on():
    own = ["お客様ご相談窓口", "受付九時から（土曜日、日曜日と年末", "年始を除く）"]
    assert texts([*lines(WASH, 600, LEFT), *lines(own, 600, RIGHT)])[1:] == [own[0], own[1] + own[2]]


def test_lines_set_to_the_right_stay_apart():
    dates = ["平成十八年六月十一日", "令和五年五月二十八日 改"]
    page = [Put(540 - 10 * len(text), 760 - 17 * n, text) for n, text in enumerate(dates)]
    assert texts([*page, *lines(WARM, 700)]) == [*dates, "".join(WARM)]


def test_revisions_of_the_same_length_stay_apart():
    dates = ["令和５年５月１日 制定", "令和６年６月１日 改正"]
    assert texts(lines(dates, 760, 400))[:2] == dates


def clause(number: str, text: str, y: float, size: float = 10.0, gap: float = 2.6) -> Page:
    """A number in Latin digits with a gap to its clause."""
    return [Put(LEFT, y, number, size), Put(LEFT + 5.56 * len(number) + gap, y, text, size)]


def test_clauses_begin_with_their_numbers_set_off_below_each_other():
    page = [
        *lines(["第四条 飼育することができる動物は、次のものを合わせて二頭までとする。"], 700, LEFT),
        *clause("2", "飼育を開始しようとする者は、飼育届を理事長に提出しなければならない。", 687),
        *clause("3", "廊下では、動物をかごに入れるものとする。", 674),
        *(one for n in range(3) for one in clause("24", "時間を超えてはならない。", 640 - 30 * n, gap=0.0)),
    ]
    assert texts(page) == [
        "第四条 飼育することができる動物は、次のものを合わせて二頭までとする。\n"
        "2 飼育を開始しようとする者は、飼育届を理事長に提出しなければならない。\n"
        "3 廊下では、動物をかごに入れるものとする。",
        *["24時間を超えてはならない。"] * 3,
    ]


def test_programs_that_set_digits_apart_from_japanese_type_no_spaces():
    page = [
        *clause("24", "時間まで保温する。", 700),
        *clause("12", "時間を超えない。", 660),
        *clause("8", "回鳴る。", 620),
    ]
    assert texts(page) == ["24時間まで保温する。", "12時間を超えない。", "8回鳴る。"]
