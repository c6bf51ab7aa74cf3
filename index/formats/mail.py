"""Mail messages (.eml) and web pages saved as one file (.mhtml) -> blocks, by the standard library's parser."""

import email
import email.policy
from email.message import EmailMessage, MIMEPart

from index.encodings import decode
from index.formats.blocks import Block, Document
from index.formats.page import read_html
from index.formats.text import read_plain

_SHOWN = ("From", "To", "Cc", "Date")


def read_mail(data: bytes) -> Document:
    """Return a message: its subject as title, who wrote it when, and its text; attachments are named, not read."""
    message = email.message_from_bytes(data, EmailMessage, policy=email.policy.default)
    title = str(message["Subject"] or "")
    body = message.get_body(("plain", "html"))
    document = _body(body) if body is not None else Document(())
    heads = [f"{name}: {message[name]}" for name in _SHOWN if message[name]]
    first = (Block("heading", title, "l. 1", 1),) if title else ()
    head = (Block("text", "\n".join(heads), "l. 1"),) if heads else ()
    blocks = tuple(Block(one.kind, one.text, "", one.level and one.level + 1) for one in document.blocks)
    names = [name for one in message.iter_attachments() if (name := one.get_filename())]
    return Document((*first, *head, *blocks), title=title, notes=_attached(names))


def read_saved_page(data: bytes) -> Document:
    """Return a web page that a browser saved as one file."""
    message = email.message_from_bytes(data, EmailMessage, policy=email.policy.default)
    body = message.get_body(("html", "plain"))
    return _body(body) if body is not None else Document(())


def _body(part: MIMEPart) -> Document:
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    try:
        text = data.decode(part.get_content_charset() or "ascii")
    except (UnicodeDecodeError, LookupError):
        text = decode(data).text
    text = text.replace("\r\n", "\n")
    return read_html(text) if part.get_content_type() == "text/html" else read_plain(text)


def _attached(names: list[str]) -> tuple[dict[str, str], ...]:
    listed = ", ".join(names)
    note = {"en": f"attachments were not read: {listed}", "ja": f"添付ファイルは読んでいません: {listed}"}
    return (note,) if names else ()
