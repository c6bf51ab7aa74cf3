"""HTML pages: what a reader came for, as a browser shows it."""

import pytest

from index.documents import read_bytes


def texts(page):
    return [one.text for one in read_bytes(page.encode(), ".html").blocks]


BANNERS = [
    '<div role="navigation"><p>menu</p></div>',
    "<header><ul><li>Home</li></ul></header>",
    "<footer><p>All rights reserved</p></footer>",
    "<aside><h3>Related</h3></aside>",
    '<div id="cookie-banner"><p>We use cookies</p></div>',
    '<ol class="breadcrumb"><li>Help</li></ol>',
    '<a class="skip-link" href="#m">Skip to content</a>',
    '<div style="display: none">tracking</div>',
    "<p hidden>secret</p>",
    '<span aria-hidden="true">#</span>',
    "<dialog><p>Subscribe?</p></dialog>",
]


@pytest.mark.parametrize("banner", BANNERS)
def test_what_helps_to_use_the_site_is_left_out(banner):
    assert texts(f"<body>{banner}<p>The sauna opens at five.</p></body>") == ["The sauna opens at five."]


def test_what_is_in_main_is_the_page():
    words = "Kayaks may be returned within 45 days. " * 6
    assert texts(f"<div>Boats, paddles</div><main><p>{words}</p></main><div>Imprint</div>") == [words.strip()]


def test_a_header_with_the_title_stays_and_so_does_an_aside_within_the_article():
    page = "<header><h1>Rules</h1></header><article><p>One.</p><aside><p>Mind the step.</p></aside></article><p>x</p>"
    assert texts(f"<body>{page}</body>")[-1] != "One."
    assert "Mind the step." in texts(f"<body>{page}</body>")


def test_a_form_around_the_page_does_not_hide_it():
    assert texts("<form><h1>Permit</h1><p>Valid until May.</p><select><option>x</select></form>") == [
        "Permit", "Valid until May.",
    ]  # fmt: skip


def test_furigana_and_line_breaks_of_the_source_part_no_japanese_words():
    page = "<p>来月の<ruby>第二<rp>（</rp><rt>だいに</rt><rp>）</rp></ruby>土曜\n日に行います。\nRTX 4090\nと書く。</p>"
    assert texts(page) == ["来月の第二土曜日に行います。 RTX 4090 と書く。"]


def test_breaks_that_the_page_asks_for_remain():
    assert texts("<p>first<br>second</p>") == ["first\nsecond"]


def test_lists_keep_their_numbers_and_their_inner_lists():
    page = "<ol start=3><li><p>Fill in.</p></li><li>Wait.<ul><li>Evenings too.</li></ul></li></ol>"
    assert texts(page) == ["3. Fill in.\n4. Wait.\n  - Evenings too."]


def test_definitions_stand_with_their_terms():
    assert texts("<dl><dt>Fee</dt><dd>Eight percent.</dd><dt>Packing</dt><dd>None.</dd></dl>") == [
        "- Fee: Eight percent.\n- Packing: None."
    ]


def test_tables_name_their_columns_once_for_all_parts():
    page = (
        "<table><caption>Charges</caption><tr><th>Length</th><th>Islands</th></tr><tr><td>short</td><td>55</td></tr>"
        "<tr><td>long</td><td><table><tr><td>Skye</td><td>70</td></tr><tr><td>Orkney</td><td>95</td></tr></table></td>"
        "</tr></table>"
    )
    assert texts(page) == [
        "Charges", "| Length | Islands |\n|---|---|\n| short | 55 |\n| long | Skye: 70; Orkney: 95 |",
    ]  # fmt: skip


def test_cells_over_several_rows_count_for_each():
    page = "<table><tr><td rowspan=2>北班</td><td>班長</td></tr><tr><td>電話</td></tr></table>"
    assert texts(page) == ["| 北班 | 班長 |\n| 北班 | 電話 |"]


def test_tables_that_only_arrange_the_page_are_parts_of_it():
    page = "<table><tr><td>menu</td><td><h2>Rules</h2><p>No dogs.</p></td></tr><tr><td></td><td>End</td></tr></table>"
    assert texts(page) == ["menu", "Rules", "No dogs.", "End"]


def test_the_words_of_a_page_nested_too_deeply_are_kept():
    page = "<div>" * 5000 + "<script>x()</script>inside &amp; out"
    assert texts(page) == ["inside & out"]


@pytest.mark.parametrize("page", ["", "<!-- nothing -->", "<html></html>"])
def test_an_empty_page_has_no_blocks(page):
    assert texts(page) == []


def test_tables_within_tables_take_no_longer_each():
    page = "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>" * 60 + "inside"
    assert "inside" in str(texts(page))
