"""Hub ids in the one spelling that the fact tables are joined by."""

import re

RENAMED = (
    ("thudm/", "zai-org/"),
    ("cohereforai/", "coherelabs/"),
    ("meta-llama/meta-llama-3.1-", "meta-llama/llama-3.1-"),
    ("tokyotech-llm/qwen-3-swallow", "tokyotech-llm/qwen3-swallow"),
    ("deepinfra/", ""),
    ("google/gemma-3-1b-pt", "google/gemma-3-1b-pt"),
)
BARE = {
    "t5-base": "google-t5/t5-base",
    "gpt2": "openai-community/gpt2",
    "bert-base-uncased": "google-bert/bert-base-uncased",
}


def fold(hf_id: str) -> str:
    """Return a hub id in the one spelling that tables are joined by (lower case, renamed organisations folded)."""
    folded = BARE.get(hf_id.strip().casefold(), hf_id.strip().casefold())
    for old, new in RENAMED:
        if folded.startswith(old):
            folded = new + folded[len(old) :]
    return folded


def hub_id(url: str) -> str:
    """Return the folded hub id inside a link, or ""."""
    match = re.match(r"https?://huggingface\.co/([\w.\-]+/[\w.\-]+)", url.strip())
    return fold(match[1]) if match and match[1].split("/")[0] not in {"spaces", "collections", "datasets"} else ""
