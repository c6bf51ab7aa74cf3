"""Mail messages (.eml) and web pages saved as one file (.mhtml) -> blocks, by the standard library's parser."""

import email
import email.policy
from email.message import EmailMessage, Message

from index.encodings import decode
from index.formats.blocks import Block, Document
from index.formats.page import read_html
from index.formats.text import read_plain

_SHOWN = ("From", "To", "Cc", "Date")


def read_mail(data: bytes) -> Document:
    """Return a message: its subject as title, who wrote it when, and its text; attachments are named, not read."""
    message = email.message_from_bytes(data, EmailMessage, policy=email.policy.default)
    title = _header(message, "Subject")
    body = _found(message, ("plain", "html"))
    document = _body(body) if body is not None else Document(())
    heads = [f"{name}: {told}" for name in _SHOWN if (told := _header(message, name))]
    first = (Block("heading", title, "l. 1", 1),) if title else ()
    head = (Block("text", "\n".join(heads), "l. 1"),) if heads else ()
    blocks = tuple(Block(one.kind, one.text, "", one.level and one.level + 1) for one in document.blocks)
    names = _attachments(message)
    return Document((*first, *head, *blocks), title=title, notes=_attached(names))


def read_saved_page(data: bytes) -> Document:
    """Return a web page that a browser saved as one file."""
    message = email.message_from_bytes(data, EmailMessage, policy=email.policy.default)
    body = _found(message, ("html", "plain"))
    return _body(body) if body is not None else Document(())


def _header(message: Message, name: str) -> str:
    """Return what a header says, "" without one; as it is written where the parser fails at it."""
    try:
        return str(message[name] or "")
    except Exception:  # the parser of addresses and dates raises anything on broken ones
        written = next((str(value) for key, value in message.raw_items() if key.lower() == name.lower()), "")
        return " ".join(written.encode("utf-8", errors="replace").decode("utf-8").split())


def _found(message: EmailMessage, kinds: tuple[str, ...]) -> Message | None:
    """Return the part that holds the text, of the first of some kinds that there is."""
    try:
        return message.get_body(kinds)
    except Exception:  # a header of a part is broken: parts are looked for by a parser that looks into none
        parts = [one for one in _plainly(message).walk() if not one.is_multipart()]
        texts = {one.get_content_subtype(): one for one in parts[::-1] if one.get_content_maintype() == "text"}
        return next((texts[kind] for kind in kinds if kind in texts), None)


def _attachments(message: EmailMessage) -> list[str]:
    try:
        return [name for one in message.iter_attachments() if (name := one.get_filename())]
    except Exception:
        return [name for one in _plainly(message).walk() if (name := one.get_filename())]


def _plainly(message: EmailMessage) -> Message:
    return email.message_from_bytes(message.as_bytes(policy=email.policy.compat32), policy=email.policy.compat32)


def _body(part: Message) -> Document:
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    try:
        text = data.decode(part.get_content_charset() or "ascii")
    except Exception:  # no such encoding, not its bytes, or a name that cannot be one
        text = decode(data).text
    text = text.replace("\r\n", "\n")
    return read_html(text) if part.get_content_type() == "text/html" else read_plain(text)


def _attached(names: list[str]) -> tuple[dict[str, str], ...]:
    listed = ", ".join(names)
    note = {"en": f"attachments were not read: {listed}", "ja": f"添付ファイルは読んでいません: {listed}"}
    return (note,) if names else ()
