"""Markdown, plain text, source code and HTML -> blocks, with the standard library alone."""

import re
from html.parser import HTMLParser

from index.formats.blocks import Block, Document, front_matter

_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$")
_MARKED = re.compile(r"^#{1,6} \S", re.MULTILINE)
_MARKDOWN_HEADINGS = 3  # a comment or two in a plain text may begin the same way
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_UNDERLINE = re.compile(r"^ {0,3}(=+|-{3,})[ \t]*$")
_TABLE_ROW = re.compile(r"^\s*\|.*\||^[^|\n]+\|[^|\n]+\|")
_RULE = re.compile(r"^ {0,3}([-*_])( *\1){2,}\s*$")
# What a mark begins with, its pattern and what remains. What a mark spans is bounded, so that a text full of marks that
# never close takes no longer than another.
_MARKS = tuple(
    (begins.split(), re.compile(pattern, flags), kept)
    for begins, pattern, flags, kept in (
        ("<!--", r"<!--.{0,2000}?-->", re.DOTALL, ""),
        ("![", r"!\[([^\]\[]{0,500})\]\([^)]{0,2000}\)", 0, r"\1"),
        ("](", r"\[([^\]\[]{1,500})\]\([^)\s]{0,2000}(?:\s+\"[^\"]{0,500}\")?\)", 0, r"\1"),
        ("** __", r"(\*\*|__)(?=[^\s*_])(.{1,500}?)(?<=\S)\1", 0, r"\2"),
        ("*", r"(?<![\w*])\*(?=[^\s*])([^*\n]{1,500}?)(?<=\S)\*(?![\w*])", 0, r"\1"),
        ("`", r"`([^`\n]{1,500})`", 0, r"\1"),
        (">", r"^ {0,3}> ?", re.MULTILINE, ""),
    )
)


def read_markdown(text: str) -> Document:
    """Return a Markdown document; its front matter gives title, summary, language and questions, and is no block."""
    keys, body, skipped = front_matter(text)
    blocks = markdown_blocks(body, first_line=skipped + 1)
    title = _text(keys, "title") or next((one.text for one in blocks if one.kind == "heading"), "")
    questions = keys.get("questions", [])
    return Document(
        tuple(blocks),
        title=title,
        summary=_text(keys, "summary") or _text(keys, "description"),
        lang=_text(keys, "lang")[:2].lower(),
        questions=tuple(questions) if isinstance(questions, list) else ((questions,) if questions else ()),
    )


def _text(keys: dict[str, str | list[str]], name: str) -> str:
    value = keys.get(name, "")
    return value if isinstance(value, str) else " ".join(value)


def markdown_blocks(text: str, first_line: int = 1) -> list[Block]:
    """Return the blocks of a Markdown text; `first_line` is the line number of its first line."""
    blocks: list[Block] = []
    lines = text.split("\n")
    n = 0
    while n < len(lines):
        line, place = lines[n], f"l. {first_line + n}"
        if not line.strip() or _RULE.match(line):
            n += 1
        elif heading := _HEADING.match(line):
            blocks.append(Block("heading", plain_markdown(heading[2]), place, len(heading[1])))
            n += 1
        elif fence := _FENCE.match(line):
            end = _fence_end(lines, n, fence[1])
            blocks.append(Block("code", "\n".join(lines[n + 1 : end]).strip("\n"), place))
            n = end + 1
        elif _TABLE_ROW.match(line):
            end = n
            while end < len(lines) and _TABLE_ROW.match(lines[end]):
                end += 1
            blocks.append(Block("table", "\n".join(row.strip() for row in lines[n:end]), place))
            n = end
        else:
            n = _paragraph(lines, n, place, blocks)
    return [one for one in blocks if one.text.strip()]


def _fence_end(lines: list[str], start: int, mark: str) -> int:
    for n in range(start + 1, len(lines)):
        if lines[n].strip().startswith(mark) and not lines[n].strip().strip(mark[0]):
            return n
    return len(lines)


def _paragraph(lines: list[str], start: int, place: str, blocks: list[Block]) -> int:
    """Take a paragraph or list up to a blank line or another kind of block; return the line after it."""
    n = start + 1
    while n < len(lines) and lines[n].strip():
        line = lines[n]
        underline = _UNDERLINE.match(line)
        if underline and n == start + 1:
            level = 1 if underline[1][0] == "=" else 2
            blocks.append(Block("heading", plain_markdown(lines[start].strip()), place, level))
            return n + 1
        if _HEADING.match(line) or _FENCE.match(line) or re.match(r"^\s*\|.*\|", line):
            break
        n += 1
    blocks.append(Block("text", plain_markdown("\n".join(lines[start:n])).rstrip(), place))
    return n


def plain_markdown(text: str) -> str:
    """Return Markdown prose without its inline marks: links keep their words, images their description."""
    for begins, pattern, kept in _MARKS:
        if any(one in text for one in begins):
            text = pattern.sub(kept, text)
    return text


def read_plain(text: str) -> Document:
    """Return a plain text: paragraphs parted by blank lines, numbered or bracketed lines taken as headings.

    A text with several headings in Markdown's way is Markdown under another name.
    """
    if len(_MARKED.findall(text)) >= _MARKDOWN_HEADINGS:
        return read_markdown(text)
    blocks: list[Block] = []
    held: list[str] = []
    start = 1
    for n, line in enumerate([*text.split("\n"), ""], 1):
        heading = _plain_heading(line) if not held else 0
        if line.strip() and not heading:
            if not held:
                start = n
            held.append(line.rstrip())
            continue
        if held:
            blocks.append(Block("text", "\n".join(held), f"l. {start}"))
            held = []
        if heading:
            blocks.append(Block("heading", line.strip(), f"l. {n}", heading))
    return Document(tuple(blocks))


def _plain_heading(line: str) -> int:
    """Return the level of a line such as "第2章 概要", "1.2 Setup", "■ 注意"; 0 when it is no heading."""
    line = line.strip()
    if not line or len(line) > 60 or line.endswith(("。", ".", "、", ",", ":", "：")):
        return 0
    if re.match(r"^第[0-9０-９一二三四五六七八九十]+[章部編]", line):
        return 1
    numbered = re.match(r"^(\d{1,2}(?:\.\d{1,2})*)\.?[\s　]+\D", line)
    if numbered:
        return 1 + numbered[1].count(".")
    return 2 if re.match(r"^(第[0-9０-９一二三四五六七八九十]+[節条項]|[■◆●▼□◇]\s*\S)", line) else 0


def read_code(text: str) -> Document:
    """Return source code or another text that must keep its lines as one code block."""
    return Document((Block("code", text.strip("\n"), "l. 1"),) if text.strip() else ())


_DROPPED = {
    "script",
    "style",
    "noscript",
    "template",
    "svg",
    "math",
    "iframe",
    "object",
    "nav",
    "head",
    "form",
    "button",
}
_VOID = {"br", "hr", "img", "input", "meta", "link", "area", "base", "col", "embed", "source", "track", "wbr"}
_PARTS = {
    "p",
    "div",
    "section",
    "article",
    "main",
    "header",
    "footer",
    "aside",
    "ul",
    "ol",
    "dl",
    "blockquote",
    "figure",
}
_PARTS |= {"body", "html", "figcaption", "details", "summary", "address"}


class _Page(HTMLParser):
    """Collects blocks; never raises on broken markup and never keeps scripts, styles or attributes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self.title = ""
        self.lang = ""
        self._held: list[str] = []
        self._dropped = ""
        self._depth = 0
        self._heading = 0
        self._code = False
        self._in_title = False
        self._rows: list[list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a block, or start dropping."""
        if tag == "html":
            self.lang = (dict(attrs).get("lang") or "")[:2].lower()
        if tag == "title" and not self.title:
            self._in_title = True
        if self._dropped:
            self._depth += tag == self._dropped
        elif tag in _DROPPED:
            if tag not in _VOID:
                self._dropped, self._depth = tag, 1
        elif re.fullmatch("h[1-6]", tag):
            self._flush()
            self._heading = int(tag[1])
        elif tag == "table":
            self._flush()
            self._rows = []
        elif tag == "tr" and self._rows is not None:
            self._rows.append([])
        elif tag in ("td", "th") and self._rows:
            self._held = []
        elif tag == "pre":
            self._flush()
            self._code = True
        elif tag == "br":
            self._held.append("\n")
        elif tag in ("li", "dt", "dd"):
            self._held.append("\n- ")
        elif tag in _PARTS:
            self._flush()

    def handle_endtag(self, tag: str) -> None:
        """Close a block, or stop dropping."""
        if tag == "title":
            self._in_title = False
        if self._dropped:
            self._depth -= tag == self._dropped
            if self._depth <= 0:
                self._dropped = ""
        elif tag in ("td", "th") and self._rows:
            self._rows[-1].append(re.sub(r"\s+", " ", "".join(self._held)).strip())
            self._held = []
        elif tag == "table" and self._rows is not None:
            rows = [" | ".join(row) for row in self._rows if any(row)]
            self._rows = None
            self._held = []
            if rows:
                self.blocks.append(Block("table", "\n".join(f"| {row} |" for row in rows), self._place()))
        elif re.fullmatch("h[1-6]", tag) or tag == "pre" or tag in _PARTS:
            self._flush()

    def handle_data(self, data: str) -> None:
        """Keep text that a reader would see."""
        if self._in_title:
            self.title += data
        elif not self._dropped:
            self._held.append(data)

    def _place(self) -> str:
        return f"l. {self.getpos()[0]}"

    def _flush(self) -> None:
        if self._rows is not None:
            return  # inside a table cell: the text belongs to the cell
        raw = "".join(self._held)
        self._held = []
        text = (
            raw.strip("\n")
            if self._code
            else "\n".join(re.sub(r"[ \t\r\f]+", " ", one).strip() for one in raw.split("\n"))
        )
        text = re.sub(r"\n(?!- )", "\n" if self._code else " ", text).strip() if not self._code else text
        level, code = self._heading, self._code
        self._heading, self._code = 0, False
        if text.strip():
            kind = "heading" if level else "code" if code else "text"
            self.blocks.append(Block(kind, text, self._place(), level))  # type: ignore[arg-type]

    def finish(self) -> None:
        """Take what is still open at the end of the page."""
        self.close()
        self._rows = None
        self._flush()


def _without_comments(text: str) -> str:
    """Return a page without comments, its lines where they were: the parser takes quadratic time over unclosed ones."""
    kept: list[str] = []
    place = 0
    while (start := text.find("<!--", place)) >= 0 and (end := text.find("-->", start + 2)) >= 0:
        kept += [text[place:start], "\n" * text.count("\n", start, end)]
        place = end + 3
    return "".join([*kept, text[place:].replace("<!--", "")])


def read_html(text: str) -> Document:
    """Return what a reader of an HTML page sees: headings, paragraphs, tables, code; no scripts, no attributes."""
    page = _Page()
    page.feed(_without_comments(text))
    page.finish()
    return Document(tuple(page.blocks), title=" ".join(page.title.split()), lang=page.lang)
