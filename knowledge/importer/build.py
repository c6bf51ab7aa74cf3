"""Fact tables -> drafts -> entries. Reads top to bottom: rules, open models, API models, scores, corrections."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from knowledge.importer.draft import Draft
from knowledge.importer.hyperparameters import NOT_PLAIN, architecture, computed
from knowledge.importer.naming import display_name, model_id, variant_of
from knowledge.importer.prices import add_api_models, add_open_prices
from knowledge.importer.rules import Rules
from knowledge.importer.scores import join_all
from knowledge.importer.tables import Row, Tables, day, fold, hub_id, number, place


@dataclass
class Result:
    """The entries by path below models/ and what a person should look at."""

    entries: dict[str, dict[str, Any]]
    report: list[str]


def build(tables: Tables, rules: Rules, corrections: dict[str, dict[str, Any]], joins: dict[str, str]) -> Result:
    """Return every entry. `corrections`: id -> keys laid over the result; `joins`: leaderboard slug -> id."""
    report: list[str] = []
    drafts: dict[str, Draft] = {}
    folders: dict[str, str] = {}
    rows = {fold(row["hf_id"]): row for row in tables.rows("architectures.csv")}
    kept = {hf_id: row for hf_id, row in sorted(rows.items()) if rules.organisation(hf_id) and not rules.skipped(hf_id)}
    ids = {model_id(row["hf_id"]) for row in kept.values()} | {model_id(hf_id) for hf_id in rules.extra}
    for hf_id, row in kept.items():
        organisation = rules.organisation(hf_id)
        assert organisation is not None
        draft = _open_model(tables, rules, row, rows, ids)
        if draft.id in drafts:
            report.append(
                f"{draft.id}: {row['hf_id']} and {drafts[draft.id].fields['hf_id']} have the same id; kept the first"
            )
            continue
        drafts[draft.id], folders[draft.id] = draft, organisation[0]
    for draft, folder in _other_models(tables, rules, drafts, rows):
        drafts.setdefault(draft.id, draft)
        folders.setdefault(draft.id, folder)
    for key, table in corrections.items():
        if key not in drafts and "lab" in table:  # an entry of its own, written by hand
            drafts[key], folders[key] = Draft(key), table.get("folder", "other")
        if key in drafts:
            _correct(drafts[key], table, first=True)
    folders |= add_api_models(tables, drafts)
    add_open_prices(tables, drafts)
    _files(tables, drafts)
    join_all(tables, drafts.values(), report, joins)
    for key, table in corrections.items():
        if key in drafts:
            _correct(drafts[key], table, first=False)
    for draft in drafts.values():
        _check_parameters(draft)
        report += draft.conflicts
    hidden = {key for key, table in corrections.items() if table.get("drop")}
    for draft in drafts.values():
        _from_base(draft, drafts)
        _finish(draft, rules)
    entries = {
        f"{folders[key]}/{key}": draft.table()
        for key, draft in sorted(drafts.items())
        if key not in hidden and "lab" in draft.fields
    }
    return Result(entries, sorted(report))


def _open_model(tables: Tables, rules: Rules, row: Row, rows: dict[str, Row], ids: set[str]) -> Draft:
    hf_id = row["hf_id"]
    draft = Draft(_entry_id(hf_id, row["variant"], ids))
    where = place(row["source"])
    main = where.get("layers") or where.get("params_total_b") or next(iter(where.values()), "tables")
    _identity(draft, rules, hf_id, row["variant"])
    draft.claim("family", row["family"] or None)
    draft.claim("released", day(row["release_date"]), where.get("release_date", main))
    arch = rules.arch(hf_id)
    table = architecture(row, arch, tables.config(hf_id))
    source = row
    pointer = rules.same_network(hf_id) or (row["arch_from"] if rules.same_vocabulary(hf_id) else "")
    if table is None and pointer:
        base = rows.get(fold(pointer))
        base_arch = rules.arch(pointer)
        table = architecture(base, base_arch, tables.config(pointer)) if base else None
        if base and table:
            source, arch = base, base_arch
    if table:
        key = place(source["source"]).get("layers") or place(source["source"]).get("params_total_b") or "tables"
        draft.claim("architecture", table, key)
    if row["arch_from"]:
        base_row = rows.get(fold(row["arch_from"]))
        draft.fields["base_model"] = _entry_id(row["arch_from"], base_row["variant"] if base_row else "", ids)
    _parameters(draft, tables, row, where.get("params_total_b", main), table, arch)
    if number(row["params_active_b"]) and row["experts"]:
        active = round((number(row["params_active_b"]) or 0) * 1e9)
        draft.claim("active_parameters", active, where.get("params_active_b", main))
    context = number(row["context"])
    draft.claim("context_tokens", int(context) if context else None, where.get("context", main))
    if source is not row and number(source["context"]) and not number(row["context_advertised"]):
        draft.claim(
            "context_tokens", int(number(source["context"]) or 0), place(source["source"]).get("layers", "tables")
        )
    if not context and number(row["context_advertised"]):
        draft.claim("context_tokens", int(number(row["context_advertised"]) or 0), "aa")
    elif context and (number(row["context_advertised"]) or 0) > 1.5 * context:
        draft.claim("extended_context_tokens", int(number(row["context_advertised"]) or 0), "aa")
    draft.claim("licence", rules.licence(row["licence"]), where.get("licence", main))
    languages = [one[:2] for one in row["languages"].split(";") if re.fullmatch(r"[a-z]{2}", one)]
    draft.claim("languages", sorted(set(languages)), where.get("languages", main))
    dimension = number(row["embed_dim"])
    draft.claim("embedding_dim", int(dimension) if dimension else None, "mteb_meta")
    return draft


def _entry_id(hf_id: str, variant: str, ids: set[str]) -> str:
    """Return the id; a base model whose chat sibling exists says so, because the bare name means the chat model."""
    plain = model_id(hf_id)
    siblings = {f"{plain}-{word}" for word in ("instruct", "it", "chat", "instruct-v0.1", "instruct-v0.3", "thinking")}
    return f"{plain}-base" if variant_of(hf_id, variant) == "base" and siblings & ids else plain


def _identity(draft: Draft, rules: Rules, hf_id: str, variant: str) -> None:
    organisation = rules.organisation(fold(hf_id))
    assert organisation is not None  # the caller skipped unknown organisations
    draft.claim(
        "name",
        display_name(hf_id) + (" Base" if draft.id.endswith("-base") and not hf_id.casefold().endswith("base") else ""),
    )
    draft.claim("lab", organisation[1])
    draft.claim("country", organisation[2])
    draft.claim("variant", variant_of(hf_id, variant))
    draft.claim("hf_id", hf_id)
    draft.claim("open_weights", True)


def _parameters(
    draft: Draft, tables: Tables, row: Row, where: str, table: dict[str, Any] | None, arch: str | None
) -> None:
    """Prefer the hub's exact count where it agrees with the merged table; `_check_parameters` has the last word."""
    stated = (number(row["params_total_b"]) or 0) * 1e9
    hub = number(tables.hub_facts.get(fold(row["hf_id"]), {}).get("parameters_raw")) or 0
    if hub and stated and abs(hub - stated) < 0.006 * stated:
        draft.claim("parameters", int(hub), "llmfit")
    elif stated:
        draft.claim("parameters", int(round(stated, -3)), where)


def plain(fields: dict[str, Any]) -> bool:
    """Return whether the parameter count of an entry follows from its hyperparameters: dense, text only, one tower."""
    shape = fields.get("architecture") or {}
    text = set(fields.get("inputs", ("text",))) == {"text"}
    return (
        bool(shape.get("arch"))
        and shape["arch"] not in NOT_PLAIN
        and not shape.get("experts")
        and text
        and (fields.get("variant") in ("base", "instruct", "reasoning", "code"))
    )


def _check_parameters(draft: Draft) -> None:
    if not plain(draft.fields):
        return
    exact = computed(draft.fields["architecture"], draft.fields["architecture"]["arch"])
    have = draft.fields.get("parameters")
    if have is None or abs(exact - have) > 0.02 * exact:
        if have:
            draft.conflicts.append(
                f"{draft.id}: parameters: {draft.sourced.get('parameters')} has {have}, "
                f"the hyperparameters amount to {exact:.0f}; kept the latter"
            )
        draft.fields["parameters"], draft.sourced["parameters"] = int(round(exact, -6)), "arithmetic"


def _other_models(
    tables: Tables, rules: Rules, have: dict[str, Draft], rows: dict[str, Row]
) -> Iterator[tuple[Draft, str]]:
    """Yield models that only the narrower tables name: embedding, reranking, speech, image, newest releases."""
    taken = {fold(draft.fields["hf_id"]) for draft in have.values()}
    meta = {fold(row["hf_id"]): row for row in tables.rows("models/mteb_model_meta.csv")}
    wanted: dict[str, tuple[str, str]] = {}
    for name, variant in (("embedding", "embedding"), ("rerank", "reranker"), ("audio", "speech"), ("image", "image")):
        for row in tables.rows(f"models/xinference_{name}.csv"):
            if row["hf_id"]:
                wanted.setdefault(fold(row["hf_id"]), (row["hf_id"], variant))
    for row in tables.rows("models/gpustack_catalog.csv"):
        kinds = {
            "embedding": "embedding",
            "reranker": "reranker",
            "image": "image",
            "llm": "",
            "text_to_speech": "speech",
            "speech_to_text": "speech",
        }
        wanted.setdefault(
            fold(row["hf_ids"].split(";")[0]), (row["hf_ids"].split(";")[0], kinds.get(row["categories"], ""))
        )
    for row in (*tables.rows("benchmarks/jmteb_2025-03.csv"), *tables.rows("benchmarks/mteb_2026-08.csv")):
        if re.search(
            r"intfloat|baai|cl-nagoya|pkshatech|sbintuitions|pfnet|qwen/|jinaai|sentence-transformers|nvidia|google/|cohere|"
            r"snowflake|alibaba-nlp|mixedbread|ibm-granite|nomic|microsoft",
            row["hf_id"].casefold(),
        ):
            wanted.setdefault(fold(row["hf_id"]), (row["hf_id"], "embedding"))
    for row in tables.rows("benchmarks/open_asr_en_shortform.csv"):
        if (number(row["Model size (B)"]) or 0) > 0:
            wanted.setdefault(fold(row["model"]), (row["model"], "speech"))
    for row in tables.rows("benchmarks/artificial_analysis_media_2026-07-10.csv"):
        match = re.match(r"https://huggingface\.co/([\w.\-]+/[\w.\-]+)", row["open_weights_url"])
        if match and not match[1].startswith(("spaces/", "collections/")):
            kind = "speech" if row["board"] == "text-to-speech" else "image"
            wanted.setdefault(fold(match[1]), (match[1], kind))
    for hf_id in rules.extra:
        wanted.setdefault(fold(hf_id), (hf_id, ""))
    for folded, (hf_id, variant) in sorted(wanted.items()):
        organisation = rules.organisation(folded)
        if folded in taken or organisation is None or rules.skipped(folded):
            continue
        draft = Draft(model_id(hf_id))
        _identity(draft, rules, hf_id, {"speech": "speech-to-text", "image": "text-to-image"}.get(variant, variant))
        if folded in meta:
            _embedding_facts(draft, rules, meta[folded])
        _small_facts(draft, tables, rules, folded)
        pointer = rows.get(rules.same_network(folded) or "")
        if pointer and (table := architecture(pointer, rules.arch(pointer["hf_id"]))):
            draft.claim("architecture", table, place(pointer["source"]).get("layers", "tables"))
        yield draft, organisation[0]


def _files(tables: Tables, drafts: dict[str, Draft]) -> None:
    """Add the exact sizes of published GGUF files."""
    hub = {fold(draft.fields["hf_id"]): draft for draft in drafts.values() if draft.fields.get("hf_id")}
    for row in tables.rows("models/lmstudio_gguf_sizes_2024.csv"):
        draft, size = hub.get(hub_id(row["canonical"])), number(row["size_bytes"])
        if draft and size and row["quantization"]:
            files = draft.fields.setdefault("files", [])
            if row["quantization"] not in {one["quant"] for one in files}:
                files.append({"quant": row["quantization"], "bytes": int(size), "source": "lmstudio"})


def _embedding_facts(draft: Draft, rules: Rules, row: Row) -> None:
    count, dimension, tokens = number(row["params"]), number(row["embed_dim"].split(";")[-1]), number(row["max_tokens"])
    sizes = [value for value in (number(one) for one in row["embed_dim"].split(";")) if value]
    draft.claim("parameters", int(count) if count else None, "mteb_meta")
    draft.claim("embedding_dim", int(max(sizes)) if sizes else (int(dimension) if dimension else None), "mteb_meta")
    draft.claim("context_tokens", int(tokens) if tokens else None, "mteb_meta")
    draft.claim("released", day(row["release_date"]), "mteb_meta")
    draft.claim("licence", rules.licence(row["license"].removeprefix("https://huggingface.co/")), "mteb_meta")
    three = {
        "eng": "en",
        "jpn": "ja",
        "zho": "zh",
        "kor": "ko",
        "fra": "fr",
        "deu": "de",
        "spa": "es",
        "por": "pt",
        "ita": "it",
        "rus": "ru",
        "ara": "ar",
        "hin": "hi",
        "vie": "vi",
        "tha": "th",
        "ind": "id",
        "nld": "nl",
        "pol": "pl",
        "tur": "tr",
    }
    codes = [three[one[:3]] for one in row["languages"].split(";") if one[:3] in three]
    draft.claim("languages", sorted(set(codes)), "mteb_meta")


def _small_facts(draft: Draft, tables: Tables, rules: Rules, folded: str) -> None:
    for row in tables.rows("models/gpustack_catalog.csv"):
        if folded == fold(row["hf_ids"].split(";")[0]):
            size = number(row["size_b"])
            draft.claim("parameters", int(size * 1e9) if size else None, "gpustack", tolerance=0.1)
            draft.claim("licence", rules.licence(row["licenses"]), "gpustack")
            draft.claim("released", day(row["release_date"]), "gpustack")
    hub = number(tables.hub_facts.get(folded, {}).get("parameters_raw"))
    if hub and hub > 1e6:
        draft.claim("parameters", int(hub), "llmfit", tolerance=0.1)
    draft.claim("released", day(tables.hub_facts.get(folded, {}).get("release_date")), "llmfit")
    for hf_id, row in tables.by_hub_id("models/awesome_japanese_llm_en.csv", "hf_ids"):
        if hf_id == folded:
            draft.claim("licence", rules.licence(row["licence"]), "jp_list")
            context = number(row["max_context"].replace(",", ""))
            draft.claim("context_tokens", int(context) if context and context >= 256 else None, "jp_list")
            draft.claim("languages", ["ja"], "jp_list")
    for hf_id, row in tables.by_hub_id("models/xinference_llm.csv", "hf_ids"):
        if hf_id == folded:
            context, size = (
                number(row["context_length"]),
                re.search(r"(?<![\w.])(\d+(?:\.\d+)?)([bt])(?![a-z0-9])", folded),
            )
            draft.claim("context_tokens", int(context) if context else None, "xinference")
            draft.claim("languages", sorted(re.findall(r"\b[a-z]{2}\b", row["languages"])), "xinference")
            if "tools" in row["abilities"].split(";"):
                draft.claim("tool_calling", True, "xinference")
            if size:
                count = round(float(size[1]) * (1e9 if size[2] == "b" else 1e12))
                draft.claim("parameters", count, "xinference", tolerance=0.2)
            if "vision" in row["abilities"].split(";"):
                draft.claim("inputs", ["text", "image"])
    for row in tables.rows("benchmarks/open_asr_en_shortform.csv"):
        billions = number(row["Model size (B)"])
        if fold(row["model"]) == folded and billions and billions > 0:
            draft.claim("parameters", int(billions * 1e9), "open_asr", tolerance=0.1)


def _correct(draft: Draft, table: dict[str, Any], *, first: bool) -> None:
    """Lay hand-made keys over a draft; done twice, before leaderboards are joined by name and at the end."""
    source = table.get("source")
    for key, value in table.items():
        if key in ("source", "folder", "drop", "ref", "date"):
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


def _from_base(draft: Draft, drafts: dict[str, Draft]) -> None:
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


def _finish(draft: Draft, rules: Rules) -> None:
    fields = draft.fields
    _vendor_facts(draft, rules)
    _measured_japanese(draft)
    fields.setdefault("variant", "instruct")
    fields.setdefault("open_weights", True)
    fields.setdefault("licence", "unknown")
    if fields["variant"] == "vision":
        fields.setdefault("inputs", ["text", "image"])
    if fields["variant"] == "image":
        fields.setdefault("outputs", ["image"])
    if fields.get("base_model") == draft.id:
        del fields["base_model"]
    if fields["variant"] not in ("embedding", "reranker"):
        fields.pop("embedding_dim", None)
        draft.sourced.pop("embedding_dim", None)
    if fields["variant"] == "speech" and "inputs" not in fields:
        speaks = re.search(
            r"tts|kokoro|fish-speech|s2-pro|cosyvoice|voxcpm|megatts|vibevoice-large|magpie|editx|music|melo", draft.id
        )
        fields["inputs"], fields["outputs"] = (["text"], ["audio"]) if speaks else (["audio"], ["text"])
