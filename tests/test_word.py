"""Word documents as a reader of them sees them. What python-docx cannot write is put in as Word writes it."""

import io
import re
import zipfile

import docx
import pytest
from docx.oxml import parse_xml
from docx.shared import Pt

from assistant.errors import DocumentError
from index.chunks import split
from index.documents import read_bytes

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
MC = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'


def run(text):
    return f"<w:r><w:t>{text}</w:t></w:r>"


def read(word):
    stream = io.BytesIO()
    word.save(stream)
    return read_bytes(stream.getvalue(), ".docx")


def texts(word):
    return [one.text for one in read(word).blocks]


def with_body(*parts):
    word = docx.Document()
    for part in parts:
        word.element.body.insert(len(word.element.body) - 1, parse_xml(part.replace(">", f" {W} {MC}>", 1)))
    return word


@pytest.mark.parametrize(
    "inner, text",
    [
        (f"{run('三日前までに')}<w:ins>{run('所属長へ')}</w:ins>{run('行う。')}", "三日前までに所属長へ行う。"),
        (f"<w:del><w:r><w:delText>前日</w:delText></w:r></w:del>{run('三日前')}", "三日前"),
        (
            f"{run('担当は')}<w:r><w:ruby><w:rt>{run('くさかべ')}</w:rt><w:rubyBase>{run('日下部')}</w:rubyBase></w:ruby>"
            f"</w:r>{run('です。')}",
            "担当は日下部です。",
        ),
        (f"{run('See ')}<w:hyperlink>{run('the portal')}</w:hyperlink>{run('.')}", "See the portal."),
        (f"<w:sdt><w:sdtContent>{run('filled in')}</w:sdtContent></w:sdt>", "filled in"),
    ],
)
def test_a_paragraph_reads_as_it_is_shown(inner, text):
    assert texts(with_body(f"<w:p>{inner}</w:p>")) == [text]


def test_controls_are_read_and_tables_of_contents_left_out():
    control = f"<w:sdt><w:sdtPr/><w:sdtContent><w:p>{run('Approved by Ann.')}</w:p></w:sdtContent></w:sdt>"
    contents = control.replace("<w:sdtPr/>", '<w:sdtPr><w:docPartGallery w:val="Table of Contents"/></w:sdtPr>')
    assert texts(with_body(control, contents)) == ["Approved by Ann."]


def test_text_boxes_are_read_once():
    box = f"<w:txbxContent><w:p>{run('Call 4477.')}</w:p></w:txbxContent>"
    both = f"<mc:AlternateContent><mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback></mc:AlternateContent>"
    assert texts(with_body(f"<w:p>{run('Lost a key?')}<w:r>{both}</w:r></w:p>")) == ["Lost a key?", "Call 4477."]


def test_comments_stand_below_what_they_are_about():
    word = docx.Document()
    paragraph = word.add_paragraph("Three days before.")
    word.add_comment(paragraph.runs[0], text="checked", author="Yamada")
    assert texts(word) == ["Three days before.\n[Yamada: checked]"]


def test_items_of_lists_have_their_numbers_and_are_one_block():
    word = docx.Document()
    for item in ("Open the valve.", "Wait."):
        word.add_paragraph(item, style="List Number")
    word.add_paragraph("Gloves", style="List Bullet")
    assert texts(word) == ["1. Open the valve.\n2. Wait.\n- Gloves"]


def test_merged_cells_name_and_fill_what_they_cover():
    word = docx.Document()
    rows = [["区分", "月額", "", "備考"], ["", "通信費", "光熱費", ""], ["社員", "3,000円", "2,500円", "課税"]]
    table = word.add_table(rows=3, cols=4)
    for n, row in enumerate(rows):
        for k, text in enumerate(row):
            table.cell(n, k).text = text
    for one, other in (((0, 1), (0, 2)), ((0, 0), (1, 0)), ((0, 3), (1, 3))):
        table.cell(*one).merge(table.cell(*other))
    assert texts(word) == ["区分: 社員 | 月額 通信費: 3,000円 | 月額 光熱費: 2,500円 | 備考: 課税"]


def test_a_table_in_a_cell_is_part_of_its_row():
    word = docx.Document()
    table = word.add_table(rows=2, cols=2)
    for cell, text in zip([*table.row_cells(0), table.cell(1, 0)], ["site", "phone", "Sendai"], strict=True):
        cell.text = text
    inner = table.cell(1, 1).add_table(rows=2, cols=2)
    for n, text in enumerate(["day", "0101", "night", "0199"]):
        inner.cell(n // 2, n % 2).text = text
    assert texts(word) == ["site: Sendai | phone: day: 0101; night: 0199"]


def test_bold_lines_are_headings_where_no_style_tells_them():
    word = docx.Document()
    for text, size in (("Manual", 18), ("Watering", 14)):
        bold = word.add_paragraph().add_run(text)
        bold.bold, bold.font.size = True, Pt(size)
    stressed = word.add_paragraph()
    stressed.add_run("Important: ").bold = True
    stressed.add_run("never from above.")
    assert [(one.text, one.level) for one in read(word).blocks] == [
        ("Manual", 1), ("Watering", 2), ("Important: never from above.", 0),
    ]  # fmt: skip


def test_headers_and_footers_are_left_out():
    word = docx.Document()
    word.sections[0].header.paragraphs[0].text = "Confidential"
    word.add_paragraph("Body.")
    assert texts(word) == ["Body."]


@pytest.mark.parametrize("given, title", [(None, ""), ("Word Document", ""), ("Fees", "Fees")])
def test_a_document_without_properties_has_no_title(given, title):
    word = docx.Document()
    word.add_paragraph("The fee is five pounds.")
    word.core_properties.title = given or ""
    stream, bare = io.BytesIO(), io.BytesIO()
    word.save(stream)
    with zipfile.ZipFile(stream) as whole, zipfile.ZipFile(bare, "w") as part:
        for name in (one for one in whole.namelist() if given or one != "docProps/core.xml"):
            data = whole.read(name)
            part.writestr(name, data if given else re.sub(rb"<Relationship [^>]*core.xml[^>]*/>", b"", data))
    document = read_bytes(bare.getvalue(), ".docx")
    assert document.title == title
    assert [one.heading for one in split(document, "notice.docx")] == [title]


def test_a_part_that_is_no_xml_is_told_in_plain_words():
    word, stream, spoilt = docx.Document(), io.BytesIO(), io.BytesIO()
    word.save(stream)
    with zipfile.ZipFile(stream) as whole, zipfile.ZipFile(spoilt, "w") as part:
        for name in whole.namelist():
            part.writestr(name, b"" if name == "word/document.xml" else whole.read(name))
    with pytest.raises(DocumentError) as found:
        read_bytes(spoilt.getvalue(), ".docx")
    assert found.value.text("en") == "damaged DOCX: a part of it cannot be read"
