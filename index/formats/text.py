"""Markdown, plain text and source code -> blocks, with the standard library alone."""

import re

from index.formats.blocks import WIDE, Block, Document, front_matter

_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$")
_WRAPPED, _RAGGED = 20.0, 3.0  # full-width letters: the least width of a broken line, and how much lines may differ
_RUNS_ON = re.compile(rf"(?![。！？：」』）・■●○◆※])[{WIDE}](?![・■●○◆※（①-⑳\u3000])[{WIDE}]$")
_MARKED = re.compile(r"^#{1,6} \S", re.MULTILINE)
_MARKDOWN_HEADINGS = 3  # a comment or two in a plain text may begin the same way
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_UNDERLINE = re.compile(r"^ {0,3}(=+|-{3,})[ \t]*$")
_TABLE_ROW = re.compile(r"^\s*\|.*\||^[^|\n]+\|[^|\n]+\|")
_BOLD = re.compile(r"^(\*\*|__)(?=\S)(?:(?!\1).){1,80}\1[ \t]*$")  # a line of its own: a heading without a mark
_LINE = re.compile(r"[-=─━~*_]{4,}")
_FACT = re.compile(r"[:：]|\S[\s　]+\S*[0-9０-９]")  # "Place: hall", "集合 11月15日"
_NUMBERED = re.compile(r"^(\d{1,2}(?:\.\d{1,2})*)\.?[\s　]+\D")
_NUMBERED_JA = re.compile(  # without a space: "３．服装", 「四、昼食」
    rf"^(?:\d{{1,2}}[.．、]|[一二三四五六七八九十]{{1,3}}、)[\s　]*(?![0-9０-９])[{WIDE}A-Za-z]"
)
_IN_BRACKETS = re.compile(r"[（(][^（）()]{1,40}[)）]")
_ARTICLE = re.compile(r"第[0-9０-９一二三四五六七八九十百]+条(?![0-9０-９])")
_DAY = r"[(（]?(?:[月火水木金土日](?:曜日?)?|(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?)[)）]?"
_DATE = re.compile(  # a line with a day alone: "2026/10/18(日)", "Tuesday, 3 March 2026"
    rf"(?:{_DAY}[,、 ]*)?(?:\d{{4}}([-/.])\d{{1,2}}\1\d{{1,2}}|\d{{1,2}}([-/.])\d{{1,2}}\2\d{{4}}|"
    rf"(?:\d{{4}}年 ?)?\d{{1,2}}月 ?\d{{1,2}}日|\d{{1,2}}\.? [a-z]{{3,9}} \d{{4}}|[a-z]{{3,9}} \d{{1,2}}, \d{{4}})"
    rf"(?:[, ]*{_DAY})?",
    re.IGNORECASE,
)
_CAPITALS = re.compile(r"(?=(?:.*[A-Z]){4})[A-Z][A-Z0-9 '&,/()-]*")
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
        (">", r"^ {0,3}> ?(?:\[!\w+\][+-]? ?)?", re.MULTILINE, ""),
        ("[[", r"!\[\[[^\]\[\n]{1,500}\]\]", 0, ""),  # what Obsidian shows in its place
        ("[[", r"\[\[(?:[^\]\[|\n]{1,500}\|)?([^\]\[|\n]{1,500})\]\]", 0, r"\1"),
        ("[^", r"(?<=\S)\[\^[^\]\s]{1,50}\](?!:)", 0, ""),
        ("==", r"==(?=[^\s=])([^=\n]{1,500})==", 0, r"\1"),
        ("%%", r"%%.{0,2000}?%%", re.DOTALL, ""),
        ("<", r"<br ?/?>", 0, " "),
        ("<", r"</?(?:b|i|u|em|strong|sub|sup|kbd|span|div|p|center|details|summary|a|img)\b[^<>]{0,500}>", 0, ""),
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
        elif bold := _BOLD.match(line):
            blocks.append(Block("heading", plain_markdown(bold[0].strip()), place, 6))
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
        if any(map(text.__contains__, begins)):
            text = pattern.sub(kept, text)
    return text


def read_plain(text: str) -> Document:
    """Return a plain text: paragraphs parted by blank lines.

    Numbered, bracketed and underlined lines, and those in capitals, are taken as headings. A text with several headings
    in Markdown's way is Markdown under another name.
    """
    if len(_MARKED.findall(text)) >= _MARKDOWN_HEADINGS:
        return read_markdown(text)
    blocks: list[Block] = []
    held: list[str] = []
    start = 1
    lines = [*text.split("\n"), ""]
    for n, line in enumerate(lines, 1):
        after = lines[n] if n < len(lines) else ""
        heading = _plain_heading(line, after) if not held or _titles_article(line, after) else 0
        if line.strip() and not heading:
            if not held and _LINE.fullmatch(line.strip()):
                continue
            if not held:
                start = n
            held.append(line.rstrip())
            continue
        if held:
            blocks.append(Block("text", _unwrapped(held), f"l. {start}"))
            held = []
        if heading:
            blocks.append(Block("heading", line.strip(), f"l. {n}", heading))
    return Document(tuple(blocks))


def _unwrapped(lines: list[str]) -> str:
    """Return a paragraph whose Japanese lines were broken to a width, in the middle of words, with these whole."""
    widths = [_width(line) for line in lines]
    full = max(widths) - _RAGGED
    text = lines[0]
    for before, width, line in zip(lines, widths, lines[1:], strict=False):
        runs_on = min(full, _WRAPPED) >= _WRAPPED and width >= full and _RUNS_ON.search(f"{before[-1]}{line[:1]}")
        text += line if runs_on else f"\n{line}"
    return text


def _width(line: str) -> float:
    return sum(1.0 if ord(one) >= 0x2E80 else 0.5 for one in line)


def _titles_article(line: str, after: str) -> bool:
    """Tell whether a line is the title of an article of rules, which stands above it: "（目的）", "第1条　…"."""
    return bool(_IN_BRACKETS.fullmatch(line.strip()) and _ARTICLE.match(after.strip()))


def _plain_heading(line: str, after: str) -> int:
    """Return the level of a line such as "第2章 概要", "1.2 Setup", "■ 注意", "OPENING HOURS"; 0 when it is no heading.

    `after` is the next line, which may underline it. "■場所 5階の会議室" tells a fact and is none.
    """
    line = line.strip()
    if not line or len(line) > 60 or line.endswith(("。", ".", "、", ",", ":", "：")):
        return 0
    if _titles_article(line, after):
        return 3
    if _LINE.fullmatch(after.strip()):
        return 0 if _LINE.fullmatch(line) else 1 + ("=" not in after)
    if re.match(r"^第[0-9０-９一二三四五六七八九十]+[章部編]", line):
        return 1
    numbered = _NUMBERED.match(line)
    if numbered:
        return 1 + numbered[1].count(".")
    if _NUMBERED_JA.match(line):
        return 0 if _NUMBERED_JA.match(after.strip()) else 2  # else an item of a list
    if _DATE.fullmatch(line) and after.strip():
        return 2
    if re.match(r"^第[0-9０-９一二三四五六七八九十]+[節条項]", line):
        return 2
    if re.match(r"^[■◆●▼□◇]\s*\S", line):
        return 0 if _FACT.search(line[1:].strip()) else 2
    if re.match(r"^(?:【[^【】]+】|《[^《》]+》|〈[^〈〉]+〉|［[^［］]+］|＜[^＜＞]+＞)$", line):
        return 2
    return 2 if line.isupper() and line.isascii() and _CAPITALS.fullmatch(line) else 0


def read_log(text: str) -> Document:
    """Return a log, whose lines each stand alone, as rows: what is found in it tells its line."""
    return Document((Block("table", text.rstrip("\n"), "l. 1"),) if text.strip() else ())


def read_code(text: str) -> Document:
    """Return source code or another text that must keep its lines as one code block."""
    return Document((Block("code", text.strip("\n"), "l. 1"),) if text.strip() else ())
