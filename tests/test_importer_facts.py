"""What single steps of the importer take from their tables: days, second prices, fine-tuning, zeros that are gaps."""

import csv
from datetime import date
from pathlib import Path

import pytest

from knowledge.importer.dates import add_dates
from knowledge.importer.draft import Draft
from knowledge.importer.finish import finish
from knowledge.importer.others import _listed_size
from knowledge.importer.quotes import add_quotes, add_tuning_tools
from knowledge.importer.rules import Rules
from knowledge.importer.scores import join_all
from knowledge.importer.tables import Tables
from knowledge.importer.thinking import add_thinking


def table(folder: Path, name: str, rows: list[dict[str, str]]) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def draft(name: str, **fields) -> Draft:
    return Draft(name, {"name": name, "variant": "instruct", "open_weights": True, **fields})


def test_a_day_is_taken_by_hub_id_link_or_whole_name(tmp_path):
    table(tmp_path, "benchmarks/swallow_leaderboard.csv", [{"model_id": "Owner/A-8B", "date": "2025-01-02"}])
    link = {"link": "https://huggingface.co/Owner/B-8B", "date": "2025-02-03"}
    table(tmp_path, "benchmarks/bigcodebench.csv", [link])
    named = [{"Model": "C 8B", "Publication date": "2025-03-04"}, {"Model": "C", "Publication date": "2020-01-01"}]
    table(tmp_path, "models/epoch_ai_models_2025-03.csv", named)
    drafts = [draft("a-8b", hf_id="owner/a-8b"), draft("b-8b", hf_id="Owner/B-8B"), draft("c-8b"), draft("d-8b")]
    add_dates(Tables(tmp_path), drafts)
    days = [one.fields.get("released") for one in drafts]
    assert days == [date(2025, 1, 2), date(2025, 2, 3), date(2025, 3, 4), None]
    assert [one.sourced.get("released") for one in drafts] == ["swallow", "bigcodebench", "epoch_models", None]


def test_a_day_that_contradicts_is_reported_and_one_by_hand_is_settled(tmp_path):
    rows = [{"model_id": "o/a", "date": "2025-06-01"}, {"model_id": "o/b", "date": "2025-06-01"}]
    table(tmp_path, "benchmarks/swallow_leaderboard.csv", rows)
    one, other = draft("a", hf_id="o/a"), draft("b", hf_id="o/b")
    one.claim("released", date(2025, 1, 1), "aa")
    other.claim("released", date(2025, 1, 1), "hand")
    add_dates(Tables(tmp_path), [one, other])
    assert one.fields["released"] == date(2025, 1, 1)
    assert one.conflicts == ["a: released: aa has 2025-01-01, swallow has 2025-06-01; kept the first"]
    assert other.conflicts == []


LITELLM = {
    "model": "", "provider": "openai", "mode": "chat", "max_input_tokens": "", "in_usd_per_1m": "",
    "out_usd_per_1m": "", "cache_read_usd_per_1m": "", "vector_size": "",
}  # fmt: skip


def quoted(**cells: str) -> dict[str, str]:
    return LITELLM | cells


@pytest.fixture
def listing(tmp_path):
    rows = [
        quoted(model="talk", in_usd_per_1m="2", out_usd_per_1m="8", max_input_tokens="128000"),
        quoted(model="azure/talk-2", provider="azure", in_usd_per_1m="9", out_usd_per_1m="9"),
        quoted(model="cohere/embed-x", provider="cohere", in_usd_per_1m="0.1", out_usd_per_1m="0", vector_size="1536"),
        quoted(model="ft:talk-2024-08-06", in_usd_per_1m="3", out_usd_per_1m="12"),
    ]
    table(tmp_path, "prices/litellm_prices.csv", rows)
    return Tables(tmp_path)


def test_a_vendors_price_fills_a_gap(listing):
    closed = {"open_weights": False}
    drafts = [
        draft("talk", **closed), draft("talk-2", **closed), draft("embed-x", **closed | {"variant": "embedding"}),
        draft("open"),
    ]  # fmt: skip
    add_quotes(listing, drafts)
    talk, resold, embed, own = drafts
    assert talk.fields["price"] == {"provider": "OpenAI", "source": "litellm", "input": 2.0, "output": 8.0}
    assert talk.fields["context_tokens"] == 128_000
    assert "price" not in resold.fields and "price" not in own.fields  # Azure sells, but did not make it
    assert embed.fields["price"] == {"provider": "Cohere", "source": "litellm", "input": 0.1}
    assert embed.fields["embedding_dim"] == 1536
    assert talk.fields["fine_tuning"] == ["api"] and "fine_tuning" not in resold.fields


def test_a_second_price_that_differs_is_reported_and_not_used(listing):
    one = draft("talk", open_weights=False, price={"provider": "OpenAI", "source": "models_dev", "input": 3.0})
    add_quotes(listing, [one])
    assert one.fields["price"]["input"] == 3.0
    assert one.conflicts == ["talk: price: models_dev has 3.0/None, litellm has 2.0/8.0; kept the first"]


def test_models_a_training_tool_lists_can_be_tuned(tmp_path):
    table(tmp_path, "models/litgpt_configs.csv", [{"hf_id": "owner/Model-1B"}])
    drafts = [draft("model-1b", hf_id="Owner/model-1b"), draft("else", hf_id="owner/else")]
    add_tuning_tools(Tables(tmp_path), drafts)
    assert [one.fields.get("fine_tuning") for one in drafts] == [["litgpt"], None]
    assert drafts[0].sourced["fine_tuning"] == "litgpt"


def test_a_zero_among_like_models_that_score_is_a_gap(tmp_path):
    blank = {"slug": "", "name": "", "hf_url": "", "params_b": ""}
    index, lcr, hard = "ev_artificial_analysis_intelligence_index", "ev_aa_lcr", "ev_terminal_bench_hard"
    rows = [
        blank
        | {"slug": f"m{n}", "hf_url": f"https://huggingface.co/o/m{n}", index: str(20 + n), lcr: "0.3", hard: "0.01"}
        for n in range(12)
    ]
    rows[5] |= {lcr: "0", hard: "0"}
    table(tmp_path, "benchmarks/artificial_analysis_llms_2026-07-10.csv", rows)
    drafts, report = [draft(f"m{n}", hf_id=f"o/m{n}") for n in range(12)], []
    join_all(Tables(tmp_path), drafts, report, {})
    assert ("aa", "aa_lcr") not in drafts[5].scores and drafts[4].scores["aa", "aa_lcr"] == 30.0
    assert drafts[5].scores["aa", "aa_terminal"] == 0.0  # its like score 1 %: a 0 can be true
    assert report == ["m5: Artificial Analysis ev_aa_lcr is 0 where its like score; taken for missing"]


def test_small_kinds_of_models_are_listed_in_millions_from_a_hundred_on():
    rows = [("reranker", "568"), ("embedding", "137"), ("speech_to_text", "1.5"), ("embedding", "8"), ("llm", "355")]
    sizes = [_listed_size({"size_b": size, "categories": kind}) for kind, size in rows]
    assert sizes == [568_000_000, 137_000_000, 1_500_000_000, 8_000_000_000, 355_000_000_000]
    assert _listed_size({"size_b": "", "categories": "llm"}) is None


def test_what_thinks_is_told_by_tests_then_by_most_providers(tmp_path):
    blank = {"slug": "", "name": "", "hf_url": "", "params_b": ""}
    index = "ev_artificial_analysis_intelligence_index"
    rows = [
        blank | {"slug": "a", "name": "A 9B (Reasoning)", "hf_url": "https://huggingface.co/o/a-9b", index: "30"},
        blank | {"slug": "b", "name": "B (high)", "hf_url": "https://huggingface.co/o/b-9b", index: "29"},
        blank | {"slug": "c", "name": "C (Non-reasoning)", "hf_url": "https://huggingface.co/o/c-9b", index: "28"},
        blank | {"slug": "d", "name": "D (Reasoning)", "hf_url": "https://huggingface.co/o/d-instruct", index: "27"},
    ]
    table(tmp_path, "benchmarks/artificial_analysis_llms_2026-07-10.csv", rows)
    said = {
        "a-9b": {"nebius": False, "novita-ai": False, "groq": False},
        "e-9b": {"nebius": True, "novita-ai": True, "siliconflow": False},
        "f-9b": {"groq": False, "nebius": False},  # hosts may leave thoughts out
        "g-9b": {"groq": False, "nebius": False, "azure": False, "github-models": True},
        "h-9b": {"_canonical": False},
        "i-9b": {"groq": True, "nebius": False},
    }
    listed = [
        {"model_id": f"o/{name}", "provider": provider, "reasoning": str(thinks)}
        for name, rows in said.items()
        for provider, thinks in rows.items()
    ]
    table(tmp_path, "prices/models_dev.csv", listed)
    names = ["a-9b", "b-9b", "c-9b", "d-instruct", "d-thinking", *list(said)[1:]]
    drafts = {name: draft(name, hf_id=f"o/{name}") for name in names}
    join_all(Tables(tmp_path), drafts.values(), [], {})
    add_thinking(Tables(tmp_path), drafts)
    told = {name: one.fields.get("thinks") for name, one in drafts.items()}
    assert [told[name] for name in names[:5]] == [True, True, None, None, True]
    assert [told[name] for name in names[5:]] == [True, None, False, False, None]
    assert [drafts[name].sourced["thinks"] for name in ("a-9b", "e-9b")] == ["aa", "models_dev"]


def test_before_o1_no_chat_model_thinks_and_a_name_may_tell_that_one_does():
    rules = Rules()
    early = draft("old-7b", hf_id="maker/old-7b", released=date(2024, 9, 1))
    late = draft("new-7b", hf_id="maker/new-7b", released=date(2025, 9, 1))
    named = draft("sees-7b-thinking", hf_id="maker/sees-7b-thinking", variant="vision", released=date(2025, 9, 1))
    stated = draft("smollm3-3b", hf_id="HuggingFaceTB/SmolLM3-3B", released=date(2025, 7, 8))
    tested = draft("odd-7b", hf_id="maker/odd-7b", released=date(2024, 9, 1), thinks=True)
    for one in (early, late, named, stated, tested):
        finish(one, rules)
    assert [one.fields.get("thinks") for one in (early, late, named, stated, tested)] == [False, None, True, True, True]
