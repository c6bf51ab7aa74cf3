"""The passages that answer a question of knowledge, in the order in which they are quoted."""

import re
from collections.abc import Sequence
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from assistant.definitions import Asked, asked, defines, speaks_of
from assistant.events import Language
from assistant.excerpts import Records, Shares, excerpt
from assistant.own_documents import MAY_STATE, STATES, SURE, quotable

if TYPE_CHECKING:
    from index.library import Index
    from index.types import Before, Hit
    from knowledge.schema import Term

PASSAGES = 5  # searched for in the person's documents, and as many in the guides
GLOSSARY = "glossary.toml"
_RECORDS: dict[str, Records] = {".json": "lines", ".jsonl": "one line", ".ndjson": "one line"}
_UNNAMED = re.compile(r"(?:sheet|シート|table|表) ?\d*", re.IGNORECASE)


def find_passages(
    index: "Index",
    glossary: "Sequence[Term]",
    query: str,
    language: Language,
    *,
    own_first: bool = False,
    before: "Before | None" = None,
) -> list[dict[str, Any]]:
    """Return the passages to quote, best first, as JSON-ready rows.

    `quote` is the part of `text` to show, `in_heading` whether the section is named after a word that is asked about,
    `states` whether the passage seems to say what is asked for, `may_state` whether it perhaps does: one of the
    person's may only be the nearest to it. A question for the meaning of a word is answered by passages that speak of
    it, its definition first.

    Arguments that need a word:
        own_first: the person's documents come first, whatever the guides say.
        before: the question that the person's documents answered just before.
    """
    from index.following import follow

    own = follow(partial(index.search, source="user", language=language), query, before, top=PASSAGES)
    shipped = index.search(query, top=PASSAGES, source="shipped", language=language)
    support = index.support(query, own).states
    stated = support >= STATES
    hits = quotable(own, shipped, own_first=own_first, stated=stated)
    shares = partial(index.shares, query)
    found: list[dict[str, Any]] = []
    about = asked(query, glossary)
    if about is not None:
        hits = [hit for hit in hits if _on(about, hit, language)]
        if not (own_first and hits and hits[0].passage.origin == "user"):
            defining = [hit for hit in hits if hit.passage.origin != "user" and defines(about, hit.passage.heading)]
            hits = [*defining, *(hit for hit in hits if hit not in defining)]
            if about.term is not None and not defining:
                found.append(_definition(about.term, language))
    for hit in hits:
        named = about is not None and _named(about, hit)
        states = stated or named or hit.passage.origin != "user"
        row = {**_row(hit, shares, language, query), "in_heading": named, "states": states}
        row["may_state"] = states or support >= MAY_STATE
        if not any(all(one[key] == row[key] for key in ("file", "heading", "text")) for one in found):
            found.append(row)
    return [{"n": n, **row} for n, row in enumerate(found[:PASSAGES], 1)]


def _on(about: Asked, hit: "Hit", language: Language) -> bool:
    """Tell whether a passage speaks of the word; one in another language may do so in words that are not known."""
    passage = hit.passage
    if speaks_of(about, passage.heading, passage.text):
        return True
    return about.term is None and passage.lang not in (language, "") and hit.relevance >= SURE


def _named(about: Asked, hit: "Hit") -> bool:
    return speaks_of(about, hit.passage.heading.rpartition(" > ")[2], "")


def _definition(term: "Term", language: Language) -> dict[str, Any]:
    """Return the glossary's definition of a term as a passage."""
    name, other = (term.ja, term.en) if language == "ja" else (term.en, term.ja)
    title = name if name == other or language == "en" else f"{name}（{other}）"
    text = f"{title}: {term.definition[language]}"
    return {
        "file": GLOSSARY, "heading": name, "text": text, "quote": text, "lang": language, "place": "",
        "origin": "shipped", "score": 1.0, "relevance": 1.0, "in_heading": True, "states": True,
        "may_state": True,
    }  # fmt: skip


def _row(hit: "Hit", shares: Shares, language: Language, query: str) -> dict[str, Any]:
    file, heading, text, lang = _in_language(hit, language)
    place, quote = hit.passage.place, text
    if hit.passage.origin == "user":
        part = excerpt(text, place, shares, query, records=_RECORDS.get(PurePath(file.lower()).suffix))
        quote, place = below_heading(heading, part.text), part.place
    return {
        "file": file, "heading": heading, "text": text, "quote": quote, "lang": lang, "place": place,
        "origin": hit.passage.origin, "score": round(hit.score, 4), "relevance": hit.relevance,
    }  # fmt: skip


def below_heading(heading: str, text: str) -> str:
    """Return a quote below its section's heading, without which "1. Enter bank details" may mean the contrary.

    A spreadsheet's unnamed sheet says nothing.
    """
    section = heading.rpartition(" > ")[2]
    return f"**{section}**\n\n{text}" if section and not _UNNAMED.fullmatch(section) and section not in text else text


def _in_language(hit: "Hit", language: Language) -> tuple[str, str, str, str]:
    """Return file, heading, text and language of a hit: of a guide the whole section, in the asker's language."""
    from knowledge.guides import counterpart

    found = hit.passage
    if found.origin == "shipped" and (section := counterpart(found.file, found.heading, language)):
        return (*section, language)
    return found.file, found.heading, found.text, found.lang
