"""Fact tables -> drafts -> entries. Reads top to bottom: rules, open models, API models, scores, corrections."""

import re
from dataclasses import dataclass
from typing import Any

from knowledge.importer.dates import add_dates
from knowledge.importer.draft import Draft
from knowledge.importer.finish import correct, finish, from_base
from knowledge.importer.hub_ids import fold
from knowledge.importer.hyperparameters import NOT_PLAIN, architecture, computed
from knowledge.importer.naming import model_id, variant_of
from knowledge.importer.others import add_files, identity, other_models
from knowledge.importer.prices import add_api_models, add_open_prices
from knowledge.importer.quotes import add_quotes, add_tuning_tools
from knowledge.importer.rules import Rules
from knowledge.importer.scores import join_all
from knowledge.importer.tables import Row, Tables, day, number, place
from knowledge.importer.thinking import add_thinking


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
    for draft, folder in other_models(tables, rules, drafts, rows):
        drafts.setdefault(draft.id, draft)
        folders.setdefault(draft.id, folder)
    for key, table in corrections.items():
        if key not in drafts and "lab" in table:  # an entry of its own, written by hand
            drafts[key], folders[key] = Draft(key), table.get("folder", "other")
        if key in drafts:
            correct(drafts[key], table, first=True)
    folders |= add_api_models(tables, drafts)
    add_open_prices(tables, drafts)
    add_quotes(tables, drafts.values())
    add_tuning_tools(tables, drafts.values())
    add_dates(tables, drafts.values())
    add_files(tables, drafts)
    join_all(tables, drafts.values(), report, joins)
    add_thinking(tables, drafts)
    for key, table in corrections.items():
        if key in drafts:
            correct(drafts[key], table, first=False)
    for draft in drafts.values():
        _check_parameters(draft)
        report += draft.conflicts
    hidden = {key for key, table in corrections.items() if table.get("drop")}
    for draft in drafts.values():
        from_base(draft, drafts)
        finish(draft, rules)
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
    identity(draft, rules, hf_id, row["variant"])
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
    _parameters(draft, tables, row, where.get("params_total_b", main))
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


def _parameters(draft: Draft, tables: Tables, row: Row, where: str) -> None:
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
        and (fields.get("variant") in ("base", "instruct", "reasoning", "code", "guard"))
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
