"""The last steps on a draft: corrections by hand, what a base or the publisher tells, what the variant implies."""

import re
from datetime import date
from typing import Any

from knowledge.importer.draft import Draft
from knowledge.importer.rules import Rules

FIRST_THINKING = date(2024, 9, 12)  # o1-preview: before it no chat model was trained to think first
SEEING = re.compile(r"-vl-|-omni-|reranker-m0$|jina-clip|embeddings-v4$")  # retrieval models that take images


def correct(draft: Draft, table: dict[str, Any], *, first: bool) -> None:
    """Lay hand-made keys over a draft; done twice, before leaderboards are joined by name and at the end.

    `failed` lists benchmarks whose run failed, so that its score says nothing about the model.
    """
    source = table.get("source")
    failed = table.get("failed", ())
    draft.scores = {key: value for key, value in draft.scores.items() if key[1] not in failed}
    for key, value in table.items():
        if key in ("source", "folder", "drop", "ref", "date", "failed"):
            continue
        if key == "architecture" and isinstance(value, dict) and isinstance(draft.fields.get(key), dict):
            value = {**draft.fields[key], **value}
        if (
            first
            and source
            and draft.fields.get(key) not in (None, value)
            and key not in ("name", "aliases", "variant")
        ):
            draft.conflicts.append(
                f"{draft.id}: {key}: the tables have {draft.fields[key]!r}; corrected by hand to {value!r}"
            )
        draft.fields[key] = value
        if source and key not in (
            "name",
            "lab",
            "aliases",
            "variant",
            "hf_id",
            "family",
            "country",
            "inputs",
            "outputs",
            "open_weights",
            "base_model",
            "successor",
        ):
            draft.sourced[key] = source
            if "ref" in table:
                when = table["date"]
                draft.refs[source] = (table["ref"], when.isoformat() if isinstance(when, date) else str(when))


def from_base(draft: Draft, drafts: dict[str, Draft]) -> None:
    """Give a derived model without a parameter count its base's, when both are the same network."""
    base = drafts.get(draft.fields.get("base_model", ""))
    if base is None or "parameters" not in base.fields or "architecture" not in draft.fields:
        return
    if "context_tokens" not in draft.fields and draft.fields["architecture"] == base.fields.get("architecture"):
        draft.claim("context_tokens", base.fields.get("context_tokens"), base.sourced.get("context_tokens"))
    if "parameters" not in draft.fields and draft.fields["architecture"] == base.fields.get("architecture"):
        key = base.sourced["parameters"]
        draft.claim("parameters", base.fields["parameters"], key)
        if key in base.refs:
            draft.refs.setdefault(key, base.refs[key])


def _vendor_facts(draft: Draft, rules: Rules) -> None:
    """Fill gaps from what publishers state about whole families; languages are added to a lower bound."""
    stated = rules.vendor(draft.fields.get("hf_id", ""))
    settled = draft.sourced.get("licence") in ("hand", "xinference")  # a hand-made "unknown" stays unknown
    if draft.fields.get("licence", "unknown") == "unknown" and "licence" in stated and not settled:
        draft.fields["licence"], draft.sourced["licence"] = stated["licence"], "hand"
    longer, native = stated.get("extended_context_tokens", 0), draft.fields.get("context_tokens", 0)
    if native and longer > native:
        draft.claim("extended_context_tokens", longer, "hand")
    more = set(stated.get("languages", ())) - set(draft.fields.get("languages", ()))
    if more and draft.fields.get("variant") not in ("image",):
        draft.fields["languages"] = sorted(more | set(draft.fields.get("languages", ())))
        draft.sourced["languages"] = "hand"
    if (
        draft.fields.get("variant") in ("instruct", "reasoning", "code", "vision")
        and draft.sourced.get("tool_calling") != "hand"
    ):
        draft.claim("tool_calling", stated.get("tool_calling"), "hand")
    _thinks(draft, stated.get("thinks"))


def _thinks(draft: Draft, stated: bool | None) -> None:
    """Set whether a model thinks where no table told: by its publisher, its name, or as none did before the first."""
    if draft.fields.get("variant") not in ("instruct", "code", "vision"):
        return
    released = draft.fields.get("released")
    named = re.search(r"thinking|reasoning|qvq", draft.id) and "non-reasoning" not in draft.id
    early = isinstance(released, date) and released < FIRST_THINKING
    draft.claim("thinks", True if named else stated if stated is not None else False if early else None, "hand")


def _measured_japanese(draft: Draft) -> None:
    """Add "ja" where Japanese was measured at a useful level (a Swallow average of 35, AA's Japanese of 70 or more)."""
    for key, source, enough in (
        ("swallow_ja", "swallow", 35.0),
        ("aa_ja", "aa", 70.0),
        ("swallow1_ja", "swallow1", 45.0),
    ):
        value = draft.scores.get((source, key))
        languages = draft.fields.get("languages", [])
        if value is not None and value >= enough and "ja" not in languages:
            draft.fields["languages"] = sorted({*languages, "ja"} | (set() if languages else {"en"}))
            draft.sourced["languages"] = source


def finish(draft: Draft, rules: Rules) -> None:
    """Fill the last gaps: what publishers state, measured Japanese, and what the variant implies."""
    fields = draft.fields
    _vendor_facts(draft, rules)
    _measured_japanese(draft)
    draft.claim("family", rules.family(draft.id))
    fields.setdefault("variant", "instruct")
    fields.setdefault("open_weights", True)
    fields.setdefault("licence", "unknown")
    if fields["variant"] in ("vision", "ocr"):
        fields.setdefault("inputs", ["text", "image"])
    if fields["variant"] in ("embedding", "reranker") and SEEING.search(draft.id):
        fields.setdefault("inputs", ["text", "image"])
    if fields["variant"] == "image":
        fields.setdefault("outputs", ["image"])
    if fields.get("base_model") == draft.id:
        del fields["base_model"]
    if fields.get("extended_context_tokens", 0) <= fields.get("context_tokens", 0):
        fields.pop("extended_context_tokens", None)
        draft.sourced.pop("extended_context_tokens", None)
    if fields["variant"] not in ("embedding", "reranker"):
        fields.pop("embedding_dim", None)
        draft.sourced.pop("embedding_dim", None)
    if fields["variant"] == "speech" and "inputs" not in fields:
        speaks = re.search(
            r"tts|kokoro|fish-speech|s2-pro|cosyvoice|voxcpm|megatts|vibevoice-large|magpie|editx|music|melo", draft.id
        )
        fields["inputs"], fields["outputs"] = (["text"], ["audio"]) if speaks else (["audio"], ["text"])
