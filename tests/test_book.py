"""Books: chapters in reading order, named by the table of contents where they hold no heading."""

import pytest

from assistant.errors import DocumentError
from index.documents import read_bytes
from tests.index_fakes import zipped


def book(more=None):
    page = "<html><body>{}</body></html>"
    contents = (
        '<nav><ol><li><a href="text/a%20b.xhtml">一章</a></li><li><a href="text/c.xhtml">二章</a></li></ol></nav>'
    )
    files = {
        "META-INF/container.xml": '<container><rootfile full-path="E/b.opf"/></container>',
        "E/b.opf": "<package><metadata><title>峠</title><language>ja-JP</language></metadata><manifest>"
        '<item id="n" href="nav.xhtml" properties="nav"/><item id="c" href="text/c.xhtml"/>'
        '<item id="a" href="text/a%20b.xhtml"/></manifest>'
        '<spine><itemref idref="n"/><itemref idref="a"/><itemref idref="c"/></spine></package>',
        "E/nav.xhtml": '<?xml version="1.0"?><!DOCTYPE html>' + page.format(contents),
        "E/text/a b.xhtml": page.format("<h1>一章</h1><p>雪が降る。</p>"),
        "E/text/c.xhtml": page.format("<p>二章</p><p>馬を買った。</p>"),
        **(more or {}),
    }
    return zipped(files)


def test_chapters_are_read_in_order_without_the_table_of_contents():
    document = read_bytes(book(), ".epub")
    assert [(one.kind, one.text, one.place) for one in document.blocks] == [
        ("heading", "一章", "ch. 2"), ("text", "雪が降る。", "ch. 2"),
        ("heading", "二章", "ch. 3"), ("text", "馬を買った。", "ch. 3"),
    ]  # fmt: skip
    assert (document.title, document.lang) == ("峠", "ja")


@pytest.mark.parametrize("method, protected", [("http://www.idpf.org/2008/embedding", False), ("aes256-cbc", True)])
def test_masked_fonts_are_no_copy_protection(method, protected):
    more = {"META-INF/encryption.xml": f'<encryption><EncryptionMethod Algorithm="{method}"/></encryption>'}
    if protected:
        with pytest.raises(DocumentError, match="DRM"):
            read_bytes(book(more), ".epub")
    else:
        assert read_bytes(book(more), ".epub").blocks
