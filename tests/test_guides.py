import json
import re
from datetime import date
from pathlib import Path

import pytest

from assistant.errors import CatalogError
from assistant.memory.fit import fit
from knowledge.catalog import load_catalog
from knowledge.guides import Guide, guides_folder, load_guides, read_guide

PAIRS = Path(__file__).parents[1] / "index" / "embedder" / "pairs"
GUIDES = {guide.file: guide for guide in load_guides()}
HEAD = """\
title: 量子化
summary: 小さくする方法。
lang: ja
topic: quantization
date: 2026-11-22
sources:
  - A paper (2023)
questions:
  - 量子化とは
"""


def write(folder: Path, head: str, name: str = "quantization.md") -> Path:
    path = folder / "ja" / name
    path.parent.mkdir(exist_ok=True)
    body = "# 量子化\n\n## 仕組み\n\n重みを丸める。\n\n## 種類\n\nいくつかある。\n"
    path.write_text(f"---\n{head}---\n\n{body}", encoding="utf-8")
    return path


def test_the_folder_holds_only_both_languages() -> None:
    assert sorted(path.name for path in guides_folder().iterdir()) == ["en", "ja"]


def test_both_languages_cover_the_same_topics() -> None:
    assert {g.topic for g in GUIDES.values() if g.lang == "ja"} == {g.topic for g in GUIDES.values() if g.lang == "en"}


@pytest.mark.parametrize("topic", sorted({guide.topic for guide in GUIDES.values()}))
def test_both_languages_have_the_same_sections_and_sources(topic: str) -> None:
    ja, en = GUIDES[f"ja/{topic}.md"], GUIDES[f"en/{topic}.md"]
    assert len(ja.sections) == len(en.sections) >= 3
    assert len(ja.sources) == len(en.sources)
    assert ja.date == en.date


@pytest.mark.parametrize("guide", GUIDES.values(), ids=GUIDES)
def test_each_guide_is_complete(guide: Guide) -> None:
    assert 6 <= len(guide.questions) <= 10
    assert len(set(guide.questions)) == len(guide.questions)
    assert guide.date >= date(2026, 11, 1)
    assert guide.body.startswith(f"# {guide.title}\n")
    headings = [section.heading for section in guide.sections]
    assert len(set(headings)) == len(headings)


@pytest.mark.parametrize("guide", GUIDES.values(), ids=GUIDES)
def test_each_section_can_be_quoted_alone(guide: Guide) -> None:
    """A quotable section is neither a stub nor a chapter: 60-250 English words, 120-900 Japanese characters, +-10 %."""
    for section in guide.sections:
        size = len(section.text) if guide.lang == "ja" else len(section.text.split())
        low, high = (110, 1000) if guide.lang == "ja" else (54, 275)
        assert low <= size <= high, (section.heading, size)


@pytest.mark.parametrize("guide", GUIDES.values(), ids=GUIDES)
def test_each_guide_is_in_its_language(guide: Guide) -> None:
    kana = len(re.findall(r"[ぁ-んァ-ヶ]", guide.body))
    assert kana > 0.2 * len(guide.body) if guide.lang == "ja" else kana < 0.02 * len(guide.body)


@pytest.mark.parametrize("guide", GUIDES.values(), ids=GUIDES)
def test_no_guide_loads_anything_from_elsewhere(guide: Guide) -> None:
    assert not re.search(r"!\[|<(img|script|iframe|link)\b", guide.body, re.IGNORECASE)


def test_a_guide_is_read_as_written(tmp_path: Path) -> None:
    guide = read_guide(write(tmp_path, HEAD))
    assert (guide.topic, guide.lang, guide.title, guide.file) == ("quantization", "ja", "量子化", "ja/quantization.md")
    assert (guide.sources, guide.questions, guide.date) == (("A paper (2023)",), ("量子化とは",), date(2026, 11, 22))
    assert [(s.heading, s.text) for s in guide.sections] == [("仕組み", "重みを丸める。"), ("種類", "いくつかある。")]


@pytest.mark.parametrize(
    ("before", "after", "field"),
    [
        ("title: 量子化\n", "", "title"),
        ("summary: 小さくする方法。", "summary:", "summary"),
        ("  - A paper (2023)\n", "", "sources"),
        ("lang: ja", "lang: en", "lang"),
        ("topic: quantization", "topic: other", "topic"),
        ("date: 2026-11-22", "date: yesterday", "date"),
        ("title: 量子化", "title: 量子化\ntitle: もう一つ", "line 3"),
        ("title: 量子化", "title: 量子化\ncolour: red", "line 3"),
        ("title: 量子化", "title: 量子化\n- item", "line 3"),
    ],
)
def test_a_malformed_front_matter_names_file_and_field(tmp_path: Path, before: str, after: str, field: str) -> None:
    path = write(tmp_path, HEAD.replace(before, after))
    with pytest.raises(CatalogError) as caught:
        read_guide(path)
    assert str(path) in str(caught.value)
    assert caught.value.values["field"] == field


def test_a_page_without_front_matter_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ja.md"
    path.write_text("# 量子化\n", encoding="utf-8")
    with pytest.raises(CatalogError, match="front matter"):
        read_guide(path)


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_every_training_question_leads_to_a_section(lang: str) -> None:
    places = {(guide.file, section.heading) for guide in GUIDES.values() for section in guide.sections}
    asked: dict[tuple[str, str], int] = dict.fromkeys(places, 0)
    for line in PAIRS.joinpath(f"guides_{lang}.jsonl").read_text(encoding="utf-8").splitlines():
        pair = json.loads(line)
        assert pair.keys() == {"query", "file", "heading", "lang"} and pair["lang"] == lang
        asked[pair["file"], pair["heading"]] += 1
    assert asked.keys() == places
    assert all(count >= (4 if file.startswith(lang) else 2) for (file, _), count in asked.items())


def test_parallel_sentences_are_one_of_each_language() -> None:
    lines = PAIRS.joinpath("parallel.jsonl").read_text(encoding="utf-8").splitlines()
    pairs = [json.loads(line) for line in lines]
    assert len(pairs) >= 400
    assert len({pair["query"] for pair in pairs}) == len({pair["passage"] for pair in pairs}) == len(pairs)
    for pair in pairs:
        assert (pair["lang"], pair["passage_lang"]) == ("ja", "en")
        assert re.search(r"[ぁ-んァ-ヶ]", pair["query"]) and pair["passage"].isascii(), pair


@pytest.mark.parametrize(
    ("model", "context_tokens", "kv_type", "part", "said"),
    [
        ("qwen3-8b", 8_192, "f16", "kv_cache_bytes", "1,152 MiB"),  # 2 * 36 layers * 8 heads * 128 * 2 bytes * 8,192
        ("qwen3-8b", 32_768, "f16", "kv_cache_bytes", "4,608 MiB"),
        ("qwen3-8b", 32_768, "q8_0", "kv_cache_bytes", "2,448 MiB"),  # 4,608 * 34 / 64
        ("qwen3-8b", 32_768, "q4_0", "kv_cache_bytes", "1,296 MiB"),  # 4,608 * 18 / 64
        ("gemma-3-4b-it", 32_768, "f16", "kv_cache_bytes", "814 MiB"),  # 640 full + 174 sliding
        ("llama-3.1-8b-instruct", 8_192, "f16", "kv_cache_bytes", "1 GiB"),
        ("llama-3.1-8b-instruct", 131_072, "f16", "kv_cache_bytes", "16 GiB"),
        ("llama-3.3-70b-instruct", 8_192, "f16", "kv_cache_bytes", "2.5 GiB"),
        ("llama-3.1-8b-instruct", 8_192, "f16", "weights_bytes", "4.6 GiB"),
        ("qwen3-14b", 8_192, "f16", "weights_bytes", "8.4 GiB"),
        ("qwen3-32b", 8_192, "f16", "weights_bytes", "18.4 GiB"),
    ],
)
def test_memory_figures_are_what_the_fit_engine_says(
    model: str, context_tokens: int, kv_type: str, part: str, said: str
) -> None:
    number, unit = said.split()
    report = fit(
        load_catalog().models[model],
        quant="Q4_K_M",
        context_tokens=context_tokens,
        machine=None,
        kv_type=kv_type,
        exact=False,
    )
    measured = getattr(report, part) / {"MiB": 2**20, "GiB": 2**30}[unit]
    said_number = float(number.replace(",", ""))
    assert measured == pytest.approx(said_number, abs=0.5 if unit == "MiB" else 0.05)
    for lang in ("ja", "en"):
        assert any(said in guide.body for guide in GUIDES.values() if guide.lang == lang), (lang, said)
