"""What the built-in embedder learns from: pairs of texts that belong together, all from this repository.

- index/embedder/pairs/facts.jsonl: passages in both languages, as documents of any kind have them, each with questions
  in both;
- the other index/embedder/pairs/*.jsonl: questions with the passage or the guide's section that answers them;
- the guides: a section's heading, sentences and the guide's questions with the section's text, and the two languages'
  sections with each other;
- the glossary: every way to say a term with every other, and with its definitions;
- everyday words: the ways to say a concept, and made-up texts of some concepts with questions about a few of them;
- the catalog: a model's names with its card in either language.
"""

import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from assistant.errors import MekikiError
from index.bags import Bags
from index.bm25 import Bm25
from index.chunks import Chunk, split
from index.formats.blocks import Document
from index.formats.text import read_markdown
from index.terms import terms
from index.words import Concept, concepts
from knowledge.schema import Term

PAIRS = Path(__file__).parent / "pairs"
FACTS = PAIRS / "facts.jsonl"
MIXTURES = 16_000
_NEAR = 40  # lines of the word list that are about one field of life
_TEXT, _QUESTION = (8, 18), (2, 4)  # concepts in a made-up text and in a question about it


@dataclass(frozen=True, slots=True)
class Pair:
    """Two texts that belong together. One `group` has no negatives; `weight`: how often drawn."""

    left: str
    right: str
    group: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Fact:
    """What a document says in one place: its passage in Japanese and in English, and questions that it answers."""

    document: str
    passages: tuple[str, str]
    questions: tuple[str, ...]


def written_pairs(guides: dict[str, dict[str, Document]], folder: Path = PAIRS) -> Iterator[Pair]:
    """Yield the pairs written for training, in file order.

    A line holds a `query` with a `passage`, or with the `file` and `heading` of a guide's section in either language.

    A line whose section is no longer in the guides is passed over: the guides may change without their questions.
    """
    sections = guide_sections(guides)
    for file in sorted(folder.glob("*.jsonl")):
        if file.name == FACTS.name:
            continue
        for line in file.read_text(encoding="utf-8").splitlines():
            if not line.strip():
                continue
            one = json.loads(line)
            if "passage" in one:
                yield Pair(one["query"], one["passage"], f"written:{one['passage'][:200]}", 2.0)
                continue
            topic = one["file"].partition("/")[2].removesuffix(".md")
            for n, text in enumerate(sections.get((one["file"], one["heading"]), [])):
                yield Pair(one["query"], text, f"{topic}:{one['heading']}", 2.0 if n == 0 else 1.0)


def facts(file: Path = FACTS) -> list[Fact]:
    """Return the facts in the file's order, those of a document one after the other.

    A line holds the passage as `ja` and `en`, the questions as `ask_ja` and `ask_en`, and the document's name as `doc`.
    """
    found = []
    for line in file.read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        passages = (f"{one['doc']}\n{one['ja']}", f"{one['doc']}\n{one['en']}")
        found.append(Fact(one["doc"], passages, (*one["ask_ja"], *one["ask_en"])))
    return found


def fact_pairs(listed: Sequence[Fact]) -> Iterator[Pair]:
    """Yield each question with the passage that answers it, alone and among its neighbours, in either language.

    And the two languages with each other. Passages of a document with their neighbours hold one another, so they are no
    negatives of each other.
    """
    for n, one in enumerate(listed):
        group = f"fact:{n}"
        yield Pair(*one.passages, group, 1.0)
        for question in one.questions:
            for passage in one.passages:
                yield Pair(question, passage, group, 1.0)
    for document, group_of in groupby(listed, key=lambda one: one.document):
        told = list(group_of)
        for n, one in enumerate(told):
            around = told[max(0, n - 1) : n + 2]
            if len(around) > 1:
                for lang in (0, 1):
                    text = "\n".join([document, *(other.passages[lang].partition("\n")[2] for other in around)])
                    for question in one.questions:
                        yield Pair(question, text, f"document:{document}", 0.5)


def guide_sections(guides: dict[str, dict[str, Document]]) -> dict[tuple[str, str], list[str]]:
    """Return the passages of the guides by file ("ja/rag.md") and heading."""
    found: dict[tuple[str, str], list[str]] = {}
    for topic, languages in guides.items():
        for lang, document in languages.items():
            for one in split(document, ""):
                place = (f"{lang}/{topic}.md", one.heading.rpartition(" > ")[2])
                found.setdefault(place, []).append(f"{one.heading}\n{one.text}")
    return found


def guide_documents(folder: Path) -> dict[str, dict[str, Document]]:
    """Return the guides by topic and language."""
    found: dict[str, dict[str, Document]] = {}
    for file in sorted(folder.glob("*/*.md")):
        document = read_markdown(file.read_text(encoding="utf-8"))
        found.setdefault(file.stem, {})[file.parent.name] = document
    return found


def guide_pairs(guides: dict[str, dict[str, Document]]) -> Iterator[Pair]:
    """Yield pairs from every guide, and between its two languages where both have the same number of sections."""
    for topic, languages in guides.items():
        sections: dict[str, list[Chunk]] = {}
        for lang, document in languages.items():
            chunks = split(document, f"{topic}.md")
            sections[lang] = chunks
            yield from _inside(document, chunks, topic)
        if set(sections) >= {"ja", "en"}:
            yield from _across(languages, sections, topic)


def _inside(document: Document, chunks: list[Chunk], topic: str) -> Iterator[Pair]:
    for n, chunk in enumerate(chunks):
        whole, group = f"{chunk.heading}\n{chunk.text}", f"{topic}:{n}"
        _, _, heading = chunk.heading.rpartition(" > ")
        yield Pair(heading, whole, group, 1.0)
        yield Pair(f"{document.title} {document.summary}", whole, topic, 0.3)
        sentences = [
            one.strip() for one in re.split(r"(?<=[。！？])|(?<=[.!?])\s|\n", chunk.text) if len(one.strip()) > 12
        ]
        for sentence in sentences:
            rest = whole.replace(sentence, " ")
            yield Pair(sentence, rest, group, 0.4)
    if chunks:
        bags = Bags.of([_counts(f"{one.heading} {one.heading} {one.text}") for one in chunks])
        scorer = Bm25.of(bags)
        for question in document.questions:
            scores = scorer.scores(dict.fromkeys(terms(question), 1.0))
            best = int(scores.argmax())
            if scores[best] > 0:
                yield Pair(question, f"{chunks[best].heading}\n{chunks[best].text}", f"{topic}:{best}", 2.0)
            yield Pair(question, f"{document.title}\n{document.summary}", topic, 1.0)


def _counts(text: str) -> dict[str, float]:
    counts: dict[str, float] = {}
    for term in terms(text):
        counts[term] = counts.get(term, 0.0) + 1.0
    return counts


def _across(languages: dict[str, Document], sections: dict[str, list[Chunk]], topic: str) -> Iterator[Pair]:
    ja, en = languages["ja"], languages["en"]
    yield Pair(f"{ja.title} {ja.summary}", f"{en.title} {en.summary}", topic, 3.0)
    yield Pair(ja.title, en.title, topic, 2.0)
    for question in ja.questions:
        yield Pair(question, f"{en.title}\n{en.summary}", topic, 1.0)
    for question in en.questions:
        yield Pair(question, f"{ja.title}\n{ja.summary}", topic, 1.0)
    headings = {lang: list(dict.fromkeys(one.heading for one in chunks)) for lang, chunks in sections.items()}
    if len(headings["ja"]) != len(headings["en"]):
        return
    for n, (left, right) in enumerate(zip(headings["ja"], headings["en"], strict=True)):
        texts = {
            lang: "\n".join(one.text for one in sections[lang] if one.heading == heading)
            for lang, heading in (("ja", left), ("en", right))
        }
        group = f"{topic}:h{n}"
        yield Pair(f"{left}\n{texts['ja']}", f"{right}\n{texts['en']}", group, 3.0)
        yield Pair(left.rpartition(" > ")[2], right.rpartition(" > ")[2], group, 2.0)
        yield Pair(left.rpartition(" > ")[2], f"{right}\n{texts['en']}", group, 1.5)
        yield Pair(right.rpartition(" > ")[2], f"{left}\n{texts['ja']}", group, 1.5)


def glossary_pairs(entries: tuple[Term, ...]) -> Iterator[Pair]:
    """Yield every pair of ways to say a term, and each with the definitions."""
    for entry in entries:
        names = list(dict.fromkeys([entry.ja, entry.en, *entry.aliases]))
        group = f"term:{entry.en}"
        for n, left in enumerate(names):
            for right in names[n + 1 :]:
                yield Pair(left, right, group, 1.0)
            for definition in entry.definition.values():
                yield Pair(left, definition, group, 0.5)
        if {"ja", "en"} <= set(entry.definition):
            yield Pair(entry.definition["ja"], entry.definition["en"], group, 2.0)


def word_pairs(entries: tuple[Term, ...]) -> Iterator[Pair]:
    """Yield each concept's expressions with one another, and texts made of concepts with questions about them.

    Neighbours in the list are about one field of life, so texts from one stretch resemble each other and a question
    has to tell them apart by what it names.
    """
    everyday = concepts()
    for one in everyday:
        yield Pair("、".join(one.ja), ", ".join(one.en), f"word:{one.en[0]}", 0.5)
        names = (*one.ja, *one.en)
        for n, left in enumerate(names):
            for right in names[n + 1 :]:
                yield Pair(left, right, f"word:{one.en[0]}", 0.15)
    technical = [_concept(entry) for entry in entries]
    chance = random.Random(len(everyday))
    for n in range(MIXTURES):
        held: Sequence[Concept] = technical if n % 5 == 0 else everyday
        start = chance.randrange(len(held))
        near = [held[(start + k) % len(held)] for k in range(_NEAR)]
        told = chance.sample(near, chance.randint(*_TEXT))
        asked = chance.sample(told, chance.randint(*_QUESTION))
        yield Pair(_worded(asked, chance), _worded(told, chance), f"mixture:{n}", 0.5)


def _concept(entry: Term) -> Concept:
    names = list(dict.fromkeys([entry.ja, entry.en, *entry.aliases]))
    latin = tuple(one for one in names if one.isascii())
    return Concept(tuple(one for one in names if not one.isascii()) or latin, latin or (entry.en,))


def _worded(told: Sequence[Concept], chance: random.Random) -> str:
    """Return the concepts in words of one language, each said in one of its ways."""
    if chance.random() < 0.5:
        return "".join(chance.choice(one.ja or one.en) + chance.choice(("を", "の", "は", "に", "、")) for one in told)
    return " ".join(chance.choice(one.en) for one in told)


def catalog_pairs() -> Iterator[Pair]:
    """Yield a model's names with its cards, and its two cards with each other."""
    try:
        from knowledge.cards import model_card
        from knowledge.catalog import load_catalog

        catalog = load_catalog()
    except (ImportError, MekikiError):
        return
    for model in catalog.models.values():
        cards = {lang: model_card(catalog, model, lang)[:1200] for lang in ("ja", "en")}
        group = f"model:{model.id}"
        yield Pair(cards["ja"], cards["en"], group, 0.5)
        for name in dict.fromkeys([model.name, model.id, *model.aliases[:4]]):
            yield Pair(name, cards["ja"], group, 0.1)
            yield Pair(name, cards["en"], group, 0.1)


def mixed(text: str, swaps: dict[str, list[str]], pattern: re.Pattern[str], chance: random.Random) -> str:
    """Return a text with some glossary terms said in the other language: how people here write anyway."""

    def other(match: re.Match[str]) -> str:
        choices = swaps[match[0].lower()]
        return chance.choice(choices) if chance.random() < 0.5 else match[0]

    return pattern.sub(other, text)


def swap_table(entries: tuple[Term, ...]) -> tuple[dict[str, list[str]], re.Pattern[str]]:
    """Return glossary expressions with their other ways to be said, and a pattern that finds them, longest first."""
    table: dict[str, list[str]] = {}
    for entry in entries:
        names = list(dict.fromkeys([entry.ja, entry.en, *entry.aliases]))
        for name in names:
            if len(name) > 2 or not name.isascii():
                table[name.lower()] = [one for one in names if one != name]
    words = sorted((one for one, others in table.items() if others), key=lambda one: (one[0], -len(one), one))
    parts = []
    for first, group in groupby(words, key=lambda one: one[0]):  # one look at the first letter spares most tries
        ways = "|".join(rf"\b{re.escape(one)}\b" if one.isascii() else re.escape(one) for one in group)
        parts.append(f"(?={re.escape(first)})(?:{ways})")
    return table, re.compile("|".join(parts), re.IGNORECASE) if parts else re.compile(r"(?!)")
