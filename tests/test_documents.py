import json
import zlib

import docx
import pytest

from assistant.errors import DocumentError
from index import documents
from index.documents import read_bytes, read_document
from index.formats.blocks import whole
from tests.index_fakes import pdf, zipped
from tests.page_pdf import Put, Rule, paged, pdf_file

W = "http://schemas.openxmlformats.org"


def texts(document, kind=None):
    return [block.text for block in document.blocks if kind in (None, block.kind)]


def test_markdown_front_matter_is_not_body():
    keys = 'title: 量子化\nsummary: 重みを丸める。\nlang: ja\nquestions:\n  - 量子化とは\n  - "何ビット？"\n'
    source = f"---\n{keys}---\n# 量子化\n\n本文です。\n"
    document = read_bytes(source.encode(), ".md")
    assert (document.title, document.summary, document.lang) == ("量子化", "重みを丸める。", "ja")
    assert document.questions == ("量子化とは", "何ビット？")
    assert texts(document) == ["量子化", "本文です。"]
    assert document.blocks[1].place == "l. 11"


def test_markdown_blocks():
    source = "# A\ntext **bold** [link](http://x)\nsecond\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n"
    source += "```py\n# no heading\n```\nB\n===\n"
    document = read_bytes(source.encode(), ".md")
    assert [(one.kind, one.text) for one in document.blocks] == [
        ("heading", "A"),
        ("text", "text bold link\nsecond"),
        ("table", "| a | b |\n|---|---|\n| 1 | 2 |"),
        ("code", "# no heading"),
        ("heading", "B"),
    ]


def test_plain_text_headings():
    document = read_bytes("第1章 概要\n最初の段落。\n\n1.2 Setup\nInstall it.\n".encode("cp932"), ".txt")
    assert texts(document, "heading") == ["第1章 概要", "1.2 Setup"]
    assert document.encoding == "cp932"


@pytest.mark.parametrize(
    "text, headings",
    [
        ("１．受付\n　九時から。\n\n２．料金\n　無料です。\n", ["１．受付", "２．料金"]),
        ("一、受付\n　九時から。\n", ["一、受付"]),
        ("3．Karte\n診察券を出す。\n", ["3．Karte"]),
        ("１．元栓を開く\n２．火をつける\n３．弱火にする\n", []),  # a list
        ("1.5倍に増やす\n薄めて使う\n", []),
        ("2026/10/18(日)\n9:00 出発\n\n2026/10/19(月)\n帰る\n", ["2026/10/18(日)", "2026/10/19(月)"]),
        ("Tuesday, 3 March 2026\nAnn: hello\n\n3月4日（水）\n返した\n", ["Tuesday, 3 March 2026", "3月4日（水）"]),
        ("2026年3月3日 総務部\n各位\n", []),
        ("第1条　図書室を置く。\n（貸出し）\n第2条　三点までとする。\n", ["（貸出し）"]),
        ("貸出しは三点まで\n（辞書を除く）\nとする。\n", []),
    ],
)
def test_plain_text_headings_of_numbered_sections_and_of_days(text, headings):
    assert texts(read_bytes(text.encode(), ".txt"), "heading") == headings


def test_html_keeps_what_a_reader_sees():
    page = """<html lang="ja"><head><title>題</title><script>alert(1)</script></head><body><nav>menu</nav>
    <h1>見出し</h1><p onclick="x()">段落 <b>太字</b></p><style>p{}</style><ul><li>一</li><li>二</li></ul>
    <table><tr><th>型番</th><th>GB</th></tr><tr><td>4070</td><td>12</td></tr></table><pre>a
  b</pre></body></html>"""
    document = read_bytes(page.encode(), ".html")
    assert (document.title, document.lang) == ("題", "ja")
    assert texts(document) == ["見出し", "段落 太字", "- 一\n- 二", "| 型番 | GB |\n|---|---|\n| 4070 | 12 |", "a\n  b"]


def test_html_list_of_questions_has_no_colon_behind_them():
    page = "<dl><dt>Are dogs allowed?</dt><dd>On Fridays.</dd><dt>Deposit</dt><dd>20 euros</dd></dl>"
    assert texts(read_bytes(page.encode(), ".html")) == ["- Are dogs allowed? On Fridays.\n- Deposit: 20 euros"]


def test_html_of_a_wiki_has_no_contents_list_sidebar_or_edit_links():
    links = "".join(f'<li><a href="#{name}">{name}</a></li>' for name in ("Milk", "Rennet", "Salt"))
    page = f"""<div class="sidebar"><ul><li>All pages</li></ul></div><div id="mini-cart">0 items</div>
    <div class="layout sidebar"><h1>Cheese</h1><ul>{links}</ul><div id="toc"><h2>On this page</h2>{links}</div>
    <h2>Milk<span>[edit]</span></h2><p>Fresh.</p><h3>塩 ［編集］</h3><p>See <a href="#Milk">above</a> or:</p>
    <ul><li><a href="#Milk">Milk</a> first</li><li><a href="#Salt">Salt</a></li><li><a href="/">A</a></li></ul></div>"""
    assert texts(read_bytes(page.encode(), ".html")) == [
        "Cheese", "Milk", "Fresh.", "塩", "See above or:", "- Milk first\n- Salt\n- A",
    ]  # fmt: skip


def test_plain_text_headings_in_capitals_underlined_and_in_brackets():
    text = "OPENING HOURS\nMon 9-5\n\nDiary\n=====\nFair on Sunday\n\n【費用】\n千円\n"
    text += "\n■集合　11月15日 東京駅\n■注意\n禁煙\n"
    blocks = read_bytes(text.encode(), ".txt").blocks
    assert [(one.kind, one.text, one.level) for one in blocks] == [
        ("heading", "OPENING HOURS", 2), ("text", "Mon 9-5", 0), ("heading", "Diary", 1), ("text", "Fair on Sunday", 0),
        ("heading", "【費用】", 2), ("text", "千円", 0), ("text", "■集合　11月15日 東京駅\n■注意\n禁煙", 0),
    ]  # fmt: skip


def test_a_bold_line_of_markdown_is_a_heading():
    document = read_bytes(b"# FAQ\n\n**When is payday?**\nThe 27th.\n\n**Note** this\n", ".md")
    assert [(one.kind, one.text) for one in document.blocks] == [
        ("heading", "FAQ"), ("heading", "When is payday?"), ("text", "The 27th."), ("text", "Note this"),
    ]  # fmt: skip


def test_the_encoding_that_a_page_declares_is_used():
    document = read_bytes("<meta charset='euc-kr'><p>모델</p>".encode("euc-kr"), ".html")
    assert (document.blocks[0].text, document.encoding) == ("모델", "cp949")


def test_broken_html_does_not_fail():
    document = read_bytes(b"<p>one<div><table><tr><td>x<p>two" + b"<div>" * 5000 + b"<script>never closed", ".html")
    assert "one" in texts(document)[0]


def test_csv_rows_carry_their_column_names():
    document = read_bytes("モデル,サイズ\nQwen3-8B,5.0\nGemma,7.3\n".encode("cp932"), ".csv")
    assert texts(document) == ["モデル: Qwen3-8B | サイズ: 5.0\nモデル: Gemma | サイズ: 7.3"]


def test_json_and_jsonl():
    assert texts(read_bytes(b'{"a": {"b": [1, 2]}, "c": "x"}', ".json")) == ["a.b: 1, 2\nc: x"]
    document = read_bytes(b'{"q": "one"}\n\n{"q": "two"}\n', ".jsonl")
    assert [(one.text, one.place) for one in document.blocks] == [("q: one", "l. 1"), ("q: two", "l. 3")]


def test_json_records_stand_below_their_keys_and_short_objects_are_rows():
    held = {
        "product": "H5",
        "faq": [{"question": "How long does it last?", "answer": "38 hours."}, {"question": "Reset?", "answer": "Yes"}],
        "support": {"mail": "help@h5.example", "hours": {"saturday": "10-14", "sunday": "closed"}},
    }
    document = read_bytes(json.dumps(held).encode(), ".json")
    assert [(one.kind, one.text) for one in document.blocks] == [
        ("table", "product: H5"),
        ("heading", "faq"),
        ("table", "question: How long does it last?\nanswer: 38 hours."),
        ("table", "question: Reset?\nanswer: Yes"),
        ("heading", "support"),
        ("table", "mail: help@h5.example\nhours | saturday: 10-14 | sunday: closed"),
    ]


@pytest.mark.parametrize("data, suffix", [(b"{", ".json"), (b"[" * 100_000, ".json"), (b"[]", ".ipynb")])
def test_broken_json_is_told(data, suffix):
    with pytest.raises(DocumentError):
        read_bytes(data, suffix)


def test_notebook():
    cells = [
        {"cell_type": "markdown", "source": ["# Title\n", "words"]},
        {"cell_type": "code", "source": "print(1)", "outputs": [{"text": ["1\n"]}]},
    ]
    document = read_bytes(json.dumps({"cells": cells}).encode(), ".ipynb")
    assert [(one.kind, one.text, one.place) for one in document.blocks] == [
        ("heading", "Title", "cell 1"),
        ("text", "words", "cell 1"),
        ("code", "print(1)\n1", "cell 2"),
    ]


def test_pdf_pages():
    document = read_bytes(pdf(["Quantization saves memory on every GPU.", "Second page about the cache."]), ".pdf")
    assert [(one.text, one.place) for one in document.blocks] == [
        ("Quantization saves memory on every GPU.", "p. 1"),
        ("Second page about the cache.", "p. 2"),
    ]
    assert not document.needs_ocr


def test_scanned_pdf_needs_ocr():
    assert read_bytes(pdf(["", "", "3"]), ".pdf").needs_ocr
    assert read_bytes(pdf(["", "", "3"], scanned=True), ".pdf").needs_ocr


@pytest.mark.parametrize(
    "stamps",
    [
        ["Scanned by CamScanner"] * 4,
        ["Scanned with CamScanner"],
        [f"ACME Confidential page {n}" for n in range(1, 8)],
        [f"Bates ACME000{n} 2024-05-{n - 80}" for n in range(96, 106)],
        ["", *["Property of the town archive"] * 9],
    ],
)
def test_what_is_stamped_on_scanned_pages_is_no_text_of_the_document(stamps):
    document = read_bytes(pdf(stamps, scanned=True), ".pdf")
    assert document.needs_ocr and document.blocks == ()


def test_text_over_pictures_is_kept_and_pages_that_are_pictures_are_named():
    told = ["The boiler is serviced in May.", "Town archive", "Keys are at the desk on floor two.", "Town archive"]
    document = read_bytes(pdf(told, scanned=True), ".pdf")
    assert {told[0], told[2]} <= set(texts(document)) and not document.needs_ocr
    mixed = read_bytes(pdf(["The boiler is serviced in May, the lift in June.", ""]), ".pdf")
    assert [one["en"] for one in mixed.notes] == ["page 2 holds only a picture and needs OCR"]
    assert not mixed.needs_ocr


def test_little_text_without_a_picture_is_all_there_is():
    document = read_bytes(paged([[Put(72, 700, "Closed")], []]), ".pdf")
    assert (texts(document), document.needs_ocr) == (["Closed"], False)
    blank = read_bytes(paged([[], []]), ".pdf")
    assert (blank.blocks, blank.needs_ocr) == ((), False)
    letters = [Rule(72 + n, 700, 72 + n, 708) for n in range(80)]  # text that was made shapes
    assert read_bytes(paged([letters]), ".pdf").needs_ocr


@pytest.mark.parametrize("kids", ["[2 0 R]", "[]", "[9 0 R]"])
def test_pages_that_cannot_be_opened_are_damage(kids):
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Kids {kids} /Count 1 >>"]
    with pytest.raises(DocumentError, match="damaged PDF"):
        read_bytes(pdf_file(objects), ".pdf")


def test_docx(tmp_path):
    word = docx.Document()
    word.add_heading("概要", 1)
    word.add_paragraph("本文です。")
    table = word.add_table(rows=2, cols=2)
    for n, cell in enumerate(["GPU", "GB", "4090", "24"]):
        table.cell(n // 2, n % 2).text = cell
    word.save(str(tmp_path / "a.docx"))
    document = read_document(tmp_path / "a.docx")
    assert [(one.kind, one.text) for one in document.blocks] == [
        ("heading", "概要"),
        ("text", "本文です。"),
        ("table", "GPU: 4090 | GB: 24"),
    ]


def test_pptx():
    slide = f"""<p:sld xmlns:p="{W}/p" xmlns:a="{W}/a"><p:sp><p:nvSpPr><p:nvPr><p:ph type="title"/></p:nvPr></p:nvSpPr>
    <p:txBody><a:p><a:r><a:t>題名</a:t></a:r></a:p></p:txBody></p:sp>
    <p:sp><p:txBody><a:p><a:r><a:t>一行</a:t></a:r><a:r><a:t>目</a:t></a:r></a:p></p:txBody></p:sp></p:sld>"""
    show = f'<p:presentation xmlns:p="{W}/p" xmlns:r="{W}/r"><p:sldId id="256" r:id="r1"/></p:presentation>'
    relations = '<Relationships><Relationship Id="r1" Type="x/slide" Target="slides/slide1.xml"/></Relationships>'
    files = {"ppt/slides/slide1.xml": slide, "ppt/presentation.xml": show, "ppt/_rels/presentation.xml.rels": relations}
    document = read_bytes(zipped(files), ".pptx")
    assert [(one.kind, one.text, one.place) for one in document.blocks] == [
        ("heading", "題名", "p. 1"),
        ("text", "一行目", "p. 1"),
    ]


def test_xlsx():
    files = {
        "xl/workbook.xml": f'<workbook xmlns="{W}/s"><sheets><sheet name="価格"/></sheets></workbook>',
        "xl/sharedStrings.xml": f'<sst xmlns="{W}/s"><si><t>品名</t></si><si><t>円</t></si></sst>',
        "xl/worksheets/sheet1.xml": f"""<worksheet xmlns="{W}/s"><sheetData>
        <row><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>
        <row><c r="A2" t="inlineStr"><is><t>RTX</t></is></c><c r="B2"><v>98000</v></c></row></sheetData></worksheet>""",
    }
    assert texts(read_bytes(zipped(files), ".xlsx")) == ["価格", "品名: RTX | 円: 98000"]


def test_epub():
    files = {
        "META-INF/container.xml": '<container><rootfiles><rootfile full-path="OEBPS/b.opf"/></rootfiles></container>',
        "OEBPS/b.opf": "<package><metadata><title>本</title></metadata>"
        '<manifest><item id="c" href="c1.xhtml"/></manifest><spine><itemref idref="c"/></spine></package>',
        "OEBPS/c1.xhtml": "<html><body><h1>一章</h1><p>文。</p></body></html>",
    }
    document = read_bytes(zipped(files), ".epub")
    assert (document.title, texts(document)) == ("本", ["一章", "文。"])


@pytest.mark.parametrize("suffix", [".docx", ".pptx", ".xlsx", ".epub", ".pdf"])
def test_damaged_office_files_are_told(suffix):
    for data in (b"", b"PK\x03\x04 nonsense", b"%PDF-1.4 nonsense", zipped({"a": "b"})):
        try:
            found = read_bytes(data, suffix)
        except DocumentError as error:
            assert error.text("ja") and error.text("en")
        else:
            assert found.blocks == ()  # a PPTX without slides is empty, which is told later


def test_a_spoilt_stream_inside_an_archive_is_told():
    packed = zlib.compressobj(wbits=-15)
    stream = packed.compress(b"<workbook/>" * 50) + packed.flush()
    whole = zipped({"xl/workbook.xml": b"<workbook/>" * 50})
    assert stream in whole
    spoilt = whole.replace(stream, b"\xff" * len(stream))  # no deflate block begins so: zlib.error, not BadZipFile
    with pytest.raises(DocumentError, match=r"damaged file: xl/workbook\.xml"):
        read_bytes(spoilt, ".xlsx")


def test_zip_bomb_is_refused():
    bomb = zipped({"xl/workbook.xml": b"0" * 30_000_000})  # packs about 1000 : 1
    with pytest.raises(DocumentError, match="zip bomb"):
        read_bytes(bomb, ".xlsx")


def test_entity_bomb_is_refused():
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><workbook>&b;</workbook>'
    with pytest.raises(DocumentError, match="document type"):
        read_bytes(zipped({"xl/workbook.xml": bomb, "xl/worksheets/sheet1.xml": "<a/>"}), ".xlsx")


def test_password_protected_office_is_told():
    with pytest.raises(DocumentError, match="password"):
        read_bytes(b"\xd0\xcf\x11\xe0" + b"\0" * 600, ".docx")


@pytest.mark.parametrize("suffix", [".png", ".gguf", ".doc", ".zip"])
def test_unsupported_formats_are_told_in_both_languages(suffix):
    with pytest.raises(DocumentError) as caught:
        read_bytes(b"x", suffix)
    assert suffix in caught.value.text("en") and suffix in caught.value.text("ja")


def test_large_files_are_refused_without_reading(tmp_path):
    path = tmp_path / "large.txt"
    with path.open("wb") as stream:
        stream.truncate(documents.MAX_FILE_BYTES + 1)
    with pytest.raises(DocumentError, match="larger than 64 MiB"):
        read_document(path)


def test_long_documents_are_cut_with_a_note(monkeypatch):
    monkeypatch.setattr(documents, "MAX_CHARACTERS", 10)
    document = read_bytes(b"0123456789 and more", ".txt")
    assert texts(document) == ["0123456789"] and "first 10 characters" in document.notes[0]["en"]


def test_missing_file(tmp_path):
    with pytest.raises(DocumentError, match="cannot be opened"):
        read_document(tmp_path / "gone.md")


@pytest.mark.parametrize("suffix", [".json", ".jsonl", ".ipynb", ".txt"])
@pytest.mark.parametrize("data", [b"", b" \n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_holds_no_text_and_is_not_broken(data, suffix):
    assert read_bytes(data, suffix).blocks == ()


def test_a_failure_in_a_notebook_without_a_name_is_what_it_says():
    outputs = [{"output_type": "error", "ename": None, "evalue": "out of paper"}, {"ename": 5, "evalue": None}, {}]
    cell = {"cell_type": "code", "source": "print()", "outputs": outputs}
    assert texts(read_bytes(json.dumps({"cells": [cell]}).encode(), ".ipynb")) == ["print()\nout of paper\n5"]


@pytest.mark.parametrize("text, number", [("7", 7), ("²", -1), ("", -1), (None, -1), ("-2", -1), ("9" * 5_000, -1)])
def test_a_number_in_a_file_may_be_none(text, number):
    assert whole(text, -1) == number


@pytest.mark.parametrize(
    "container, reason",
    [
        ("<container/>", "does not tell where its contents are"),
        ('<container><rootfile full-path="a.opf"/></container>', "a.opf is missing in it"),
    ],
)
def test_what_is_missing_in_a_book_is_named(container, reason):
    with pytest.raises(DocumentError, match=reason) as found:
        read_bytes(zipped({"META-INF/container.xml": container}), ".epub")
    assert "There is no item" not in found.value.text("ja")


@pytest.mark.parametrize(
    "data, suffix, said",
    [
        (b"\xef\xbb\xbf\n<!DOCTYPE html><p>Sign in</p>", ".pdf", "named .pdf, but it is a web page"),
        (b"<html><table><tr><td>7", ".xlsx", "it is a web page"),
        (b"%PDF-1.7 and no more", ".docx", "it is a PDF"),
        (b"%PDF-1.7 and no more", ".pdf", "damaged or incomplete PDF"),
        (zipped({"word/document.xml": "<w/>"})[:60], ".docx", "damaged or incomplete"),
        (b"{\\rtf1 Hello}", ".docx", "RTF"),
        (zipped({"a.txt": "a"}), ".pdf", "Office or ZIP"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_told_for_what_it_is(data, suffix, said):
    with pytest.raises(DocumentError) as found:
        read_bytes(data, suffix)
    assert said in found.value.text("en") and "PDFium" not in found.value.text("ja")


@pytest.mark.parametrize("suffix", [".docx", ".xlsx", ".pptx", ".pdf", ".epub"])
@pytest.mark.parametrize("data", [b"", b"\0" * 512])
def test_a_copy_that_failed_is_empty_and_not_damaged(data, suffix):
    assert read_bytes(data, suffix).blocks == ()
