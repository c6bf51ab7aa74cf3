"""Mail messages (.eml) and web pages saved as one file (.mhtml) -> blocks, by the standard library's parser."""

import email
import email.policy
import re
from dataclasses import replace
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import EmailMessage, Message
from itertools import pairwise

from assistant.errors import DocumentError
from index.encodings import declared_in_markup, decode
from index.formats.blocks import Block, Document
from index.formats.page import read_html
from index.formats.text import read_plain

_SHOWN = ("From", "To", "Cc", "Date")
_MARKS = re.compile(r"(?:> ?)+")
_MONTH = r"[A-Za-z]{3,9}\.?"
_DAY = (
    r"(?:\d{4}[-/.年]|\d{1,2}[./]\d{1,2}[./]\d{2,4}|"
    rf"\d{{1,2}}\.? {_MONTH},? \d{{4}}|{_MONTH} \d{{1,2}}, \d{{4}})"
)
# Above an earlier mail: "On 3 May 2026, Ann wrote:", "2026年5月3日(日) 山田 <...>:", "--- Original Message ---".
_INTRODUCES = re.compile(
    rf"(?:On|Am|Le) .{{0,200}}{_DAY}.{{0,200}}:$|{_DAY}.{{0,200}}(?:wrote|のメール|さん|<[^<>]+>|写道)[:：]$|"
    r"-{2,} ?(?:(?:Original|Forwarded) Message|元のメッセージ|転送メッセージ).{0,40}-{2,}$",
    re.IGNORECASE,
)
_FROM, _SENT = re.compile(r"(?:From|差出人|Von): ?\S"), re.compile(r"(?:Sent|Date|送信日時|日時|Gesendet): ?\S")
_HEADS = re.compile(r"(?:To|Cc|Bcc|Subject|Date|Sent|宛先|件名|送信日時|日時|An|Betreff): ?\S", re.IGNORECASE)
_GOES_ON = re.compile(r"[a-z(£€$¥]|\d[\d.,:]* [a-z]")
_ENDS = re.compile(r"[.!?:;]\s*$")
_BROKEN_AT = 50  # columns: what ends sooner was meant to end there


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
    document = read_html(text) if is_page else read_thread(text)
    return replace(document, encoding=decoded.encoding, replaced=decoded.replaced)


def read_thread(text: str) -> Document:
    """Return a plain mail: what it quotes of earlier ones stands below who wrote it when, without the marks.

    Lines broken to a width are put together again.
    """
    blocks: list[Block] = []
    held: list[str] = []
    lines = [_unmarked(raw) for raw in text.split("\n")]
    depth = n = 0
    while n < len(lines):
        marks, line = lines[n]
        above, taken = _introduction([one for _, one in lines[n : n + 2]])
        if taken or (line.strip() and marks != depth):
            blocks += read_plain("\n".join(_rejoined(held))).blocks
            held = []
        blocks += [Block("heading", above, "", 1)] if taken else []
        held += [] if taken else [line]
        depth = marks if line.strip() else depth
        n += max(taken, 1)
        while taken and n < len(lines) and _HEADS.match(lines[n][1]):
            n += 1
    return Document((*blocks, *read_plain("\n".join(_rejoined(held))).blocks))


def _introduction(lines: list[str]) -> tuple[str, int]:
    """Return the words above an earlier mail with how many lines they take, ("", 0) where none begins."""
    first, second = (one.strip() for one in [*lines, ""][:2])
    if _INTRODUCES.match(first):
        return first, 1
    if _FROM.match(first) and _SENT.match(second):
        return f"{first}, {second}", 2
    both = f"{first} {second}"
    return (both, 2) if len(first) >= _BROKEN_AT and second and _INTRODUCES.match(both) else ("", 0)


def _unmarked(line: str) -> tuple[int, str]:
    """Return how often a line is quoted, and the line without the marks of that: "> > Hello"."""
    marks = _MARKS.match(line)
    return (marks[0].count(">"), line[marks.end() :]) if marks else (0, line)


def _rejoined(lines: list[str]) -> list[str]:
    """Return lines that a mail program broke to a width as the paragraphs they were."""
    joined: list[str] = []
    for before, line in pairwise(["", *lines]):
        runs_on = len(before) >= _BROKEN_AT and not _ENDS.search(before) and _GOES_ON.match(line)
        if runs_on:
            joined[-1] = f"{joined[-1].rstrip()} {line}"
        else:
            joined.append(line)
    return joined


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
