"""Models that only the narrower tables name: embedding, reranking, speech, image, newest releases; GGUF files."""

import re
from collections.abc import Iterator

from knowledge.importer.draft import Draft
from knowledge.importer.hub_ids import fold, hub_id
from knowledge.importer.hyperparameters import architecture
from knowledge.importer.naming import display_name, model_id, variant_of
from knowledge.importer.rules import Rules
from knowledge.importer.tables import Row, Tables, day, number, place

IN_MILLIONS = frozenset({"embedding", "reranker", "text_to_speech", "speech_to_text"})
LEAST_MILLIONS = 100.0


def identity(draft: Draft, rules: Rules, hf_id: str, variant: str) -> None:
    """Set what a hub id alone tells: name, lab, country, variant."""
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


def other_models(
    tables: Tables, rules: Rules, have: dict[str, Draft], rows: dict[str, Row]
) -> Iterator[tuple[Draft, str]]:
    """Yield models that only the narrower tables name: embedding, reranking, speech, image, newest releases."""
    taken = {fold(draft.fields["hf_id"]) for draft in have.values()}
    meta = {fold(row["hf_id"]): row for row in tables.rows("models/mteb_model_meta.csv")}
    for folded, (hf_id, variant) in sorted(_wanted(tables, rules).items()):
        organisation = rules.organisation(folded)
        if folded in taken or organisation is None or rules.skipped(folded):
            continue
        draft = Draft(model_id(hf_id))
        identity(draft, rules, hf_id, {"speech": "speech-to-text", "image": "text-to-image"}.get(variant, variant))
        if folded in meta:
            _embedding_facts(draft, rules, meta[folded])
        _small_facts(draft, tables, rules, folded)
        pointer = rows.get(rules.same_network(folded) or "")
        if pointer and (table := architecture(pointer, rules.arch(pointer["hf_id"]))):
            draft.claim("architecture", table, place(pointer["source"]).get("layers", "tables"))
        yield draft, organisation[0]


def _wanted(tables: Tables, rules: Rules) -> dict[str, tuple[str, str]]:
    """Return folded hub id -> hub id and kind of what the tables name, the first kind that is told of each."""
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
    return wanted


def add_files(tables: Tables, drafts: dict[str, Draft]) -> None:
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


def _listed_size(row: Row) -> int | None:
    """Return the parameters of a row of gpustack's list: small kinds are given in millions from 100 on (568 = 0.568 B).

    No embedder, reranker or speech model has 100 B parameters; the list has billions for the larger ones of them.
    """
    size = number(row["size_b"])
    millions = size is not None and size >= LEAST_MILLIONS and row["categories"] in IN_MILLIONS
    return int(size * (1e6 if millions else 1e9)) if size else None


def _small_facts(draft: Draft, tables: Tables, rules: Rules, folded: str) -> None:
    for row in tables.rows("models/gpustack_catalog.csv"):
        if folded == fold(row["hf_ids"].split(";")[0]):
            draft.claim("parameters", _listed_size(row), "gpustack", tolerance=0.1)
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
            context, named = (
                number(row["context_length"]),
                re.search(r"(?<![\w.])(\d+(?:\.\d+)?)([bt])(?![a-z0-9])", folded),
            )
            draft.claim("context_tokens", int(context) if context else None, "xinference")
            draft.claim("languages", sorted(re.findall(r"\b[a-z]{2}\b", row["languages"])), "xinference")
            if "tools" in row["abilities"].split(";"):
                draft.claim("tool_calling", True, "xinference")
            if named:
                count = round(float(named[1]) * (1e9 if named[2] == "b" else 1e12))
                draft.claim("parameters", count, "xinference", tolerance=0.2)
            if "vision" in row["abilities"].split(";"):
                draft.claim("inputs", ["text", "image"])
    for row in tables.rows("benchmarks/open_asr_en_shortform.csv"):
        billions = number(row["Model size (B)"])
        if fold(row["model"]) == folded and billions and billions > 0:
            draft.claim("parameters", int(billions * 1e9), "open_asr", tolerance=0.1)
