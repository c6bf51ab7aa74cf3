"""litellm's listing: prices that no vendor listing has, a second opinion on those that have one, fine-tuning offers."""

from collections.abc import Iterable
from typing import Any

from knowledge.importer.draft import Draft
from knowledge.importer.tables import Row, Tables, number
from knowledge.providers import provider_name

# litellm's names of vendors that sell their own models -> knowledge/providers.py
FIRST_PARTY = {
    "openai": "openai",
    "text-completion-openai": "openai",
    "anthropic": "anthropic",
    "gemini": "google",
    "vertex_ai-embedding-models": "google",
    "xai": "xai",
    "mistral": "mistral",
    "cohere": "cohere",
    "cohere_chat": "cohere",
    "voyage": "voyage",
    "perplexity": "perplexity",
    "bedrock": "amazon",
}
TUNED = "ft:"  # litellm's prefix of fine-tuned OpenAI models


def add_quotes(tables: Tables, drafts: Iterable[Draft]) -> None:
    """Give API models without a price litellm's, report where it contradicts another, and note what can be tuned.

    A price in a listing of a later day wins only where the row itself is dated (see `prices`); litellm's rows are not,
    so they fill gaps and are a second opinion.
    """
    rows = {row["model"].split("/")[-1]: row for row in tables.rows("prices/litellm_prices.csv") if _own(row)}
    tuned = {row["model"].removeprefix(TUNED) for row in tables.rows("prices/litellm_prices.csv")}
    for draft in drafts:
        if draft.fields.get("open_weights", True):
            continue
        names = (draft.id, *draft.fields.get("aliases", ()))
        row = next((rows[name] for name in names if name in rows), None)
        if row:
            _quote(draft, row)
        if any(name in tuned and f"{TUNED}{name}" in rows for name in _dated(names, rows)):
            draft.claim("fine_tuning", ["api"], "litellm")


def add_tuning_tools(tables: Tables, drafts: Iterable[Draft]) -> None:
    """Note open models that litgpt, whose configurations are for pretraining and fine-tuning, lists."""
    listed = {hf_id for hf_id, _ in tables.by_hub_id("models/litgpt_configs.csv", "hf_id")}
    for draft in drafts:
        if draft.fields.get("hf_id", "").casefold() in {one.casefold() for one in listed}:
            draft.claim("fine_tuning", ["litgpt"], "litgpt")


def _own(row: Row) -> bool:
    return row["provider"] in FIRST_PARTY and bool(number(row["in_usd_per_1m"]))


def _dated(names: Iterable[str], rows: dict[str, Row]) -> list[str]:
    """Return the names with the dated versions that litellm lists of them ("gpt-4o": "gpt-4o-2024-08-06")."""
    found = list(names)
    for name in names:
        found += [row.removeprefix(TUNED) for row in rows if row.startswith(f"{TUNED}{name}-20")]
    return found


def _quote(draft: Draft, row: Row) -> None:
    price: dict[str, Any] = {"input": number(row["in_usd_per_1m"])}
    for name, column in (("output", "out_usd_per_1m"), ("cached", "cache_read_usd_per_1m")):
        if number(row[column]):
            price[name] = number(row[column])
    have = draft.fields.get("price")
    if have is None:
        provider = provider_name(FIRST_PARTY[row["provider"]])
        draft.fields["price"] = {"provider": provider, "source": "litellm", **price}
        if draft.fields.get("variant") == "embedding" and number(row["vector_size"]):
            draft.claim("embedding_dim", int(number(row["vector_size"]) or 0), "litellm")
        if row["provider"] in ("openai", "voyage", "mistral") and number(row["max_input_tokens"]):
            draft.claim("context_tokens", int(number(row["max_input_tokens"]) or 0), "litellm")
        return
    different = [name for name in ("input", "output") if name in price and have.get(name) != price[name]]
    if different:
        draft.conflicts.append(
            f"{draft.id}: price: {have['source']} has {have.get('input')}/{have.get('output')}, litellm has "
            f"{price['input']}/{price.get('output')}; kept the first"
        )
