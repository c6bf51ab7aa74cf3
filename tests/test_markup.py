"""Texts with marks other than Markdown's: headings, tables and code are told, marks are not shown."""

import pytest

from index.chunks import split
from index.documents import read_bytes


def passages(text, suffix):
    return [(one.heading, one.text, one.place) for one in split(read_bytes(text.encode(), suffix), f"a{suffix}")]


def test_rst_levels_come_in_the_order_of_their_adornments():
    text = "=====\nHives\n=====\n\nInstalling\n----------\n\nRun ``setup`` of `the site <https://x.org>`_::\n\nEnd."
    assert passages(text, ".rst") == [("Hives > Installing", "Run setup of the site:\n\nEnd.", "l. 8")]


def test_org_headlines_without_their_keywords_tags_and_drawers():
    text = (
        "#+TITLE: Move\n* Firms\n** TODO Offers :home:\n:PROPERTIES:\n:ID: x\n:END:\n| a | b |\n|---+---|\n| 1 | 2 |\n"
    )
    assert passages(text, ".org") == [("Move > Firms > Offers", "| a | b |\n|---|---|\n| 1 | 2 |", "l. 7")]


def test_latex_prose_without_its_commands():
    text = (
        "\\documentclass{article}\n\\title{Oak}\n\\begin{document}\n\\section{Kiln}\n% a comment\n"
        "The fan was \\emph{reversed}~twice at 12\\,\\% \\cite{x}.\n\\end{document}\n"
    )
    assert passages(text, ".tex") == [("Oak > Kiln", "The fan was reversed twice at 12 % .", "l. 6")]


def test_a_latex_heading_goes_on_to_the_last_brace_of_its_line():
    text = "\\section[Short]{The \\emph{best} kiln} % and more\nWarm.\n\\subsection*{Fan}\nOn."
    assert passages(text, ".tex") == [("The best kiln", "Warm.", "l. 2"), ("The best kiln > Fan", "On.", "l. 4")]


@pytest.mark.parametrize(
    "mark, suffix",
    [("\\section{", ".tex"), ("\\section[", ".tex"), ("\\begin[", ".tex"), ("\\item[", ".tex"), ("[[", ".org")],
)
def test_marks_that_never_close_are_not_looked_for_to_the_end_of_the_line(mark, suffix):
    assert read_bytes((mark * 200_000).encode(), suffix).blocks  # some 1,600 s when each is


@pytest.mark.parametrize(
    "written, shown",
    [
        ("see [[malt|dried malt]] and [[salt]]", "see dried malt and salt"),
        ("![[photo.jpg]]text", "text"),
        ("miso[^1] keeps", "miso keeps"),
        ("a ==b== c %%note%%d", "a b c d"),
        ("> [!warning] Mould", "Mould"),
        ("one<br>two <b>three</b>", "one two three"),
        ("if a < b and c > d: x == y == z", "if a < b and c > d: x == y == z"),
    ],
)
def test_marks_of_notes_are_not_shown(written, shown):
    assert [one.text for one in read_bytes(written.encode(), ".md").blocks] == [shown]


def test_japanese_lines_broken_to_a_width_are_whole_and_others_stay():
    wrapped = (
        "　組合の総会は毎年五月の第三日曜日に開く。議決権は一\n"
        "区画につき一票とし、委任状による出席を認める。欠席の\n"
        "届け出がない者は別とする。"
    )
    assert read_bytes(wrapped.encode(), ".txt").blocks[0].text == wrapped.replace("\n", "")
    lines = "品名は次のとおり\nりんご\nみかん"
    assert read_bytes(lines.encode(), ".txt").blocks[0].text == lines


def test_lines_of_a_log_have_their_places():
    text = "\n".join(f"2024-05-01 03:{n % 60:02d}:11 INFO worker-{n} job finished in {n} ms" for n in range(1, 60))
    assert all(
        f"worker-{place.removeprefix('l. ')} " in text.split("\n")[0] for _, text, place in passages(text, ".log")
    )
