"""PDF pages: lines put together as they were written, what repeats on every page left out."""

import pytest

from index.documents import read_bytes
from tests.page_pdf import Put, lines, paged, pdf_file

FULL = "The society meets on the first Thursday of each month in the old dairy, where new members pay"


def blocks(data):
    return [(one.kind, one.text) for one in read_bytes(data, ".pdf").blocks]


def test_lines_of_a_paragraph_are_one_and_a_short_line_ends_it():
    page = lines(
        [FULL, "a deposit of 25 pounds.", "Water may be drawn by all members of the society from six to nine."]
    )
    assert blocks(paged([page])) == [
        ("text", f"{FULL} a deposit of 25 pounds."),
        ("text", "Water may be drawn by all members of the society from six to nine."),
    ]


def test_japanese_lines_are_joined_without_a_space():
    page = lines(
        [
            "市は、アルファ化米四万食、ビスケット二万食、粉ミルク三百缶を備蓄倉庫に保管し、賞味期",
            "限の一年前に更新する。",
        ]
    )
    text = "市は、アルファ化米四万食、ビスケット二万食、粉ミルク三百缶を備蓄倉庫に保管し、賞味期限の一年前に更新する。"
    assert blocks(paged([page])) == [("text", text)]


def test_words_cut_by_a_hyphen_are_whole_and_compounds_keep_theirs():
    page = lines(["The effect of the ferti-", "lizer on well-", "known plants was small."])
    assert blocks(paged([page])) == [("text", "The effect of the fertilizer on well-known plants was small.")]


def test_running_heads_and_page_numbers_are_left_out():
    bodies = ["Bees sleep.", "Hives are weighed.", "Wool keeps them dry."]
    pages = [
        [Put(72, 770, "Journal of Beekeeping"), *lines([body, "It is so."]), Put(290, 30, f"Page {n} of 3")]
        for n, body in enumerate(bodies, 1)
    ]
    shown = " ".join(text for _, text in blocks(paged(pages)))
    assert shown == " ".join(f"{body} It is so." for body in bodies)


def test_what_stands_on_one_page_alone_is_no_running_head():
    page = [Put(72, 770, "Notice to all tenants"), *lines(["The lift is closed."])]
    assert "Notice to all tenants" in str(blocks(paged([page])))


def test_larger_and_bold_lines_are_headings():
    page = [
        Put(72, 760, "Garden rules", 18),
        *lines([FULL, "a deposit of 25 pounds."], 720),
        Put(72, 680, "Keys", 10, bold=True),
        *lines([FULL, "the price of the key."], 660),
    ]
    found = read_bytes(paged([page]), ".pdf").blocks
    assert [(one.text, one.level) for one in found if one.kind == "heading"] == [("Garden rules", 1), ("Keys", 2)]


def test_the_outline_tells_the_headings_with_and_without_their_numbers():
    page = lines(["1. Keys", FULL, "the price of the key."])
    assert blocks(paged([page], (("Keys", 0),))) == [("heading", "1. Keys"), ("text", f"{FULL} the price of the key.")]


def test_rows_carry_their_column_names():
    columns, rows = (72, 200, 300), [("Route", "Foot", "Car"), ("Oban", "4.55", "17.05"), ("Largs", "2.10", "")]
    page = [
        Put(x, 700 - 14 * n, cell) for n, row in enumerate(rows) for x, cell in zip(columns, row, strict=True) if cell
    ]
    assert blocks(paged([page])) == [("table", "Route: Oban | Foot: 4.55 | Car: 17.05\nRoute: Largs | Foot: 2.10")]


def test_columns_are_read_one_after_the_other():
    left = [f"{word} bees are kept in the hills here," for word in ("Brown", "Grey", "Black")]
    right = [f"{word} hives stand on stones and oak." for word in ("Small", "Large", "Old")]
    page = [*lines(left), *lines(right, left=320)]
    text = " ".join(text for _, text in blocks(paged([page])))
    assert text.index("Black bees") < text.index("Small hives")


def test_a_sentence_that_the_end_of_a_page_cuts_is_whole():
    pages = [lines([FULL, f"{FULL} a"]), lines(["deposit of 25 pounds. It is returned with the key."])]
    found = read_bytes(paged(pages), ".pdf").blocks
    assert [(one.text.split()[-1], one.place) for one in found] == [("pounds.", "p. 1"), ("key.", "p. 2")]


def test_vertical_writing_is_read_from_the_right():
    page = [
        Put(500 - 24 * n, 780, text, 14)
        for n, text in enumerate(["古い井戸がある。水は冷", "たく、深さは十二間ある。"])
    ]
    assert [text for _, text in blocks(paged([page], vertical=True))] == [
        "古い井戸がある。水は冷たく、深さは十二間ある。"
    ]


def test_turned_pages_are_read_as_if_they_stood_upright():
    page = lines([FULL, "a deposit of 25 pounds."], 500, 60)
    assert blocks(paged([page], turned=True)) == [("text", f"{FULL} a deposit of 25 pounds.")]


def test_entries_of_a_table_of_contents_are_left_out():
    page = lines(["Keys . . . . . . . . . . . . . . . . . . . 4", "The key hangs in the hall."])
    assert [text for _, text in blocks(paged([page]))] == ["The key hangs in the hall."]


def test_programs_leave_titles_that_are_none():
    assert read_bytes(paged([lines(["A."])]), ".pdf").title == ""


@pytest.mark.parametrize("title", ["(anonymous)", "untitled", "t_plain.html", "file:///home/a/notes"])
def test_what_a_program_puts_for_a_title_is_none(title):
    about = pdf_file(
        [
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] >>",
            f"<< /Title <{title.encode('utf-16').hex()}> >>",
        ],
        "/Info 4 0 R ",
    )
    assert read_bytes(about, ".pdf").title == ""


def test_an_amount_at_the_beginning_of_a_line_is_no_number_of_a_section():
    page = lines(
        [f"{FULL}", "2.1 pounds for the key.", "2.2 Keys are not lent, but for work on the roof of the dairy."]
    )
    assert blocks(paged([page])) == [
        ("text", f"{FULL} 2.1 pounds for the key."),
        ("text", "2.2 Keys are not lent, but for work on the roof of the dairy."),
    ]
