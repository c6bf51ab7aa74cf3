"""Text to safe HTML: everything the page shows is built here or escaped by `esc`.

The page's HTML travels inside Markdown components, whose parser leaves an HTML block alone until a blank line. Line
ends are therefore written as character references, and untrusted text is never Markdown to the browser.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from html import escape
from typing import Any, cast
from urllib.parse import urlsplit

_UNWANTED = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_TAG = re.compile(r"(<[^>]*>)")
_CITE = re.compile(r"\[(\d{1,3}(?:\s*[,、]\s*\d{1,3})*)\]")
_TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre",
    "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip


def clean(value: object) -> str:
    """Return a value's text without control characters, direction overrides and lone surrogates."""
    return _UNWANTED.sub("", str(value).replace("\r\n", "\n").replace("\r", "\n"))


def esc(value: object) -> str:
    """Return a value's text as one line of HTML that shows exactly that text, in an element or a quoted attribute."""
    return one_line(escape(clean(value), quote=True))


def one_line(html: str) -> str:
    """Return the same HTML without line ends, so that a Markdown parser passes it through as one block."""
    return html.replace("\n", "&#10;")


def markdown(text: str, anchors: Mapping[int, tuple[str, str]] | None = None) -> str:
    """Return Markdown as safe one-line HTML.

    Raw HTML is shown as text, images become their description, links are kept for http(s) and mailto only.
    `anchors`: source number -> (element id, title); a citation `[1]` of a known source becomes a link to its passage,
    an unknown one stays text.
    """
    import nh3

    html = _parser().render(clean(text))
    html = nh3.clean(
        html,
        tags=_TAGS,
        attributes={"a": {"href", "title"}, "td": {"style"}, "th": {"style"}, "ol": {"start"}},
        filter_style_properties={"text-align"},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
    return one_line(_cite(html, anchors or {}).strip())


@cache
def _parser() -> Any:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
    cast(Any, parser).validateLink = _followable
    parser.add_render_rule("image", lambda _self, tokens, index, _options, _env: escape(tokens[index].content))
    return parser


def _followable(url: str) -> bool:
    try:
        return urlsplit(url.strip()).scheme in {"http", "https", "mailto"}
    except ValueError:
        return False


def _cite(html: str, anchors: Mapping[int, tuple[str, str]]) -> str:
    """Turn `[1]` in running text, outside code and links, into links to the numbered passages."""
    if not anchors:
        return html
    verbatim = 0
    parts = _TAG.split(html)
    for place, part in enumerate(parts):
        if part.startswith("<"):
            name = part[1:].split(" ")[0].rstrip(">")
            verbatim += {"code": 1, "pre": 1, "a": 1, "/code": -1, "/pre": -1, "/a": -1}.get(name, 0)
        elif not verbatim:
            parts[place] = _CITE.sub(lambda match: _links(match, anchors), part)
    return "".join(parts)


def _links(match: re.Match[str], anchors: Mapping[int, tuple[str, str]]) -> str:
    numbers = [int(unicodedata.normalize("NFKC", one)) for one in re.findall(r"\d+", match.group(1))]
    if any(number not in anchors for number in numbers):
        return match.group(0)
    return "".join(
        f'<a class="mk-cite" href="#{esc(anchors[number][0])}" title="{esc(anchors[number][1])}">{number}</a>'
        for number in numbers
    )
