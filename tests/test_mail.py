"""Mail and pages saved as one file: their text, in whatever way it was encoded for the journey."""

from base64 import b64encode
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


def test_mail_with_the_characters_of_windows():
    subject, sender = b"\x1b$B-j;3ED>&E9\x1b(B", b"\x1b$B|b66\x1b(B"  # ㈱山田商店, 髙橋
    data = (
        b"From: =?ISO-2022-JP?B?%s?= <t@example.co.jp>\n"
        b"Subject: =?iso-2022-jp?B?%s?=\n =?iso-2022-jp?Q?_=1B$B-!=1B(B?=\n"
        b"Content-Type: text/plain; charset=ISO-2022-JP\n\n\x1b$B-!\x1b(I=D\x1b(B OK\n"
    ) % (b64encode(sender), b64encode(subject))
    document = read_bytes(data, ".eml")
    assert (document.title, document.encoding, document.replaced) == ("㈱山田商店 ①", "iso2022_jp", 0)
    assert [one.text for one in document.blocks] == ["㈱山田商店 ①", "From: 髙橋 <t@example.co.jp>", "①ｽﾄ OK"]


def test_headers_and_text_that_are_not_encoded_at_all():
    data = "Subject: 在庫の件\n\nﾎﾞﾙﾄがありません\n".encode("cp932")
    assert [one.text for one in read_bytes(data, ".eml").blocks] == ["在庫の件", "ﾎﾞﾙﾄがありません"]


def test_characters_lost_from_a_message_are_told():
    data = "Content-Type: text/plain; charset=utf-8\n\n量子化すると小さくなります。".encode() + b"\xff\n"
    assert read_bytes(data, ".eml").notes[-1]["en"] == "1 characters could not be read as utf-8"


def thread(text):
    return [(one.kind, one.text) for one in read_bytes(message(text, "utf-8").as_bytes(), ".eml").blocks[2:]]


@pytest.mark.parametrize(
    "above, shown",
    [
        ("On 3 May 2026, Ann Poole <ann@example.org> wrote:", None),
        ("On Sun, May 3, 2026 at 9:14 PM, Annabella Poole-Wetherby <\nann@example.org> wrote:",
         "On Sun, May 3, 2026 at 9:14 PM, Annabella Poole-Wetherby < ann@example.org> wrote:"),
        ("2026年5月3日(日) 9:14 安藤 <ann@example.org>:", None),
        ("-----Original Message-----", None),
        ("From: Ann Poole\nSent: 3 May 2026\nTo: Bea\nSubject: RE: boat", "From: Ann Poole, Sent: 3 May 2026"),
        ("差出人: 安藤\n送信日時: 2026年5月3日", "差出人: 安藤, 送信日時: 2026年5月3日"),
    ],
)  # fmt: skip
def test_an_earlier_mail_stands_below_who_wrote_it_when_and_without_its_marks(above, shown):
    found = thread(f"Tuesday it is.\n\n{above}\n> The boat is dry.\n>\n> Shall we paint it on Monday?\n")
    assert found == [
        ("text", "Tuesday it is."), ("heading", shown or above), ("text", "The boat is dry."),
        ("text", "Shall we paint it on Monday?"),
    ]  # fmt: skip


def test_answers_between_quoted_lines_stay_apart():
    found = thread("> Who has the key?\nMy brother has.\n> And the map?\nIt is lost.\n")
    assert [text for _, text in found] == ["Who has the key?", "My brother has.", "And the map?", "It is lost."]


def test_lines_that_a_mail_program_broke_are_whole_and_short_ones_stay():
    found = thread(
        "The ferry leaves from the new pier behind the market hall, where\nthe tickets cost 4 euros; the fare is now\n"
        "Bring:\n- a coat\n- bread\n"
    )
    assert found[0][1] == (
        "The ferry leaves from the new pier behind the market hall, where the tickets cost 4 euros; the fare is now\n"
        "Bring:\n- a coat\n- bread"
    )
