"""HTML pages -> blocks: what a reader of the page came for, without navigation, banners, scripts and hidden parts."""

import re
from html import unescape
from typing import Any

from index.formats.blocks import Block, Document, Kind, spaced, whole
from index.formats.tables import row_lines


def _tags(names: str) -> frozenset[str]:
    return frozenset(names.split())


_DROPPED = _tags(
    "script style noscript template svg math iframe object nav head button select textarea dialog rt rp datalist"
)
_PARTS = _tags(
    "p div section article main header footer aside blockquote figure body html figcaption details summary address form"
    " fieldset center dl ul ol hgroup"
)
_CHROME_ROLES = _tags("navigation banner contentinfo search dialog alertdialog menu menubar")
_CHROME_NAMES = re.compile(
    r"cookie|consent|gdpr|breadcrumb|navbar|skip-?link|skip-?to|edit-?section|mini-?cart", re.IGNORECASE
)
_BESIDE_NAMES = re.compile(  # beside what the page is for, whose title they do not hold
    r"(?<![\w-])(?:toc|table-of-contents|side-?bar|side-?nav|share-?(?:bar|buttons?|links?)|pagination)(?![\w-])",
    re.IGNORECASE,
)
_EDITS = re.compile(
    r"\s*[\[［](?:編集|edit|ソースを編集|edit source)[\]］]\s*$", re.IGNORECASE
)  # behind a wiki's headings
_CONTENTS = 3  # links to parts of the page itself, alone in a list: then it is a table of contents
_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_SCRIPT = re.compile(r"<(script|style)\b[^<>]*>[^<]*</\1>", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>|<!--|-->")
_MAIN_CHARACTERS = 200  # a shorter `main` is taken for the page's only when it holds most of its text
_MAX_DEPTH = 200  # deeper than any page a person reads; what is nested deeper counts as plain text
_MAX_SPAN = 50  # columns or rows that one cell may cover
_INNER_CHARACTERS = 300  # a table inside a cell is told within its row up to this size
_ASKED = re.compile(r"([?？]): ")  # of a list of questions with answers
_BREAK = "\v"  # a line break that the page asks for, unlike those of its source


def read_html(text: str) -> Document:
    """Return the title, language and blocks of a page; broken markup is read as a browser would."""
    from lxml import html  # type: ignore[import-untyped]

    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, huge_tree=True)
    try:
        root = html.document_fromstring(text.encode("utf-8", errors="replace"), parser, ensure_head_body=False)
    except html.etree.ParserError:  # nothing in it
        return Document(())
    if any("depth" in one.message.lower() for one in parser.error_log):
        return _stripped(text)
    page = _Page()
    page.read(_body(root))
    title = next((one.text_content() for one in root.iter("title")), "")
    return Document(tuple(page.blocks), title=" ".join(title.split()), lang=(root.get("lang") or "")[:2].lower())


def _stripped(text: str) -> Document:
    """Return a page nested deeper than the parser follows: its words without the tags."""
    bare = " ".join(_TAG.sub(" ", _SCRIPT.sub(" ", text)).split())
    return Document((Block("text", unescape(bare), "l. 1"),) if bare else ())


def _body(root: Any) -> Any:
    """Return the part that holds the page's content: its `main`, its only article, or all of it."""
    body = root.find("body") if root.find("body") is not None else root
    for found in (root.xpath("//main|//*[@role='main']"), root.xpath("//article")):
        if len(found) == 1:
            size = len(found[0].text_content())
            if size >= _MAIN_CHARACTERS or 2 * size > len(body.text_content()):
                return found[0]
    return body


def _is_chrome(node: Any) -> bool:
    """Tell whether an element is hidden, or helps to use the site instead of telling something."""
    if node.tag in _DROPPED or node.get("hidden") is not None or node.get("aria-hidden") == "true":
        return True
    if node.get("role") in _CHROME_ROLES or _HIDING.search(node.get("style") or ""):
        return True
    if node.tag in ("html", "body", "main", "article"):
        return False
    names = f"{node.get('id') or ''} {node.get('class') or ''}"
    if _CHROME_NAMES.search(names):
        return True
    if node.tag in ("ul", "ol") and _lists_contents(node):
        return True
    outer = node.tag in ("header", "footer", "aside") and not any(True for _ in node.iterancestors("article", "main"))
    return (outer or bool(_BESIDE_NAMES.search(names))) and not any(True for _ in node.iter("h1"))


def _lists_contents(node: Any) -> bool:
    """Tell whether a list is a table of contents: links to parts of the page it is on, and nothing else."""
    links = list(node.iter("a"))
    if len(links) < _CONTENTS or not all((link.get("href") or "").startswith("#") for link in links):
        return False
    told = sum(len("".join(link.text_content().split())) for link in links)
    return told == len("".join(node.text_content().split()))


class _Page:
    """Collects blocks in the order of the page."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._held: list[str] = []
        self._line = 1
        self._lists: list[int | None] = []  # of each open list: the number of its last item, None without numbers
        self._depth = 0

    def read(self, body: Any) -> None:
        """Take a part of the page as it is."""
        self._inside(body)
        self._flush()

    def _inside(self, node: Any) -> None:
        if self._depth >= _MAX_DEPTH:
            self._held.append(node.text_content())
            return
        self._depth += 1
        self._held.append(node.text or "")
        for child in node:
            if isinstance(child.tag, str) and not _is_chrome(child):
                self._element(child)
            self._held.append(child.tail or "")
        self._depth -= 1

    def _element(self, node: Any) -> None:
        tag = node.tag
        if re.fullmatch("h[1-6]", tag):
            self._part(node, "heading", int(tag[1]))
        elif tag == "table":
            self._flush()
            self._table(node)
        elif tag == "pre":
            self._flush()
            if code := node.text_content().strip("\n"):
                self.blocks.append(Block("code", code, self._place(node)))
        elif tag == "br":
            self._held.append(_BREAK)
        elif tag == "img":
            self._held.append(f" {node.get('alt') or ''} ")
        elif tag in ("ul", "ol", "dl"):
            self._list(node)
        elif tag in ("li", "dt", "dd"):
            self._item(node)
        elif tag in _PARTS and not self._lists:
            self._part(node)
        else:
            separate = tag in _PARTS or tag in ("td", "th")
            self._held.append(" " * separate)
            self._inside(node)
            self._held.append(" " * separate)

    def _part(self, node: Any, kind: Kind = "text", level: int = 0) -> None:
        self._flush()
        self._line = node.sourceline or self._line
        self._inside(node)
        self._flush(kind, level)

    def _list(self, node: Any) -> None:
        """Take a list, with those inside it, as one block."""
        if not self._lists:
            self._flush()
            self._line = node.sourceline or self._line
        start = node.get("start") or "1"
        self._lists.append(whole(start, 1) - 1 if node.tag == "ol" else None)
        self._inside(node)
        self._lists.pop()
        if not self._lists:
            self._flush()

    def _item(self, node: Any) -> None:
        last = self._lists[-1] if self._lists else None
        if node.tag == "dd":
            self._held.append(": ")
        elif last is None:
            self._held.append(f"{_BREAK}{self._indent()}- ")
        else:
            self._lists[-1] = last + 1
            self._held.append(f"{_BREAK}{self._indent()}{last + 1}. ")
        self._inside(node)

    def _indent(self) -> str:
        return "\u2007\u2007" * (len(self._lists) - 1)  # spaces that survive until the text is put together

    def _table(self, node: Any) -> None:
        """Take a table: one of a single row or column only arranges the page, its cells are parts of their own."""
        rows = [row for row in node.iter("tr") if next(row.iterancestors("table")) is node]
        cells = [[cell for cell in row if cell.tag in ("td", "th")] for row in rows]
        for caption in node.iterchildren("caption"):
            self._part(caption)
        if len(rows) < 2 or max(map(len, cells)) < 2 or self._arranges(node):
            lists, self._lists = self._lists, []
            for cell in (cell for row in cells for cell in row):
                self._part(cell)
            self._lists = lists
            return
        grid = _grid([[(_cell(cell), cell) for cell in row] for row in cells])
        names = 0
        while names < len(rows) - 1 and cells[names] and all(cell.tag == "th" for cell in cells[names]):
            names += 1
        lines = [f"| {' | '.join(row)} |" for row in grid if any(row)]
        if names:
            head = [" ".join(dict.fromkeys(filter(None, column))) for column in zip(*grid[:names], strict=True)]
            lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
            lines += [f"| {' | '.join(row)} |" for row in grid[names:] if any(row)]
        if lines:
            self.blocks.append(Block("table", "\n".join(lines), self._place(node)))

    def _arranges(self, table: Any) -> bool:
        """Tell whether a table holds the page's parts instead of data: headings, or tables too large for a cell."""
        inner = [one for one in table.iter("table") if one is not table]
        large = any(len(one.text_content()) > _INNER_CHARACTERS for one in inner)
        return large or any(True for _ in table.iter("h1", "h2", "h3", "h4"))

    def _place(self, node: Any) -> str:
        return f"l. {node.sourceline or self._line}"

    def _flush(self, kind: Kind = "text", level: int = 0) -> None:
        text = _shown("".join(self._held))
        self._held = []
        if kind == "heading":
            text = _EDITS.sub("", text.replace("\n", " "))
        if text:
            self.blocks.append(Block(kind, text, f"l. {self._line}", level))


def _shown(raw: str) -> str:
    """Return text as a browser sets it: white space is one space, none within Japanese; asked breaks remain."""
    lines = (spaced(line).replace("\u2007", " ").rstrip() for line in raw.split(_BREAK))
    return "\n".join(
        _ASKED.sub(r"\1 ", line.replace(" : ", ": ")) if line.lstrip().startswith("- ") else line
        for line in lines
        if line.strip()
    )


def _cell(cell: Any) -> str:
    page = _Page()
    inner = list(cell.iter("table"))
    for one in reversed(inner):  # the innermost first, so that each is read once
        rows = [[_cell(two) for two in row if two.tag in ("td", "th")] for row in one.iter("tr")]
        one.text, one[:] = "; ".join(row_lines(rows, 0)).replace(" | ", ": "), []
        one.tag = "span"
    page.read(cell)
    return " ".join(" ".join(block.text for block in page.blocks).split())


def _grid(rows: list[list[tuple[str, Any]]]) -> list[list[str]]:
    """Return the cells as a full grid: one that covers several columns or rows stands in each of the rows."""
    grid: list[list[str]] = []
    pending: dict[int, tuple[int, str]] = {}  # column -> rows still to cover and the text
    for row in rows:
        line: list[str] = []
        waiting = list(row)
        while waiting or any(column >= len(line) for column in pending):
            if len(line) in pending:
                left, text = pending.pop(len(line))
                if left > 1:
                    pending[len(line)] = (left - 1, text)
                line.append(text)
            elif waiting:
                text, cell = waiting.pop(0)
                for n in range(_span(cell, "colspan")):
                    if (down := _span(cell, "rowspan")) > 1:
                        pending[len(line)] = (down - 1, text)
                    line.append(text if n == 0 or cell.tag == "th" else "")
            else:
                line.append("")
        grid.append(line)
    wide = max(map(len, grid), default=0)
    return [line + [""] * (wide - len(line)) for line in grid]


def _span(cell: Any, name: str) -> int:
    return min(whole(cell.get(name)) or 1, _MAX_SPAN)
