"""reStructuredText, Org and LaTeX -> Markdown line by line, so that headings, tables and code are told; places stay."""

import re

from index.formats.blocks import Document
from index.formats.text import read_markdown

_ADORNMENT = re.compile(r"([=\-`:.'\"~^_*+#<>])\1{2,}\s*$")
_RST_DIRECTIVE = re.compile(r"\s*\.\. (?:(?P<note>[\w-]+)::\s*(?P<text>.*)|_.*|\|.*|\[.*|.*)$")
_RST_OPTION = re.compile(r"\s*:[\w -]+:(?:\s.*)?$")
_RST_ROLE = re.compile(r":[\w:+.-]+:`([^`<]+?)(?: <[^`>]*>)?`|`([^`<]+?) <[^`>]*>`__?|``([^`]+)``")
_ORG_LINK = re.compile(r"\[\[[^\[\]]{0,1000}\]\[([^\]]{0,1000})\]\]")
# What stands in brackets is bounded: where none is closed, each command would be looked for it up to the line's end.
_TEX_HEADING = re.compile(r"\\(part|chapter|section|subsection|subsubsection|paragraph)\*?\s*(?:\[[^\]]{0,300}\])?\{")
_TEX_LEVELS = {"part": 1, "chapter": 1, "section": 1, "subsection": 2, "subsubsection": 3, "paragraph": 4}
_TEX_DROPPED = re.compile(
    r"\\(?:documentclass|usepackage|label|cite\w*|ref|pageref|eqref|begin|end|bibliography\w*|input|include|vspace|hspace"
    r"|newcommand|renewcommand|setlength|centering|maketitle|tableofcontents|hline|toprule|midrule|bottomrule|noindent"
    r"|author|date)\*?(?:\[[^\]]{0,300}\]|\{[^{}]*\})*"
)
_TEX_KEPT = re.compile(r"\\[a-zA-Z]+\*?\{([^{}]*)\}")
_TEX_SIGNS = re.compile(r"\\([%&_#${}])|\\[,;:! ]|~")


def read_rst(text: str) -> Document:
    """Return a reStructuredText document: adorned titles are headings, levels in the order of their adornments."""
    lines = text.split("\n")
    levels: list[str] = []
    found: list[str] = []
    for n, line in enumerate(lines):
        below = lines[n + 1] if n + 1 < len(lines) else ""
        above = lines[n - 1] if n else ""
        if _ADORNMENT.match(line):
            found.append("")
        elif line.strip() and not line.startswith(" ") and _ADORNMENT.match(below) and len(below) + 2 >= len(line):
            kind = below[0] + ("^" if _ADORNMENT.match(above) and above[0] == below[0] else "")
            levels += [] if kind in levels else [kind]
            found.append(f"{'#' * min(6, 1 + levels.index(kind))} {line.strip()}")
        elif directive := _RST_DIRECTIVE.match(line):
            found.append(directive["text"] or "" if directive["note"] != "contents" else "")
        else:
            found.append("" if _RST_OPTION.match(line) and n and not above.startswith(":") else _rst_inline(line))
    return read_markdown("\n".join(found))


def _rst_inline(line: str) -> str:
    return re.sub(r"::\s*$", ":", _RST_ROLE.sub(lambda one: one[1] or one[2] or one[3], line))


def read_org(text: str) -> Document:
    """Return an Org document: starred headlines are headings; drawers and settings are left out."""
    found: list[str] = []
    drawer = False
    for line in text.split("\n"):
        key = re.match(r"\s*#\+(\w+):?\s*(.*)", line)
        headline = re.match(r"(\*+) (?:(?:TODO|DONE|NEXT|WAITING) )?(.*?)(?:\s+:[\w@#%:]+:)?\s*$", line)
        if re.match(r"\s*:(PROPERTIES|LOGBOOK):\s*$", line):
            drawer = True
        shown = "" if drawer else line
        if re.match(r"\s*:END:\s*$", line):
            drawer = False
        if headline:
            shown = f"{'#' * min(6, len(headline[1]))} {headline[2]}"
        elif key and not drawer:
            kind = key[1].lower()
            shown = "```" if kind in ("begin_src", "end_src", "begin_example", "end_example") else ""
        found.append(_ORG_LINK.sub(r"\1", re.sub(r"^\s*\|[-+|]+\|?$", _org_rule, shown)))
    title = re.search(r"^#\+title:\s*(.+)$", text, re.IGNORECASE | re.MULTILINE)
    document = read_markdown("\n".join(found))
    return Document(document.blocks, title=title[1].strip() if title else document.title)


def _org_rule(rule: re.Match[str]) -> str:
    return rule[0].replace("+", "|")


def read_tex(text: str) -> Document:
    """Return a LaTeX document's prose: sections are headings, commands that only set the page are left out."""
    bare = re.sub(r"(?<!\\)%.*", "", text)
    title = re.search(r"\\title\{([^{}]*)\}", bare)
    start = bare.find(r"\begin{document}")
    if start > 0:
        bare = "\n" * bare.count("\n", 0, start) + bare[start:]
    document = read_markdown("\n".join(_tex_line(line) for line in bare.split("\n")))
    return Document(document.blocks, title=title[1].strip() if title else document.title)


def _tex_line(line: str) -> str:
    heading, last = _TEX_HEADING.search(line), line.rfind("}")
    if heading and heading.end() <= last:
        return f"{'#' * _TEX_LEVELS[heading[1]]} {_tex_line(line[heading.end() : last])}"
    line = re.sub(r"\\item(?:\[([^\]]{0,300})\])?", r"\n- \1", line).lstrip("\n").replace("\n", " ")
    line = _TEX_DROPPED.sub("", line)
    for _ in range(3):  # commands within commands
        line = _TEX_KEPT.sub(r"\1", line)
    line = re.sub(r"\\\\(?:\[[^\]]{0,300}\])?", "; " if "&" in line else "", line)
    line = re.sub(r"(?<!\\)&", "|", line)
    return re.sub(r"[ \t]{2,}", " ", _TEX_SIGNS.sub(lambda one: one[1] or " ", line)).strip()
