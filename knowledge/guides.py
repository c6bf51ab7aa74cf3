"""The shipped guides: Markdown pages with a front matter, the same topics in Japanese and English.

The front matter is a small subset of YAML: `key: value` lines, and `key:` followed by `  - item` lines. Values are
plain text up to the end of the line: no quoting, no nesting, no comments.
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Literal, get_args

from assistant.errors import CatalogError

GuideLanguage = Literal["ja", "en"]
TEXT_KEYS = ("title", "summary", "lang", "topic", "date")
LIST_KEYS = ("sources", "questions")


@dataclass(frozen=True, slots=True)
class Section:
    """One `##` section of a guide: its heading and its Markdown text, without the heading line."""

    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Guide:
    """One page. `questions` are what a reader would type; `path` is the file it was read from."""

    topic: str
    lang: GuideLanguage
    title: str
    summary: str
    sources: tuple[str, ...]
    date: date
    questions: tuple[str, ...]
    body: str
    path: Path

    @property
    def file(self) -> str:
        """The path inside the guides folder with forward slashes: "ja/quantization.md"."""
        return f"{self.lang}/{self.topic}.md"

    @property
    def sections(self) -> tuple[Section, ...]:
        """The `##` sections in order; text before the first one belongs to none."""
        found: list[Section] = []
        for part in f"\n{self.body}".split("\n## ")[1:]:
            heading, _, text = part.partition("\n")
            found.append(Section(heading.strip(), text.strip()))
        return tuple(found)


def guides_folder() -> Path:
    """Return the folder of the shipped guides, with the subfolders `ja` and `en`."""
    return Path(str(files("knowledge"))) / "guides"


@lru_cache(maxsize=1)
def load_guides() -> tuple[Guide, ...]:
    """Return every shipped guide, ordered by topic, Japanese before English. Read once per process.

    Raises:
        CatalogError: a page's front matter lacks a key, has an unknown one, or contradicts its place.
    """
    paths = [path for lang in get_args(GuideLanguage) for path in guides_folder().joinpath(lang).glob("*.md")]
    return tuple(sorted(map(read_guide, paths), key=lambda guide: (guide.topic, guide.lang != "ja")))


def counterpart(file: str, heading: str, language: GuideLanguage) -> tuple[str, str, str] | None:
    """Return a section of a shipped guide in a language, whole, as file, heading path and text.

    `heading` is the heading path "title > section". Sections correspond by position (tests/test_guides.py holds both
    languages to the same number). None when the file is no shipped guide or has no such section.
    """
    guides = {guide.file: guide for guide in load_guides()}
    guide, other = guides.get(file), guides.get(f"{language}/{file.partition('/')[2]}")
    if guide is None or other is None:
        return None
    for one, same in zip(guide.sections, other.sections, strict=False):
        if heading == f"{guide.title} > {one.heading}":
            return other.file, f"{other.title} > {same.heading}", same.text
    return None


def read_guide(path: Path) -> Guide:
    """Return the guide in `path`, whose folder names its language and whose stem its topic.

    Raises:
        CatalogError: naming the file and the field.
    """
    texts, lists, body = parse_front_matter(path.read_text(encoding="utf-8"), path)
    for key in TEXT_KEYS:
        if not texts.get(key):
            raise CatalogError(path=path, field=key, found=None, expected="a text")
    for key in LIST_KEYS:
        if not lists.get(key):
            raise CatalogError(path=path, field=key, found=None, expected="at least one '- item' line")
    lang = texts["lang"]
    if lang != path.parent.name or (lang != "ja" and lang != "en"):
        raise CatalogError(path=path, field="lang", found=lang, expected=f"the folder's name, {path.parent.name!r}")
    if texts["topic"] != path.stem:
        raise CatalogError(path=path, field="topic", found=texts["topic"], expected=f"the file's name, {path.stem!r}")
    try:
        day = date.fromisoformat(texts["date"])
    except ValueError:
        raise CatalogError(path=path, field="date", found=texts["date"], expected="a day as YYYY-MM-DD") from None
    return Guide(
        topic=texts["topic"],
        lang="ja" if lang == "ja" else "en",
        title=texts["title"],
        summary=texts["summary"],
        sources=lists["sources"],
        date=day,
        questions=lists["questions"],
        body=body,
        path=path,
    )


def parse_front_matter(text: str, path: Path) -> tuple[dict[str, str], dict[str, tuple[str, ...]], str]:
    """Return a page's single values, its lists and the text below the front matter.

    Raises:
        CatalogError: there is no front matter, or a line in it is neither `key: value` nor `- item`, is repeated or
            unknown.
    """
    lines = text.lstrip("\ufeff").splitlines()
    if not lines or lines[0].strip() != "---" or "---" not in lines[1:]:
        raise CatalogError(path=path, field="front matter", found=lines[:1], expected="a block between '---' lines")
    end = lines.index("---", 1)
    texts: dict[str, str] = {}
    lists: dict[str, list[str]] = {}
    current: list[str] | None = None
    for number, line in enumerate(lines[1:end], start=2):
        stripped = line.strip()
        if not stripped:
            continue
        if stripped.startswith("- ") and current is not None:
            current.append(stripped.removeprefix("- ").strip())
            continue
        key, colon, value = stripped.partition(":")
        if not colon or key in texts or key in lists or key not in (*TEXT_KEYS, *LIST_KEYS):
            raise CatalogError(path=path, field=f"line {number}", found=stripped, expected="a known key, given once")
        current = None
        if key in LIST_KEYS:
            current = lists[key] = []
        else:
            texts[key] = value.strip()
    return texts, {key: tuple(items) for key, items in lists.items()}, "\n".join(lines[end + 1 :]).strip() + "\n"
