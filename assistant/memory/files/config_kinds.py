"""What a configuration tells in words of its own: layers that differ, recurrent parts, experts, indexers.

Names as llama.cpp's converter reads them (conversion/*.py of llama-cpp-python 0.3.36, read 2026-11-22). Each reader
gets the table and the fields read so far, and adds to them. The table may be hostile: every number is checked.
"""

from collections.abc import Callable, Mapping
from typing import Any

from assistant.memory.files.config_numbers import MOST_LAYERS, integer, integers

Table = Mapping[str, Any]
Fields = dict[str, Any]


def _number(table: Table, *names: str, usual: int | None = None) -> int | None:
    """Return the first of these that is stated, as a checked count; else `usual`."""
    for name in names:
        if table.get(name) is not None:
            return integer(name, table[name])
    return usual


def _texts(table: Table, name: str) -> list[str]:
    found = table.get(name)
    if isinstance(found, str):
        return list(found[:MOST_LAYERS])
    return [str(one)[:40] for one in found[:MOST_LAYERS]] if isinstance(found, list) else []


def _inner(table: Any, name: str) -> Table:
    found = table.get(name) if isinstance(table, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _only(fields: Fields, keep: Callable[[int], bool]) -> None:
    """Leave KV heads in the layers that `keep` names."""
    heads = fields["kv_heads"] if fields["kv_heads"] is not None else fields["heads"]
    if isinstance(heads, int):
        fields["kv_heads"] = tuple(heads if keep(il) else 0 for il in range(fields["layers"]))


def _mamba_sizes(table: Table, fields: Fields, *, second: bool) -> None:
    hidden = fields["hidden"] or 0
    heads = _number(table, "mamba_n_heads", "mamba_num_heads", "num_heads")
    width = _number(table, "mamba_d_head", "mamba_head_dim", "head_dim", "hidden_size_per_head", usual=64)
    expand = _number(table, "mamba_expand", "expand", usual=2)
    inner = _number(table, "mamba_d_ssm", "intermediate_size" if not fields["heads"] else "mamba_d_inner")
    inner = inner or (heads * (width or 0) if second and heads else (expand or 0) * hidden)
    rank = table.get("mamba_dt_rank", table.get("time_step_rank"))
    usual = heads or max(1, inner // (width or 64)) if second else -(-hidden // 16)
    sizes = {
        "ssm.conv_kernel": _number(table, "mamba_d_conv", "conv_kernel", "d_conv", usual=4),
        "ssm.inner_size": inner,
        "ssm.state_size": _number(table, "mamba_d_state", "ssm_state_size", "state_size", "d_state",
                                  usual=128 if second else 16),
        "ssm.time_step_rank": usual if second or not isinstance(rank, int) else integer("mamba_dt_rank", rank),
    }  # fmt: skip
    if second:
        sizes["ssm.group_count"] = _number(table, "mamba_n_groups", "n_groups", usual=1)
    fields["extra"] |= sizes


def _mamba(table: Table, fields: Fields) -> None:
    fields["heads"] = 0
    _mamba_sizes(table, fields, second=fields["arch"] == "mamba2")
    fields |= {"kv_heads": 0, "head_dim": 0, "ffn": 0}


def _jamba(table: Table, fields: Fields) -> None:
    period, offset = (
        _number(table, "attn_layer_period", usual=8) or 1,
        _number(table, "attn_layer_offset", usual=4) or 0,
    )
    _only(fields, lambda il: il >= offset and (il - offset) % period == 0)
    _mamba_sizes(table, fields, second=False)
    if (fields["experts"] or 0) < 2:
        fields["experts"] = fields["experts_used"] = None
    step = _number(table, "expert_layer_period", usual=2) or 1
    fields["extra"] |= {"interleave_moe_layer_step": step,
                        "expert_layer_offset": _number(table, "expert_layer_offset", usual=1)}  # fmt: skip


def _falcon_h1(table: Table, fields: Fields) -> None:
    _mamba_sizes(table, fields, second=True)
    if table.get("mamba_rms_norm") is True:
        fields["extra"]["mamba_rms_norm"] = 1


def _plamo2(table: Table, fields: Fields) -> None:
    step, layers = _number(table, "mamba_step", usual=2) or 1, fields["layers"]
    last = layers - 1 if layers <= step // 2 else None
    _only(fields, lambda il: il == last or (layers > step // 2 and il % step == step // 2))
    heads = _number(table, "mamba_num_heads", usual=64) or 0
    width = _number(table, "hidden_size_per_head", usual=128) or 0
    fields["head_dim"] = width
    fields["extra"] |= {
        "ssm.conv_kernel": _number(table, "mamba_d_conv", usual=4), "ssm.inner_size": heads * width,
        "ssm.state_size": _number(table, "mamba_d_state", usual=64), "ssm.time_step_rank": heads,
    }  # fmt: skip


def _granite_hybrid(table: Table, fields: Fields) -> None:
    kinds = _texts(table, "layer_types") or _texts(table, "layers_block_type")
    fields["experts"] = fields["experts"] or None
    shared = _number(table, "shared_intermediate_size")
    if fields["experts"] and shared:
        fields["extra"]["expert_shared_feed_forward_length"] = shared
    elif shared:
        fields["ffn"] = shared
    if kinds and "mamba" not in kinds:  # the small ones have attention alone
        fields["arch"] = "granitemoe" if fields["experts"] else "granite"
        return
    _only(fields, lambda il: il < len(kinds) and kinds[il] == "attention")
    _mamba_sizes(table, fields, second=True)


def _nemotron(table: Table, fields: Fields) -> None:
    words = {"attention": "*", "mamba": "M", "moe": "E", "mlp": "-"}
    kinds = [
        words.get(one, one) for one in _texts(table, "hybrid_override_pattern") or _texts(table, "layers_block_type")
    ]
    _only(fields, lambda il: il < len(kinds) and kinds[il] == "*")
    _mamba_sizes(table, fields, second=True)
    fields["extra"]["recurrent_layers"] = kinds.count("M")
    if "E" in kinds:
        fields["arch"] = "nemotron_h_moe"
        shared = _number(table, "moe_shared_expert_intermediate_size")
        fields["extra"] |= {"expert_shared_feed_forward_length": shared} if shared else {}
        latent = _number(table, "moe_latent_size")
        fields["extra"] |= {"moe_latent_size": latent} if latent else {}
    else:
        fields["experts"] = fields["moe_ffn"] = fields["experts_used"] = fields["shared_experts"] = None


def _lfm2(table: Table, fields: Fields) -> None:
    kinds, full = _texts(table, "layer_types"), table.get("full_attn_idxs")
    if kinds:
        _only(fields, lambda il: il < len(kinds) and kinds[il] == "full_attention")
    elif isinstance(full, list):
        _only(fields, lambda il: il in full)
    width = _number(table, "block_ff_dim")
    if width and table.get("block_auto_adjust_ff_dim") is True:
        multiple = _number(table, "block_multiple_of", usual=256) or 1
        width = -(-(2 * width // 3) // multiple) * multiple
    fields["ffn"] = width or fields["ffn"]
    fields["first_dense_layers"] = _number(table, "num_dense_layers") or None


def _kimi(table: Table, fields: Fields) -> None:
    linear = _inner(table, "linear_attn_config")
    full = linear.get("full_attn_layers")
    group = _number(table, "layer_group_size")
    fields["kv_heads"] = 1
    if isinstance(full, list):
        _only(fields, lambda il: il + 1 in full)
    elif group:
        _only(fields, lambda il: (il + 1) % group == 0)
    fields["extra"] |= {
        "ssm.conv_kernel": _number(linear, "short_conv_kernel_size")
        or _number(table, "short_conv_kernel_size", usual=4),
        "kda.head_dim": _number(linear, "head_dim") or _number(table, "head_dim", usual=128),
    }
    latent = _number(table, "routed_expert_hidden_size")
    fields["extra"] |= {"expert_latent_length": latent} if latent else {}


def _indexed(table: Table, fields: Fields) -> None:
    sparse = _inner(table, "sparse_attention_config")
    heads = _number(table, "index_n_heads") or _number(sparse, "sparse_num_index_heads")
    dim = _number(table, "index_head_dim") or _number(sparse, "sparse_index_dim")
    fields["extra"] |= {"attention.indexer.head_count": heads} if heads else {}
    fields["extra"] |= {"attention.indexer.key_length": dim} if dim else {}
    if fields["arch"] == "minimax-m3":
        sparse_layers = integers("moe_layer_freq", table.get("moe_layer_freq"))
        fields["first_dense_layers"] = (sparse_layers.index(1) if 1 in sparse_layers else None) or 0
        fields["moe_ffn"] = fields["moe_ffn"] or fields["ffn"]
        fields["ffn"] = _number(table, "dense_intermediate_size") or fields["ffn"]
    if fields["arch"] == "glm-dsa" and (fields["context_tokens"] or 0) >= 1 << 20:
        fields["extra"]["context_length"] = fields["context_tokens"]


def _deepseek4(table: Table, fields: Fields) -> None:
    _indexed(table, fields)
    ratios = integers("compress_ratios", table.get("compress_ratios"))[: fields["layers"]]
    fields["extra"] |= {f"attention.compress_ratios.{il}": one for il, one in enumerate(ratios)}
    for name, key in (("o_groups", "attention.output_group_count"), ("o_lora_rank", "attention.output_lora_rank"),
                      ("hc_mult", "hyper_connection.count"), ("num_hash_layers", "hash_layer_count")):  # fmt: skip
        stated = _number(table, name)
        fields["extra"] |= {key: stated} if stated is not None else {}


def _minimax_01(table: Table, fields: Fields) -> None:
    kinds = integers("attn_type_list", table.get("attn_type_list"))
    full = [il for il, one in enumerate(kinds) if one == 1]
    fields["full_attention_interval"] = full[0] + 1 if full else 8


def _own_swa(table: Table, fields: Fields) -> None:
    """Step 3.5 and MiMo 2: sliding layers have heads of their own."""
    other = _inner(table, "attention_other_setting")
    heads = _number(other, "num_attention_heads")
    fields["extra"] |= {"attention.head_count_swa": heads} if heads else {}
    groups = _number(table, "num_attention_groups")
    fields["kv_heads"] = groups or fields["kv_heads"]
    for name, field in (("moe_num_experts", "experts"), ("moe_top_k", "experts_used")):
        fields[field] = fields[field] or _number(table, name)
    shared = _number(table, "share_expert_dim")
    fields["extra"] |= {"expert_shared_feed_forward_length": shared} if shared else {}
    pattern = integers("hybrid_layer_pattern", table.get("hybrid_layer_pattern"))[: fields["layers"]]
    if pattern:
        fields["extra"] |= {f"attention.sliding_window_pattern.{il}": one for il, one in enumerate(pattern)}
        wide, narrow = _number(table, "swa_num_key_value_heads"), fields["kv_heads"]
        fields["kv_heads"] = tuple((wide if one else narrow) or 0 for one in pattern)
        fields["value_dim"] = fields["v_head_dim"]
    sparse = integers("moe_layer_freq", table.get("moe_layer_freq"))
    fields["first_dense_layers"] = (sparse.index(1) if 1 in sparse else None) or fields["first_dense_layers"]
    chosen = table.get("moe_layers_enum")
    if isinstance(chosen, str) and chosen.split(",")[0].strip().isdecimal():
        fields["first_dense_layers"] = integer("moe_layers_enum", int(chosen.split(",")[0][:6]))


def _openelm(table: Table, fields: Fields) -> None:
    hidden, divisor = fields["hidden"], _number(table, "ffn_dim_divisor", usual=256) or 1
    kv, heads = (integers(name, table.get(name)) for name in ("num_kv_heads", "num_query_heads"))
    fields["kv_heads"], fields["heads"] = tuple(kv), max(heads, default=0)
    fields["extra"] |= {f"attention.head_count.{il}": one for il, one in enumerate(heads)}
    found = table.get("ffn_multipliers")
    for il, one in enumerate(found[:MOST_LAYERS] if isinstance(found, list) else []):
        width = hidden * (one if isinstance(one, int | float) and 0 <= one < 100 else 0)
        rounded = max(divisor, int(width + divisor / 2) // divisor * divisor)
        fields["extra"][f"feed_forward_length.{il}"] = rounded + divisor if rounded < 0.9 * width else rounded


def _deci(table: Table, fields: Fields) -> None:
    blocks, heads = table.get("block_configs"), fields["heads"]
    if not isinstance(blocks, list):
        return
    kv: list[int] = []
    for il, block in enumerate(blocks[:MOST_LAYERS]):
        attention, ffn = _inner(block, "attention"), _inner(block, "ffn")
        group, scale = _number(attention, "n_heads_in_group"), ffn.get("ffn_mult")
        kv.append(heads // group if group else 0)
        if not group:
            fields["extra"][f"attention.head_count.{il}"] = heads if attention.get("replace_with_linear") is True else 0
        wide = int(2 * (scale if isinstance(scale, int | float) and 0 <= scale < 100 else 0) * fields["hidden"] / 3)
        fields["extra"][f"feed_forward_length.{il}"] = -(-wide // 256) * 256
    fields["kv_heads"] = tuple(kv)


def _llama4(table: Table, fields: Fields) -> None:
    dense = _number(table, "intermediate_size_mlp")
    if dense:
        fields["moe_ffn"], fields["ffn"] = fields["ffn"], dense
    step = _number(table, "interleave_moe_layer_step")
    fields["extra"] |= {"interleave_moe_layer_step": step} if step else {}


def _rwkv(table: Table, fields: Fields) -> None:
    qwen = fields["arch"] in ("rwkv6qwen2", "arwkv7")
    wide = fields["hidden"] * 4 if fields["arch"] == "rwkv7" else int(fields["hidden"] * 3.5) // 32 * 32
    fields["ffn"] = fields["ffn"] or wide
    if not qwen:
        size = _number(table, "head_size", "head_dim", usual=64)
        fields["extra"]["wkv.head_size"] = size
        fields |= {"heads": 0, "kv_heads": 0, "head_dim": 0}
    names = {"decay": "decay_low_rank_dim", "iclr": "a_low_rank_dim", "value_residual_mix": "v_low_rank_dim",
             "gate": "gate_low_rank_dim"}  # fmt: skip
    for key, name in names.items():
        rank = _number(table, f"lora_rank_{key}", name)
        fields["extra"] |= {f"attention.{key}_lora_rank": rank} if rank and fields["arch"] != "rwkv6qwen2" else {}


def _dbrx(table: Table, fields: Fields) -> None:
    attention, ffn = _inner(table, "attn_config"), _inner(table, "ffn_config")
    fields["kv_heads"] = _number(attention, "kv_n_heads") or fields["kv_heads"]
    fields["ffn"] = _number(ffn, "ffn_hidden_size") or fields["ffn"]
    fields["experts"] = _number(ffn, "moe_num_experts") or fields["experts"]
    fields["experts_used"] = _number(ffn, "moe_top_k") or fields["experts_used"]


def _nomic(table: Table, fields: Fields) -> None:
    if fields["arch"] in ("bert", "nomic-bert"):
        fields["arch"] = "nomic-bert-moe" if _number(table, "moe_every_n_layers") else "nomic-bert"
    if fields["arch"] == "nomic-bert-moe":
        fields["extra"]["interleave_moe_layer_step"] = _number(table, "moe_every_n_layers", usual=2)
        fields["experts_used"] = fields["experts_used"] or _number(table, "moe_top_k")
    else:
        fields["experts"] = None
    fields["vocab"] = -(-(fields["vocab"] or 0) // 64) * 64


def _bert(table: Table, fields: Fields) -> None:
    context, types = fields["context_tokens"], _number(table, "type_vocab_size")
    offset = 2 if (fields["vocab"] or 0) > 200_000 or "oberta" in str(table.get("model_type")) else 0
    fields["extra"] |= {"context_length": context - offset} if context and context > offset else {}
    fields["extra"] |= {"token_type_count": types} if types else {}
    if table.get("lora_adaptations"):
        fields["arch"] = "jina-bert-v3"


def _modern_bert(table: Table, fields: Fields) -> None:
    fields["swa_period"], fields["swa_dense_first"] = _number(table, "global_attn_every_n_layers", usual=3), True
    fields["sliding_window"] = _number(table, "local_attention", usual=128)


def _hunyuan(table: Table, fields: Fields) -> None:
    if (fields["experts"] or 0) <= 1:
        fields["experts"] = fields["experts_used"] = fields["moe_ffn"] = fields["shared_experts"] = None
        return
    used = integers("moe_topk", table.get("moe_topk")) or [_number(table, "moe_topk", usual=1) or 1]
    fields["experts_used"] = used[0]
    fields["extra"]["expert_shared_feed_forward_length"] = fields["ffn"] or 0


def _smallthinker(table: Table, fields: Fields) -> None:
    fields["experts"] = fields["experts"] or _number(table, "moe_num_primary_experts")
    fields["experts_used"] = fields["experts_used"] or _number(table, "moe_num_active_primary_experts")
    fields["moe_ffn"] = fields["ffn"] = _number(table, "moe_ffn_hidden_size") or fields["ffn"]


def _big_code(table: Table, fields: Fields) -> None:
    fields["kv_heads"] = 1 if table.get("multi_query") is not False else fields["heads"]
    _positions(table, fields)


def _positions(table: Table, fields: Fields) -> None:
    fields["extra"] |= {"context_length": fields["context_tokens"]} if fields["context_tokens"] else {}


def _attention_bias(table: Table, fields: Fields) -> None:
    if isinstance(table.get("attention_bias"), bool):
        fields["extra"]["attention_bias"] = int(table["attention_bias"])


def _qwen(table: Table, fields: Fields) -> None:
    fields["ffn"] = (fields["ffn"] or 0) // 2


def _afmoe(table: Table, fields: Fields) -> None:
    fields["swa_period"] = fields["swa_period"] or _number(table, "global_attn_every_n_layers", usual=4)
    fields["first_dense_layers"] = fields["first_dense_layers"] or _number(table, "num_dense_layers")


KINDS: dict[str, Callable[[Table, Fields], None]] = {
    **dict.fromkeys(("mamba", "mamba2"), _mamba),
    "jamba": _jamba,
    "falcon-h1": _falcon_h1,
    "plamo2": _plamo2,
    "granitehybrid": _granite_hybrid,
    **dict.fromkeys(("nemotron_h", "nemotron_h_moe"), _nemotron),
    **dict.fromkeys(("lfm2", "lfm2moe"), _lfm2),
    **dict.fromkeys(("kimi-linear", "kimi-k3", "bailingmoe3"), _kimi),
    **dict.fromkeys(("deepseek32", "glm-dsa", "minimax-m3"), _indexed),
    "deepseek4": _deepseek4,
    "minimax-01": _minimax_01,
    **dict.fromkeys(("step35", "mimo2"), _own_swa),
    "openelm": _openelm,
    "deci": _deci,
    "llama4": _llama4,
    **dict.fromkeys(("rwkv6", "rwkv6qwen2", "rwkv7", "arwkv7"), _rwkv),
    "dbrx": _dbrx,
    **dict.fromkeys(("nomic-bert", "nomic-bert-moe"), _nomic),
    "bert": _bert,
    "modern-bert": _modern_bert,
    **dict.fromkeys(("hunyuan-moe", "hunyuan-dense", "hunyuan_vl"), _hunyuan),
    "smallthinker": _smallthinker,
    "starcoder": _big_code,
    "gpt2": _positions,
    **dict.fromkeys(("chatglm", "glm4moe"), _attention_bias),
    "qwen": _qwen,
    "afmoe": _afmoe,
}
