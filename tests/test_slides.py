"""Presentations: the order of the show, notes with their slide, tables and charts with their names."""

from index.chunks import split
from index.documents import read_bytes
from tests.index_fakes import zipped

NS = 'xmlns:p="p" xmlns:a="a" xmlns:c="c" xmlns:r="r"'
TYPE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def shape(text, kind=""):
    return (
        f"<p:sp><p:nvPr>{f'<p:ph type={chr(34)}{kind}{chr(34)}/>' if kind else ''}</p:nvPr>"
        f"<p:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>"
    )


def links(*found):
    inner = "".join(f'<Relationship Id="{one}" Type="{TYPE}/{kind}" Target="{target}"/>' for one, kind, target in found)
    return f"<Relationships>{inner}</Relationships>"


def show(slides, order, more=None, attributes=""):
    files = {
        "ppt/presentation.xml": f"<p:presentation {NS}>"
        + "".join(f'<p:sldId id="{n}" r:id="r{n}"/>' for n in order)
        + "</p:presentation>",
        "ppt/_rels/presentation.xml.rels": links(*((f"r{n}", "slide", f"slides/slide{n}.xml") for n in slides)),
        **{f"ppt/slides/slide{n}.xml": f"<p:sld {NS} {attributes}>{inner}</p:sld>" for n, inner in slides.items()},
        **(more or {}),
    }
    return read_bytes(zipped(files), ".pptx")


def test_slides_stand_in_the_order_of_the_show():
    document = show({1: shape("One", "title"), 2: shape("Two", "title")}, [2, 1])
    assert [(one.text, one.place) for one in document.blocks] == [("Two", "p. 1"), ("One", "p. 2")]


def test_notes_stand_with_their_slide_whatever_their_file_is_called():
    notes = f"<p:notes {NS}>{shape('said aloud')}{shape('7', 'sldNum')}</p:notes>"
    more = {
        "ppt/slides/_rels/slide2.xml.rels": links(("n", "notesSlide", "../notesSlides/notesSlide1.xml")),
        "ppt/notesSlides/notesSlide1.xml": notes,
    }
    document = show({1: shape("One", "title"), 2: shape("Two", "title")}, [1, 2], more)
    assert [(one.text, one.place) for one in document.blocks] == [
        ("One", "p. 1"), ("Two", "p. 2"), ("said aloud", "p. 2"),
    ]  # fmt: skip


def test_a_slide_without_a_title_does_not_belong_to_the_one_before():
    document = show({1: shape("One", "title") + shape("first"), 2: shape("second")}, [1, 2])
    assert [(one.heading, one.text) for one in split(document, "a.pptx")] == [("One", "first"), ("", "second")]


def test_rows_of_tables_carry_their_column_names():
    def cell(text):
        return f"<a:tc><a:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></a:txBody></a:tc>"

    rows = "".join(f"<a:tr>{''.join(map(cell, row))}</a:tr>" for row in (("code", "price"), ("HX-20", "4,200")))
    table = f"<p:graphicFrame><a:graphic><a:tbl>{rows}</a:tbl></a:graphic></p:graphicFrame>"
    assert [one.text for one in show({1: table}, [1]).blocks if one.text] == ["code: HX-20 | price: 4,200"]


def test_figures_of_charts_stand_with_their_names():
    def points(tag, values):
        inner = "".join(f'<c:pt idx="{n}"><c:v>{one}</c:v></c:pt>' for n, one in enumerate(values))
        return f"<c:{tag}><c:cache>{inner}</c:cache></c:{tag}>"

    series = "".join(
        f"<c:ser>{points('tx', [year])}{points('cat', ['East', 'West'])}{points('val', sold)}</c:ser>"
        for year, sold in (("2023", (120, 80)), ("2024", (150, 95)))
    )
    more = {
        "ppt/slides/_rels/slide1.xml.rels": links(("c1", "chart", "../charts/chart1.xml")),
        "ppt/charts/chart1.xml": f"<c:chartSpace {NS}><c:chart>{series}</c:chart></c:chartSpace>",
    }
    document = show({1: '<p:graphicFrame><c:chart r:id="c1"/></p:graphicFrame>'}, [1], more)
    assert document.blocks[-1].text == "East | 2023: 120 | 2024: 150\nWest | 2023: 80 | 2024: 95"


def test_what_every_slide_repeats_is_left_out():
    document = show({n: shape(f"Text {n}") + shape("Harbour School") for n in range(1, 6)}, range(1, 6))
    assert [one.text for one in document.blocks if one.text] == [f"Text {n}" for n in range(1, 6)]


def test_hidden_slides_are_named():
    document = show({1: shape("secret")}, [1], attributes='show="0"')
    assert document.blocks == () and document.notes[0]["en"] == "hidden slides were left out: 1"
