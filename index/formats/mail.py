"""Mail messages (.eml) and web pages saved as one file (.mhtml) -> blocks, by the standard library's parser."""

import email
import email.policy
from dataclasses import replace
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import EmailMessage, Message

from assistant.errors import DocumentError
from index.encodings import declared_in_markup, decode
from index.formats.blocks import Block, Document
from index.formats.page import read_html
from index.formats.text import read_plain

_SHOWN = ("From", "To", "Cc", "Date")


def read_mail(data: bytes) -> Document:
    """Return a message: its subject as title, who wrote it when, and its text; attachments are named, not read."""
    message = email.message_from_bytes(data, EmailMessage, policy=email.policy.default)
    title = _head(message, "Subject")
    body = _found(message, ("plain", "html"))
    document = _body(body) if body is not None else Document(())
    heads = [f"{name}: {value}" for name in _SHOWN if (value := _head(message, name))]
    first = (Block("heading", title, "l. 1", 1),) if title else ()
    head = (Block("text", "\n".join(heads), "l. 1"),) if heads else ()
    blocks = tuple(Block(one.kind, one.text, "", one.level and one.level + 1) for one in document.blocks)
    names = [_words(name) for name in _attachments(message)]
    return replace(document, blocks=(*first, *head, *blocks), title=title, notes=_attached(names))


def read_saved_page(data: bytes) -> Document:
    """Return a web page that a browser saved as one file."""
    message = email.message_from_bytes(data, EmailMessage, policy=email.policy.default)
    body = _found(message, ("html", "plain"))
    return _body(body) if body is not None else Document(())


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
    is_page = part.get_content_type() == "text/html"
    decoded = decode(data, _charset(part) or (declared_in_markup(data) if is_page else None))
    text = decoded.text.replace("\r\n", "\n")
    document = read_html(text) if is_page else read_plain(text)
    return replace(document, encoding=decoded.encoding, replaced=decoded.replaced)


def _charset(part: Message) -> str | None:
    try:
        return part.get_content_charset()
    except Exception:  # the parser raises anything on a broken name
        return None


def _head(message: EmailMessage, name: str) -> str:
    """Return a header line as a person reads it, "" when there is none.

    The standard library gives up at what Japanese mail programs write beyond ISO-2022-JP proper, and at bytes that are
    not encoded at all.
    """
    raw = next((value for key, value in message.raw_items() if key.lower() == name.lower()), "")
    return _words(" ".join(str(raw).split()))


def _words(raw: str) -> str:
    if "=?" not in raw and raw.isascii():
        return raw
    try:
        parts = decode_header(raw) if "=?" in raw else [(raw, None)]
    except HeaderParseError:
        return raw
    try:
        return "".join(_part(part, charset) for part, charset in parts).strip()
    except DocumentError:
        return raw


def _part(part: bytes | str, charset: str | None) -> str:
    if charset is None and isinstance(part, bytes):
        part = part.decode("raw-unicode-escape")  # how decode_header hands over what was not encoded
    return decode(part if isinstance(part, bytes) else part.encode("utf-8", "surrogateescape"), charset).text


def _attached(names: list[str]) -> tuple[dict[str, str], ...]:
    listed = ", ".join(names)
    note = {"en": f"attachments were not read: {listed}", "ja": f"添付ファイルは読んでいません: {listed}"}
    return (note,) if names else ()
