"""Prose for `explain` (quoted from the documents) and for declining."""

import re
from typing import Any

from assistant.events import Cited, Language
from assistant.sentences import say
from assistant.writer.draft import Draft, bullets, parts, section, whole_sentence
from assistant.writer.score import one_score

_HEADING = re.compile(r"^#{1,6}[ \t]+(.+?)[ \t]*$", re.MULTILINE)  # a quoted heading must not become the answer's
QUOTE_LIMIT = 900  # characters of the first passage: one guide section
SECOND_LIMIT = 320
RELATED = 3
COMPARABLE = 0.6  # a passage in the asker's language is quoted unless one in the other is this much better
CLOSE = 0.85  # a second passage this near the first one's score also answers


def explanation(result: dict[str, Any], language: Language) -> Draft:
    """Return the passage that answers, quoted with its number, then related passages."""
    passages = result["passages"]
    if not passages:
        nothing, can = say(language, "explain.nothing"), say(language, "decline.can")
        return Draft(nothing, (can,), next_questions=(say(language, "next.add_document"),))
    passages = _own_language_first(passages, language)
    first = passages[0]
    quotes = [quote(first["text"], QUOTE_LIMIT) + " [1]"]
    sources = [_cited(first, 1)]
    for passage in passages[1:]:
        near = passage["score"] >= CLOSE * first["score"] and passage["lang"] in (language, "")
        if near and passage["file"] != first["file"] and len(sources) < 2:
            sources.append(_cited(passage, 2))
            quotes.append(quote(passage["text"], SECOND_LIMIT) + " [2]")
    related: list[str] = []
    for passage in passages[1:]:
        if any((s.file, s.heading) == (passage["file"], passage["heading"]) for s in sources):
            continue
        if len(related) < RELATED:
            sources.append(_cited(passage, len(sources) + 1))
            related.append(f"{passage['heading']} [{len(sources)}]")
    body = parts(*quotes[1:], section(say(language, "explain.related"), bullets(related)))
    return Draft("", (quotes[0],), body, sources=tuple(sources), next_questions=_questions(language))


def _own_language_first(passages: list[dict[str, Any]], language: Language) -> list[dict[str, Any]]:
    """Put the best passage in the answer's language first unless another is far better or from the person's folder."""
    if passages[0].get("origin") == "user":
        return passages
    own = [p for p in passages if p["lang"] == language and p["score"] >= COMPARABLE * passages[0]["score"]]
    return [*own, *(p for p in passages if p not in own)]


def _cited(passage: dict[str, Any], n: int) -> Cited:
    return Cited(n, passage["file"], passage["heading"], passage["text"], passage["place"])


def quote(text: str, limit: int) -> str:
    """Return the text whole, or its leading sentences (lines of tables and lists stay whole) within `limit`."""
    text = _HEADING.sub(r"**\1**", text.strip())
    if len(text) <= limit:
        return text
    kept = ""
    for piece in re.split(r"(?<=[。！？])|(?<=[.!?])(?=\s)|(?<=\n)", text):
        if len(kept) + len(piece) > limit and kept:
            break
        kept += piece
    return kept[:limit].rstrip() + " …"


def _questions(language: Language) -> tuple[str, ...]:
    return tuple(say(language, f"next.after_explain_{n}") for n in (1, 2))


def reasons_again(picks: list[dict[str, Any]], language: Language) -> Draft:
    """Return why the latest picks were picked, the first score part by part: the answer to "why that one?"."""
    first = picks[0]
    lines = [whole_sentence(language, line) for line in first["why"]]
    others = [f"{p['model']}: {p['why'][0]}" for p in picks[1:]]
    questions = [say(language, "next.compare", a=first["model"], b=p["model"]) for p in picks[1:2]]
    questions.append(say(language, "next.licence", model=first["model"]))
    score = one_score(first, language) if first.get("parts") else ""
    verdict = say(language, "explain.why", model=first["model"], score=f"{first['score']:.0f}")
    body = parts(bullets(lines), section(say(language, "recommend.others"), bullets(others)))
    return Draft(verdict, (), body, score, next_questions=tuple(questions), listed=tuple(p["id"] for p in picks))


def refusal(result: dict[str, Any], language: Language) -> Draft:
    """Decline politely and say what can be asked."""
    return Draft(say(language, "decline.sorry"), (say(language, "decline.can"),), next_questions=examples(language))


def examples(language: Language) -> tuple[str, ...]:
    """Return questions that can be asked, for someone whose question could not be answered."""
    return tuple(say(language, f"decline.example_{n}") for n in (1, 2, 3))
