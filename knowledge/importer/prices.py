"""API models and API prices: from each vendor's own listing first, checked against a second source."""

import re
from typing import Any

from knowledge.importer.draft import Draft
from knowledge.importer.naming import model_id
from knowledge.importer.scores import bag
from knowledge.importer.tables import Row, Tables, day, number
from knowledge.providers import provider_name

# models.dev provider -> folder, lab, country, families by id prefix
VENDORS = {
    "openai": ("openai", "OpenAI", "US"),
    "anthropic": ("anthropic", "Anthropic", "US"),
    "google": ("google", "Google", "US"),
    "xai": ("xai", "xAI", "US"),
    "mistral": ("mistral", "Mistral AI", "FR"),
    "cohere": ("cohere", "Cohere", "CA"),
    "deepseek": ("deepseek", "DeepSeek", "CN"),
    "amazon-bedrock": ("amazon", "Amazon", "US"),
    "perplexity": ("perplexity", "Perplexity", "US"),
    "alibaba": ("qwen", "Alibaba (Qwen)", "CN"),
    "zai": ("zai", "Z.ai (Zhipu AI)", "CN"),
    "moonshotai": ("moonshot", "Moonshot AI", "CN"),
    "minimax": ("minimax", "MiniMax", "CN"),
    "xiaomi": ("xiaomi", "Xiaomi", "CN"),
    "sakana": ("sakana", "Sakana AI", "JP"),
    "upstage": ("upstage", "Upstage", "KR"),
    "inception": ("inception", "Inception", "US"),
    "stepfun": ("stepfun", "StepFun", "CN"),
}
FAMILIES = (
    ("gpt-image", "GPT Image"),
    ("gpt-3.5", "GPT-3.5"),
    ("gpt-4o", "GPT-4o"),
    ("gpt-4.1", "GPT-4.1"),
    ("gpt-4.5", "GPT-4.5"),
    ("gpt-4", "GPT-4"),
    ("gpt-5", "GPT-5"),
    ("text-embedding", "OpenAI Embeddings"),
    ("claude", "Claude"),
    ("gemini", "Gemini"),
    ("grok", "Grok"),
    ("o1", "OpenAI o-series"),
    ("o3", "OpenAI o-series"),
    ("o4", "OpenAI o-series"),
    ("mistral", "Mistral"),
    ("ministral", "Ministral"),
    ("codestral", "Codestral"),
    ("devstral", "Devstral"),
    ("magistral", "Magistral"),
    ("pixtral", "Pixtral"),
    ("command", "Command"),
    ("nova", "Nova"),
    ("sonar", "Sonar"),
    ("qwen", "Qwen"),
    ("glm", "GLM"),
    ("kimi", "Kimi"),
    ("mimo", "MiMo"),
    ("minimax", "MiniMax"),
    ("deepseek", "DeepSeek"),
    ("fugu", "Fugu"),
    ("solar", "Solar"),
    ("mercury", "Mercury"),
    ("step", "Step"),
)
# Vendors that document these languages for their general models.
MULTILINGUAL = {"openai", "anthropic", "google", "xai", "mistral", "cohere", "amazon-bedrock", "alibaba", "sakana"}
LANGUAGES = ["ar", "de", "en", "es", "fr", "hi", "id", "it", "ja", "ko", "pt", "ru", "zh"]
HOSTS = ("deepinfra", "togetherai", "fireworks-ai", "groq", "nebius", "siliconflow", "novita-ai", "openrouter")
DATED = re.compile(r"-(20\d{2}-?\d{2}-?\d{2}|latest|0\d{3}|\d{4}|preview|\d{2}-20\d{2})$")
SKIP = re.compile(
    r"latest$|-chat-|imagine-video|customtools|deep-research|multi-agent|:free|tts|-ar$|arabic|highspeed|ultraspeed|omni-turbo"
)


def add_api_models(tables: Tables, drafts: dict[str, Draft]) -> dict[str, str]:
    """Add the vendors' API-only models with their prices; return their folders. Open models get the vendor's price."""
    rows = [row for row in tables.rows("prices/models_dev.csv") if row["provider"] in VENDORS]
    folders: dict[str, str] = {}
    runnable = [draft for draft in drafts.values() if draft.fields.get("open_weights")]
    open_ids = {bag(draft.id): draft for draft in runnable if draft.fields.get("variant") != "base"}
    for row in sorted(rows, key=lambda row: (len(row["model_id"]), row["model_id"])):
        slug = row["model_id"].split("/")[-1].casefold()
        if row["provider"] == "amazon-bedrock":
            match = re.match(r"amazon\.(nova[\w-]+?)-v\d", row["model_id"])
            if not match:
                continue
            slug = f"amazon-{match[1]}"
        if SKIP.search(slug):
            continue
        known = drafts.get(slug) or open_ids.get(bag(slug))
        if known:
            _facts(known, row)
            continue
        short = DATED.sub("", slug)
        if short != slug and short in drafts:
            drafts[short].fields.setdefault("aliases", []).append(slug)
            continue
        if row["open_weights"] == "True" or slug in drafts:
            continue
        drafts[slug], folders[slug] = _api_model(slug, row), VENDORS[row["provider"]][0]
    _check_prices(tables, drafts)
    return folders


def _api_model(slug: str, row: Row) -> Draft:
    """Return the entry of a model that only its vendor offers."""
    _, lab, country = VENDORS[row["provider"]]
    draft = Draft(slug)
    draft.claim("name", re.sub(r"\s*\(latest\)", "", row["name"]))
    draft.claim("lab", lab)
    draft.claim("country", country)
    draft.claim(
        "family", next((name for start, name in FAMILIES if slug.removeprefix("amazon-").startswith(start)), None)
    )
    draft.claim("open_weights", False)
    draft.fields["open_weights"] = False
    draft.claim("licence", "proprietary", "models_dev")
    draft.claim("variant", _variant(slug, row))
    _facts(draft, row)
    if row["provider"] in MULTILINGUAL and draft.fields["variant"] in ("instruct", "reasoning", "code", "vision"):
        draft.claim("languages", LANGUAGES, "hand")
    return draft


def _variant(slug: str, row: Row) -> str:
    if "embed" in slug:
        return "embedding"
    if "image" in slug and "image" in row["output_modalities"]:
        return "image"
    if re.search(r"codex|codestral|devstral|coder|code", slug):
        return "code"
    if (
        re.match(r"o\d|deepseek-reasoner|magistral|sonar-reasoning|.*(?<!non-)reasoning|.*thinking", slug)
        and "non-reasoning" not in slug
    ):
        return "reasoning"
    return "instruct"


def _facts(draft: Draft, row: Row) -> None:
    """Take what the vendor's listing tells. Release dates of resellers are copies; only first-party rows come here."""
    draft.claim("released", day(row["release_date"]), "models_dev")
    context = number(row["context"])
    if not draft.fields.get("open_weights"):
        draft.claim("context_tokens", int(context) if context else None, "models_dev")
        inputs = [one for one in row["input_modalities"].split(";") if one]
        outputs = [one for one in row["output_modalities"].split(";") if one]
        draft.claim("inputs", inputs or None)
        draft.claim("outputs", outputs or None)
    if row["tool_call"] in ("True", "False"):
        draft.claim("tool_calling", row["tool_call"] == "True", "models_dev")
    _price(draft, row, row["provider"])


def _price(draft: Draft, row: Row, provider: str) -> None:
    cost = number(row["cost_in"]), number(row["cost_out"]), number(row["cache_read"])
    if "price" in draft.fields or cost[0] is None or not (cost[0] or cost[1]):
        return
    price: dict[str, Any] = {"provider": provider_name(provider), "source": "models_dev"}
    for key, value in zip(("input", "output", "cached"), cost, strict=True):
        if value is not None and not (key == "cached" and value == 0):
            price[key] = value
    draft.fields["price"] = price


def _check_prices(tables: Tables, drafts: dict[str, Draft]) -> None:
    """Newer hand-checked prices replace an older listing's, and the report says so."""
    closed = [draft for draft in drafts.values() if not draft.fields.get("open_weights")]
    bags = {bag(DATED.sub("", draft.id)): draft for draft in closed} | {bag(draft.id): draft for draft in closed}
    for row in tables.rows("prices/simonw_llm_prices.csv"):
        if (row["to_date"] and row["to_date"] <= "2026-11-21") or row["from_date"] > "2026-11-21":
            continue
        draft = bags.get(bag(row["id"]))
        have = draft.fields.get("price") if draft else None
        price = {"input": number(row["input_usd_per_1m"]), "output": number(row["output_usd_per_1m"])}
        if not draft or None in price.values() or re.search(r"-\d+k$|-(image|text)$", row["id"]):
            continue
        if have and (have.get("input"), have.get("output")) == (price["input"], price["output"]):
            continue
        if have:
            newer = bool(row["from_date"])  # an undated row may be older than the listing
            draft.conflicts.append(
                f"{draft.id}: price: models_dev has {have.get('input')}/{have.get('output')}, simonw has "
                f"{price['input']}/{price['output']}; kept {'the dated one' if newer else 'the first'}"
            )
            if not newer:
                continue
        draft.fields["price"] = {
            "provider": provider_name(row["vendor"].removesuffix("-ai")),
            **price,
            "source": "simonw",
        }


def add_open_prices(tables: Tables, drafts: dict[str, Draft]) -> None:
    """Give open models without a vendor price that of a hosting provider (the first in a fixed order that lists it)."""
    by_bag: dict[str, Row] = {}
    rows = [row for row in tables.rows("prices/models_dev.csv") if row["provider"] in HOSTS]
    for row in sorted(rows, key=lambda row: HOSTS.index(row["provider"])):
        if (number(row["cost_in"]) or 0) > 0 and ":" not in row["model_id"]:
            by_bag.setdefault(bag(model_id(row["model_id"])), row)
    for draft in drafts.values():
        hosted = draft.fields.get("open_weights") and draft.fields.get("variant") != "base"
        found = by_bag.get(bag(draft.id)) if hosted else None
        if found:
            _price(draft, found, found["provider"])
            if found["tool_call"] == "True":  # a host's False only tells about that host
                draft.claim("tool_calling", True, "models_dev")
