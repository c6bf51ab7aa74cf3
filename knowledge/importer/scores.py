"""Join published benchmark results to entries. Different sources keep different benchmark ids: scales never mix."""

import re
from collections.abc import Iterable

from knowledge.importer.draft import Draft
from knowledge.importer.hub_ids import fold, hub_id
from knowledge.importer.tables import Row, Tables, number

By = dict[str, Draft]
OLB2 = {
    "ifeval": "ifeval_norm",
    "bbh": "bbh_norm",
    "math": "math_norm",
    "gpqa": "gpqa_norm",
    "musr": "musr_norm",
    "mmlu_pro": "mmlu_pro_norm",
}
OLB1 = {"arc": "arc_25shot", "hellaswag": "hellaswag_10shot", "mmlu": "mmlu_5shot", "truthfulqa": "truthfulqa_0shot"}
SWALLOW = {
    "ja": "ja_post/avg",
    "en": "en_post/avg",
    "ja_mtb": "ja_mtb/avg",
    "en_mtb": "en_mtb/avg",
    "ja_writing": "ja_mtb/writing",
    "ja_extraction": "ja_mtb/extraction",
    "ja_roleplay": "ja_mtb/roleplay",
    "en_writing": "en_mtb/writing",
    "en_extraction": "en_mtb/extraction",
    "enja": "ja_post/WMT20enja",
    "jaen": "ja_post/WMT20jaen",
    "ja_humaneval": "ja_post/JHumanEval",
    "ja_ifeval": "ja_post/MIFEvalJa",
    "ja_mmlu_prox": "ja_post/MMLU-ProX",
    "ja_knowledge": "ja_post/JamC-QA",
    "ja_math": "ja_post/PolyMathJaHT",
    "ja_gpqa": "ja_post/GPQA",
    "math500": "en_post/MATH500",
    "aime": "en_post/AIME",
    "lcb": "en_post/LCB",
    "gpqa": "en_post/GPQA",
    "mmlu_pro": "en_post/MMLU-Pro",
    "pre_ja": "ja_pre/avg",
    "pre_en": "en_pre/avg",
    "pre_xlsum": "ja_pre/XLSum",
    "pre_enja": "ja_pre/WMT20enja",
    "pre_jaen": "ja_pre/WMT20jaen",
    "pre_ja_humaneval": "ja_pre/JHumanEval",
    "pre_humaneval": "en_pre/HumanEval",
    "pre_math": "en_pre/MATH",
    "pre_jsquad": "ja_pre/JSQuAD",
}
SWALLOW1 = {
    "ja_mtb": "Ja MT-Bench",
    "ja": "Ja Avg",
    "en": "En Avg",
    "enja": "WMT20 (en-ja)",
    "jaen": "WMT20 (ja-en)",
    "xlsum": "XL-Sum",
    "ja_humaneval": "JHumanEval",
    "humaneval": "HumanEval",
    "jsquad": "JSQuAD",
    "ja_writing": "Writing",
    "ja_extraction": "Extraction",
}
ARENA = {
    "text": "full",
    "coding": "coding",
    "math": "math",
    "japanese": "japanese",
    "writing": "creative_writing",
    "if": "if",
    "hard": "hard_6",
    "multiturn": "multiturn",
    "long": "long_user",
}
AA = {
    "intelligence": "artificial_analysis_intelligence_index",
    "coding": "artificial_analysis_coding_index",
    "agentic": "artificial_analysis_agentic_index",
}
AA_PERCENT = {
    "gpqa": "ev_gpqa",
    "hle": "ev_hle",
    "scicode": "ev_scicode",
    "ifbench": "ev_ifbench",
    "lcr": "ev_aa_lcr",
    "tau2": "ev_tau2_bench",
    "terminal": "ev_terminal_bench_hard",
    "mmmu_pro": "ev_mmmu_pro",
    "ja": "ml_ja",
    "multilingual": "ml_index",
    "omniscience": "ev_aa_omniscience_accuracy",
}
# What Artificial Analysis adds to a name when it lets the model think: "(Reasoning)", "(high)".
_THINKING = re.compile(r"\((?!non)[^)]*(?:reasoning|\b(?:x?high|medium|low|max|minimal)\b)[^)]*\)", re.I)
EPOCH = {
    ("mmlu", "EM"): "mmlu",
    ("gsm8k", "EM"): "gsm8k",
    ("GPQA diamond", "best_score"): "gpqa_diamond",
    ("MATH level 5", "best_score"): "math5",
    ("OTIS Mock AIME 2024-2025", "best_score"): "aime",
    ("SWE-Bench verified", "best_score"): "swe_bench",
    ("bbh", "Average"): "bbh",
}


def slug(text: str) -> str:
    """Return a name in the one form that slugs are compared by: lower case, words joined by "-"."""
    text = re.sub(r"\(.*?\)|\[|\]", " ", text.casefold())
    return re.sub(r"[^a-z0-9.+]+", "-", text).strip("-")


def bag(text: str) -> str:
    """Return a name's words without their order: "Claude 4.1 Opus" and "claude-opus-4-1" agree."""
    text = re.sub(r"(?<=\d)[-.](?=\d{1,2}\b)", ".", re.sub(r"\(.*?\)", " ", text.casefold()))
    words = re.findall(r"[a-z]+|\d+(?:\.\d+)*", text)
    return " ".join(sorted(word for word in words if word not in {"preview", "beta", "instruct", "chat", "the", "it"}))


def join_all(tables: Tables, drafts: Iterable[Draft], report: list[str], overrides: dict[str, str]) -> None:
    """Add every table's scores to the drafts; what cannot be joined safely is left out (and reported for AA)."""
    drafts = list(drafts)
    ids = {draft.id: draft for draft in drafts}
    hub = {fold(draft.fields["hf_id"]): draft for draft in drafts if draft.fields.get("hf_id")}
    _leaderboards(tables, hub)
    _swallow(tables, hub, ids, overrides)
    _arena(tables, ids, overrides)
    _artificial_analysis(tables, hub, ids, report, overrides)
    _code(tables, hub, ids, overrides)
    _media(tables, hub, ids, overrides)
    _embeddings(tables, hub)
    _epoch(tables, hub, ids, overrides)


def find(name: str, ids: By, overrides: dict[str, str], *, chat: bool = True) -> Draft | None:
    """Return the entry that a leaderboard's slug names, as it stands or with a chat suffix; None when unsure."""
    key = slug(name)
    if key in overrides:
        return ids.get(overrides[key])
    for one in (f"{key}-instruct", f"{key}-it", f"{key}-chat", key) if chat else (key,):
        draft = ids.get(one)
        if draft and not (chat and draft.fields.get("variant") == "base"):
            return draft
    short = re.sub(r"-(20\d{2}-?\d{2}-?\d{2}|\d{4}|\d{2}-\d{2}|latest|preview)$", "", key)
    return ids.get(short) if short != key and short in ids and ids[short].fields.get("variant") != "base" else None


def _leaderboards(tables: Tables, hub: By) -> None:
    for hf_id, row in tables.by_hub_id("benchmarks/open_llm_leaderboard_v2.csv", "hf_id"):
        draft = hub.get(hf_id)
        if draft and row.get("is_flagged") != "TRUE" and row.get("precision") in ("bfloat16", "float16"):
            for name, column in OLB2.items():
                if not (hf_id == "microsoft/phi-4" and name == "ifeval"):  # a known format failure of that run
                    draft.score(f"olb2_{name}", number(row.get(column)), "olb2")
    for hf_id, row in tables.by_hub_id("benchmarks/open_llm_leaderboard_v1_2023.csv", "hf_id"):
        if hf_id in hub:
            for name, column in OLB1.items():
                hub[hf_id].score(f"olb1_{name}", number(row.get(column)), "olb1")


def _swallow(tables: Tables, hub: By, ids: By, overrides: dict[str, str]) -> None:
    rows = sorted(tables.rows("benchmarks/swallow_leaderboard.csv"), key=lambda row: -(number(row["ja_post/avg"]) or 0))
    for row in rows:
        draft = hub.get(fold(row["model_id"])) or find(row["model_id"], ids, overrides)
        if draft:
            note = row["id"] + (f", reasoning {row['reasoning']}" if row["reasoning"] not in ("", "N/A") else "")
            for name, column in SWALLOW.items():
                draft.score(f"swallow_{name}", _percent(row.get(column)), "swallow", note)
            draft.claim("thinks", row["reasoning"].startswith("on") or None, "swallow")
    for row in tables.rows("benchmarks/swallow_leaderboard_v1_2024-12.csv"):
        named = ids.get(overrides.get(slug(row["Name"]), ""))  # four rows link to the model of another row
        draft = named or hub.get(fold(row["Model"])) or find(row["Model"], ids, overrides)
        if draft:
            for name, column in SWALLOW1.items():
                draft.score(f"swallow1_{name}", _percent(row.get(column)), "swallow1")


def _arena(tables: Tables, ids: By, overrides: dict[str, str]) -> None:
    for row in tables.rows("benchmarks/lmarena_text_by_category_2025-12_style_control.csv"):
        draft = find(row["model"], ids, overrides)
        if draft:
            for name, column in ARENA.items():
                draft.score(f"arena_{name}", number(row.get(column)), "arena", row["model"])
    for row in tables.rows("benchmarks/lmarena_vision_by_category_2025-12.csv"):
        draft = find(row["model"], ids, overrides)
        if draft:
            draft.score("arena_vision", number(row.get("full")), "arena")
            draft.score("arena_vision_ocr", number(row.get("ocr")), "arena")
    for row in tables.rows("benchmarks/lmarena_text_2024-07.csv"):
        draft = find(row["model"], ids, overrides)
        if draft:
            draft.score("arena2024_text", number(row.get("arena_score")), "arena2024", row["model"])
    boards = {"text": "text", "code": "code", "vision": "vision", "text-to-image": "image"}
    for row in tables.rows("benchmarks/arena_2026-04-19_top.csv"):
        draft = find(row["model"], ids, overrides) if row["board"] in boards else None
        if draft:
            draft.score(f"arena2026_{boards[row['board']]}", number(row.get("score")), "arena2026", row["model"])


def _artificial_analysis(tables: Tables, hub: By, ids: By, report: list[str], overrides: dict[str, str]) -> None:
    bags = {
        bag(name): draft
        for draft in ids.values()
        for name in (draft.fields["name"], draft.id)
        if not draft.fields.get("open_weights")
    }
    rows = tables.rows("benchmarks/artificial_analysis_llms_2026-07-10.csv")
    for row in sorted(rows, key=lambda row: -(number(row["ev_artificial_analysis_intelligence_index"]) or -1)):
        if row["slug"] in overrides:
            draft = ids.get(overrides[row["slug"]])
        elif row.get("hf_url"):
            draft = hub.get(hub_id(row["hf_url"]))
        else:
            draft = bags.get(bag(row["name"])) or bags.get(bag(row["slug"]))
        if draft is None:
            continue
        have, theirs = draft.fields.get("parameters"), number(row["params_b"])
        if row["slug"] not in overrides and have and theirs and abs(have / 1e9 - theirs) > 0.15 * theirs:
            report.append(
                f"{draft.id}: Artificial Analysis row {row['slug']!r} links here but has {theirs}B parameters; not used"
            )
            continue
        if draft.fields.get("variant") == "base" and row["slug"] not in overrides:
            stem = draft.id.removesuffix("-base")
            chat = [ids[one] for one in (f"{stem}-instruct", f"{stem}-it", f"{stem}-chat") if one in ids]
            draft = chat[0] if chat else draft  # the table links the family's base page; it measures the chat model
        if draft.fields.get("variant") == "base":
            report.append(f"{draft.id}: Artificial Analysis row {row['slug']!r} links to the base model; not used")
            continue
        if _THINKING.search(row["name"]):
            draft = _that_thinks(draft, ids)
            draft.claim("thinks", True, "aa")
        for name, column in AA.items():
            if row.get(f"ev_{column}_is_estimated") != "True":  # an estimate is no measurement
                draft.score(f"aa_{name}", number(row.get(f"ev_{column}")), "aa", row["slug"])
        for name, column in AA_PERCENT.items():
            value = _percent(row.get(column))
            if value == 0 and not _plausible_zero(rows, row, column):
                report.append(f"{draft.id}: Artificial Analysis {column} is 0 where its like score; taken for missing")
                continue
            draft.score(f"aa_{name}", value, "aa", row["slug"])


def _that_thinks(draft: Draft, ids: By) -> Draft:
    """Return the entry of a publisher's thinking model where there is one beside this; tables confuse their links."""
    for plain, thinking in (("-non-reasoning", "-reasoning"), ("-instruct", "-thinking")):
        if plain in draft.id and draft.id.replace(plain, thinking) in ids:
            return ids[draft.id.replace(plain, thinking)]
    return draft


def _plausible_zero(rows: list[Row], row: Row, column: str) -> bool:
    """Return whether a 0 may be a result: half of the eleven models nearest in intelligence have less than 5 %.

    The listing writes 0 for runs that failed or could not be made (no tool calling, too short a context).
    """
    index = "ev_artificial_analysis_intelligence_index"
    level = number(row[index])
    if level is None:
        return False
    scored = [(number(one[index]), _percent(one.get(column))) for one in rows]
    near = sorted((abs(other - level), value) for other, value in scored if other is not None and value)[:11]
    return not near or sorted(value for _, value in near)[len(near) // 2] < 5


def _code(tables: Tables, hub: By, ids: By, overrides: dict[str, str]) -> None:
    def one(row: Row, link: str) -> Draft | None:
        found = hub.get(hub_id(row.get(link, "")))
        return found or find(row["model"], ids, overrides)

    for row in tables.rows("benchmarks/evalplus.csv"):
        if draft := one(row, "link"):
            draft.score("evalplus_humaneval", number(row["humaneval_plus"]), "evalplus")
            draft.score("evalplus_mbpp", number(row["mbpp_plus"]), "evalplus")
    for row in tables.rows("benchmarks/bigcodebench.csv"):
        if draft := one(row, "link"):
            draft.score("bigcodebench", number(row["full_instruct"]), "bigcodebench")
            draft.score("bigcodebench_hard", number(row["hard_instruct"]), "bigcodebench")
    for row in tables.rows("benchmarks/livecodebench_2025-04.csv"):
        if draft := find(row["model"], ids, overrides):
            draft.score("livecodebench", number(row["pass1_since_2024_08"]), "lcb", row["model"])
    for name in ("polyglot", "edit"):
        rows = tables.rows(f"benchmarks/aider_{name}.csv")
        for row in sorted(rows, key=lambda row: -(number(row["pass_rate_2"]) or 0)):
            if draft := find(re.sub(r"^(ollama|openrouter)/(\w+/)?", "", row["model"]), ids, overrides):
                draft.score(f"aider_{name}", number(row["pass_rate_2"]), "aider", row["model"])


def _media(tables: Tables, hub: By, ids: By, overrides: dict[str, str]) -> None:
    boards = {"text-to-image": "aa_image", "image-editing": "aa_image_edit", "text-to-speech": "aa_tts"}
    for row in tables.rows("benchmarks/artificial_analysis_media_2026-07-10.csv"):
        draft = hub.get(hub_id(row.get("open_weights_url", ""))) or find(row["name"], ids, overrides)
        if draft and row["board"] in boards:
            draft.score(boards[row["board"]], number(row["elo"]), "aa", row["name"])
    for name, table, column in (("short", "en_shortform", "Avg. WER"), ("long", "en_longform", "Average")):
        for row in tables.rows(f"benchmarks/open_asr_{table}.csv"):
            draft = hub.get(fold(row.get("model") or row.get("model_id", "")))
            if draft:
                draft.score(f"open_asr_{name}", number(row[column]), "open_asr")
    for row in tables.rows("benchmarks/open_asr_multilingual.csv"):
        if draft := hub.get(fold(row["model"])):
            draft.score("open_asr_multilingual", number(row["Avg"]), "open_asr")


def _embeddings(tables: Tables, hub: By) -> None:
    for row in tables.rows("benchmarks/jmteb_2025-03.csv"):
        if draft := hub.get(fold(row["hf_id"])):
            draft.score("jmteb", number(row["Avg."]), "jmteb")
            draft.score("jmteb_retrieval", number(row["Retrieval"]), "jmteb")
    for row in tables.rows("benchmarks/mteb_2026-08.csv"):
        draft = hub.get(fold(row["hf_id"]))
        if draft and row["eng_v2_tasks"] == "41":
            draft.score("mteb_english", number(row["eng_v2_mean_of_present"]), "mteb")
        if draft:
            retrieval = [
                number(row[f"ja_{name}"]) for name in ("JaqketRetrieval", "MrTidyRetrieval", "JaGovFaqsRetrieval")
            ]
            if all(value is not None for value in retrieval):
                draft.score("mteb_ja_retrieval", sum(value or 0 for value in retrieval) / 3, "mteb")


def _epoch(tables: Tables, hub: By, ids: By, overrides: dict[str, str]) -> None:
    versions = {row["id"]: row for row in tables.rows("models/epoch_model_versions.csv")}
    best: dict[tuple[str, str], tuple[float, str, Draft]] = {}
    for row in tables.rows("benchmarks/epoch_benchmarks.csv"):
        name, raw = EPOCH.get((row["benchmark"], row["metric"])), row["score"]
        value = number(raw)
        if not name or value is None:
            continue
        value = value if raw.strip().endswith("%") or value > 1 else value * 100
        version = versions.get(row["model_version"], {})
        draft = hub.get(hub_id(version.get("Link", ""))) or find(
            re.sub(r"_(low|medium|high|none|minimal|\d+k)$", "", row["model_version"]), ids, overrides, chat=False
        )
        if (draft and (name, draft.id) not in best) or (draft and value > best[name, draft.id][0]):
            best[name, draft.id] = (value, row["model_version"], draft)
    for (name, _), (score, model, owner) in sorted(best.items(), key=lambda one: one[0]):
        owner.score(f"epoch_{name}", score, "epoch", model)


def _percent(text: str | None) -> float | None:
    value = number(text)
    return None if value is None else value * 100
