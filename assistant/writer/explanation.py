"""Prose for `explain` (quoted from the documents) and for declining."""

import re
from dataclasses import replace
from typing import Any

from assistant.events import Cited, Language
from assistant.passages import GLOSSARY
from assistant.sentences import say
from assistant.writer.alternatives import instead
from assistant.writer.draft import Draft, bullets, join_sentences, parts, section, whole_sentence
from assistant.writer.score import one_score

_ASKS = re.compile(r"[?？][\"”」』）)]?$|^\|(?: -+ \|)+$")
_HEADING = re.compile(r"^#{1,6}[ \t]+(.+?)[ \t]*$", re.MULTILINE)  # a quoted heading must not become the answer's
QUOTE_LIMIT = 900  # characters of the first passage: one guide section
SECOND_LIMIT = 320
RELATED = 3
NEAREST = (
    3  # where nothing seems to answer: of questions with an answer the first holds it in 46 %, one of three in 87 %
)
COMPARABLE = 0.6  # a passage in the asker's language is quoted unless one in the other is this much better
CLOSE = 0.85  # a second passage this near the first one's score also answers
PROVEN = ("fit", "compare", "max_size", "finetune_memory")  # answers whose figures stand folded below them
NEAR = 0.1  # when its relevance is no further below the first one's


def explanation(result: dict[str, Any], language: Language) -> Draft:
    """Return the passage that answers, quoted with its number, then related passages.

    When the person's documents do not seem to say what is asked for, or only perhaps, that is said first, above their
    nearest passages.
    """
    passages = result["passages"]
    if not passages:
        word, can = result.get("word"), say(language, "decline.can")
        nothing = say(language, "explain.unknown_word", word=word) if word else say(language, "explain.nothing")
        return Draft(nothing, (can,), next_questions=(say(language, "next.add_document"),))
    passages = _own_language_first(passages, language)
    to_quote = _to_quote(passages, language)
    quoted = [one for one, _ in to_quote]
    quotes = [_numbered(quote(one["quote"], limit), n) for n, (one, limit) in enumerate(to_quote, 1)]
    unsure = "explain.perhaps" if quoted[0]["may_state"] else "explain.nearest"
    verdict = "" if quoted[0]["states"] else say(language, unsure)
    lead = [] if verdict else quotes[:1]  # what is merely near is nothing for a chat model to put in its own words
    related: list[dict[str, Any]] = []
    for one in passages:
        if len(related) < RELATED and not _same_section(one, [*quoted, *related]):
            related.append(one)
    sources = tuple(_cited(one, n) for n, one in enumerate([*quoted, *related], 1))
    listed = [f"{one.heading or one.named} [{one.n}]" for one in sources[len(quoted) :]]
    body = parts(*quotes[len(lead) :], section(say(language, "explain.related"), bullets(listed)))
    return Draft(verdict, tuple(lead), body, sources=sources, next_questions=_questions(language))


def _to_quote(passages: list[dict[str, Any]], language: Language) -> list[tuple[dict[str, Any], int]]:
    """Return the passages to quote, each with the characters it may have."""
    first, *others = passages
    if not first["states"]:
        return [(one, SECOND_LIMIT) for one in passages if not one["states"]][:NEAREST]
    second = next((one for one in others if _also_answers(one, first, language)), None)
    return [(first, QUOTE_LIMIT), *([(second, SECOND_LIMIT)] if second else [])]


def _also_answers(passage: dict[str, Any], first: dict[str, Any], language: Language) -> bool:
    """Tell whether a passage answers as well as the first one, from documents of the same kind."""
    if passage["lang"] not in (language, "") or (passage["origin"] == "user") != (first["origin"] == "user"):
        return False
    if first["file"] == GLOSSARY:
        return bool(passage["in_heading"])
    return bool(passage["score"] >= CLOSE * first["score"] and passage["relevance"] >= first["relevance"] - NEAR)


def _same_section(passage: dict[str, Any], quoted: list[dict[str, Any]]) -> bool:
    """Tell whether a passage's section is among those; of a person's document each place counts by itself."""
    keys = ("file", "heading", "place") if passage["origin"] == "user" else ("file", "heading")
    return any(all(passage[key] == one[key] for key in keys) for one in quoted)


def _numbered(quoted: str, n: int) -> str:
    """Return a quote with its number, which in a table's last row would be a cell."""
    return f"{quoted}\n\n[{n}]" if quoted.endswith("|") else f"{quoted} [{n}]"


def _own_language_first(passages: list[dict[str, Any]], language: Language) -> list[dict[str, Any]]:
    """Put the best passage in the answer's language first unless another is far better or from the person's folder."""
    if passages[0].get("origin") == "user":
        return passages
    least = COMPARABLE * passages[0]["score"]
    own = [p for p in passages if p["lang"] == language and p["states"] and p["score"] >= least]
    return [*own, *(p for p in passages if p not in own)]


def _cited(passage: dict[str, Any], n: int) -> Cited:
    return Cited(n, passage["file"], passage["heading"], passage["text"], passage["place"])


def quote(text: str, limit: int) -> str:
    """Return the text whole, or its leading sentences (lines of tables and lists stay whole) within `limit`.

    It does not end with a question whose answer is no longer in it, or with the head of a table without rows.
    """
    text = _HEADING.sub(r"**\1**", text.strip())
    if len(text) <= limit:
        return text
    kept = ""
    for piece in re.split(r"(?<=[。！？])|(?<=[.!?])(?=\s)|(?<=\n)", text):
        if len(kept) + len(piece) > limit and kept:
            break
        kept += piece
    shown = kept[:limit].rstrip()
    before, _, last = shown.rpartition("\n")
    return (before.rstrip() if before.strip() and _ASKS.search(last) else shown) + " …"


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


def unfolded(plan: Draft) -> Draft:
    """Return an answer with the figures that were folded below it: the answer to "why?" where nothing was chosen."""
    body = plan.details or parts(join_sentences(plan.lead), plan.body)
    return replace(plan, lead=(), body=body, details="", assumptions=(), warnings=())


def reasons_against(named: str, rows: list[dict[str, str]], picks: list[dict[str, Any]], language: Language) -> Draft:
    """Return why the named models were not picked, and below why the first pick was: the answer to "why not Llama?"."""
    again = reasons_again(picks, language)
    if not rows:
        return replace(again, verdict=say(language, "explain.why_not_unknown", named=named))
    against = section(
        say(language, "explain.why_not", named=named), bullets(_because(row, picks, language) for row in rows)
    )
    reasons = bullets(whole_sentence(language, line) for line in picks[0]["why"])
    return replace(again, verdict=against, body=parts(f"**{again.verdict}**", reasons))


def _because(row: dict[str, str], picks: list[dict[str, Any]], language: Language) -> str:
    """Return why a model is not the first pick; of one that was picked as well, what it gains and costs against it."""
    place = next((n for n, pick in enumerate(picks, 1) if pick["model"] == row["model"]), 0)
    if place < 2:
        return f"{row['model']}: {row['because']}"
    ties = [picks[place - 1]["id"]] if row["tied"] else []
    traded = instead(picks[0], picks[place - 1], place, ties, language, wished=True)
    return f"{traded} ({row['because']})" if language == "en" else f"{traded}（{row['because']}）"


def refusal(result: dict[str, Any], language: Language) -> Draft:
    """Decline politely and say what can be asked; `documents`: the person has some, which do not say it either."""
    said = "decline.silent" if result.get("documents") else "decline.sorry"
    return Draft(say(language, said), (say(language, "decline.can"),), next_questions=examples(language))


def examples(language: Language) -> tuple[str, ...]:
    """Return questions that can be asked, for someone whose question could not be answered."""
    return tuple(say(language, f"decline.example_{n}") for n in (1, 2, 3))
