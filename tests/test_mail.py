"""Mail and pages saved as one file: their text, in whatever way it was encoded for the journey."""

from email.message import EmailMessage

import pytest

from index.documents import read_bytes


def message(text, charset, **more):
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "片桐 <k@example.co.jp>", "冬期休業"
    mail.set_content(text, charset=charset, **more)
    return mail


def test_a_message_is_its_subject_sender_and_text():
    mail = message("各位\n\n休業は1月5日までです。\n", "iso-2022-jp")
    mail.add_alternative("<p>the same as a page</p>", subtype="html")
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="plan.pdf")
    document = read_bytes(mail.as_bytes(), ".eml")
    assert [one.text for one in document.blocks] == [
        "冬期休業", "From: 片桐 <k@example.co.jp>", "各位", "休業は1月5日までです。",
    ]  # fmt: skip
    assert document.title == "冬期休業" and document.notes[0]["en"] == "attachments were not read: plan.pdf"


def test_long_lines_of_quoted_printable_are_whole():
    text = "The key is under the third flower pot, which nobody would ever think of looking under. Grüße"
    blocks = read_bytes(message(text, "utf-8", cte="quoted-printable").as_bytes(), ".eml").blocks
    assert blocks[-1].text == text


def test_a_saved_page_is_read_as_a_page():
    mail = EmailMessage()
    mail.set_content("<title>Hours</title><nav>menu</nav><p>Open at 16:00.</p>", subtype="html", charset="utf-8")
    document = read_bytes(mail.as_bytes(), ".mhtml")
    assert (document.title, [one.text for one in document.blocks]) == ("Hours", ["Open at 16:00."])


def test_an_empty_message_has_no_blocks():
    assert read_bytes(b"", ".eml").blocks == ()


@pytest.mark.parametrize(
    "header",
    [
        'Content-Type: text/plain; charset="utf-8\x00"', 'Content-Type: text/plain; charset="none such"',
        "To:  :;)a,;a)", "Cc: x.jp@ [;<", "Date: .:((:)<(]", "Subject: \x00", "Content-Disposition: \"",
    ],
)  # fmt: skip
def test_a_broken_header_leaves_the_text_readable(header):
    found = read_bytes(f"From: me\n{header}\n\nThe key is under the pot.".encode(), ".eml").blocks
    assert found[-1].text == "The key is under the pot."
