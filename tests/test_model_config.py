"""Configurations as publishers write them, and as nobody should."""

import json
import math
import random
import time

import pytest

from assistant.errors import BadArguments, MekikiError
from assistant.memory.blueprints.tensors import BLUEPRINTS, tensors
from assistant.memory.files.hub_classes import HUB_CLASSES
from assistant.memory.files.model_config import MODEL_TYPES, parse_config
from assistant.memory.files.model_files import read_architecture, read_model_file
from assistant.memory.fit import fit
from assistant.memory.layers import cache_shape
from assistant.memory.weights import parameter_count
from tests.arch_shapes import PARAMETERS, SHAPES

# Name in arch_shapes.py -> what its publisher's config.json says of sizes.
CONFIGS = {
    "mamba": {
        "architectures": ["MambaForCausalLM"], "model_type": "mamba", "hidden_size": 2560, "num_hidden_layers": 64,
        "state_size": 16, "conv_kernel": 4, "expand": 2, "intermediate_size": 5120, "time_step_rank": 160,
        "vocab_size": 50280,
    },
    "mamba2": {
        "architectures": ["Mamba2ForCausalLM"], "hidden_size": 2560, "num_hidden_layers": 64, "state_size": 128,
        "conv_kernel": 4, "expand": 2, "num_heads": 80, "head_dim": 64, "n_groups": 1, "vocab_size": 50288,
    },
    "jamba": {
        "architectures": ["JambaForCausalLM"], "model_type": "jamba", "hidden_size": 4096, "num_hidden_layers": 32,
        "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 14336, "vocab_size": 65536,
        "num_experts": 16, "num_experts_per_tok": 2, "attn_layer_period": 8, "attn_layer_offset": 4,
        "expert_layer_period": 2, "expert_layer_offset": 1, "mamba_expand": 2, "mamba_d_state": 16, "mamba_d_conv": 4,
        "mamba_dt_rank": 256, "tie_word_embeddings": False,
    },
    "falcon-h1": {
        "architectures": ["FalconH1ForCausalLM"], "hidden_size": 3072, "num_hidden_layers": 44, "head_dim": 128,
        "num_attention_heads": 12, "num_key_value_heads": 2, "intermediate_size": 12288, "vocab_size": 130049,
        "mamba_d_ssm": 3072, "mamba_n_heads": 24, "mamba_d_head": 128, "mamba_d_state": 256, "mamba_n_groups": 1,
        "mamba_d_conv": 4, "mamba_rms_norm": False, "tie_word_embeddings": False,
    },
    "rwkv7": {
        "architectures": ["RWKV7ForCausalLM"], "model_type": "rwkv7", "hidden_size": 2560, "num_hidden_layers": 32,
        "head_dim": 64, "intermediate_size": 10240, "vocab_size": 65536, "decay_low_rank_dim": 96,
        "a_low_rank_dim": 96, "v_low_rank_dim": 64, "gate_low_rank_dim": 320,
    },
    "openelm": {
        "architectures": ["OpenELMForCausalLM"], "model_dim": 1280, "num_transformer_layers": 16, "head_dim": 64,
        "num_kv_heads": [3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 5],
        "num_query_heads": [12, 12, 12, 12, 12, 16, 16, 16, 16, 16, 16, 16, 20, 20, 20, 20], "ffn_dim_divisor": 256,
        "ffn_multipliers": [0.5, 0.73, 0.97, 1.2, 1.43, 1.67, 1.9, 2.13, 2.37, 2.6, 2.83, 3.07, 3.3, 3.53, 3.77, 4.0],
        "vocab_size": 32000, "max_context_length": 2048,
    },
    "kimi-linear": {
        "architectures": ["KimiLinearForCausalLM"], "model_type": "kimi_linear", "hidden_size": 2304,
        "num_hidden_layers": 27, "num_attention_heads": 32, "num_key_value_heads": 32, "head_dim": 72,
        "intermediate_size": 9216, "vocab_size": 163840, "num_experts": 256, "num_experts_per_token": 8,
        "moe_intermediate_size": 1024, "num_shared_experts": 1, "first_k_dense_replace": 1, "kv_lora_rank": 512,
        "q_lora_rank": None, "qk_rope_head_dim": 64, "qk_nope_head_dim": 128, "v_head_dim": 128,
        "linear_attn_config": {"full_attn_layers": [4, 8, 12, 16, 20, 24, 27], "head_dim": 128, "num_heads": 32,
                               "short_conv_kernel_size": 4},
        "tie_word_embeddings": False,
    },
    "deepseek32": {
        "architectures": ["DeepseekV32ForCausalLM"], "hidden_size": 7168, "num_hidden_layers": 61,
        "num_attention_heads": 128, "num_key_value_heads": 128, "intermediate_size": 18432, "vocab_size": 129280,
        "n_routed_experts": 256, "num_experts_per_tok": 8, "moe_intermediate_size": 2048, "n_shared_experts": 1,
        "first_k_dense_replace": 3, "kv_lora_rank": 512, "q_lora_rank": 1536, "qk_rope_head_dim": 64,
        "qk_nope_head_dim": 128, "v_head_dim": 128, "index_n_heads": 64, "index_head_dim": 128, "index_topk": 2048,
        "topk_method": "noaux_tc", "tie_word_embeddings": False,
    },
    "minimax-01": {
        "architectures": ["MiniMaxText01ForCausalLM"], "hidden_size": 6144, "num_hidden_layers": 80, "head_dim": 128,
        "num_attention_heads": 64, "num_key_value_heads": 8, "intermediate_size": 9216, "vocab_size": 200064,
        "num_local_experts": 32, "num_experts_per_tok": 2, "attn_type_list": ([0] * 7 + [1]) * 10,
        "tie_word_embeddings": False,
    },
    "step35": {
        "architectures": ["Step3p5ForCausalLM"], "hidden_size": 4096, "num_hidden_layers": 45, "head_dim": 128,
        "num_attention_heads": 64, "num_attention_groups": 8, "intermediate_size": 11264, "vocab_size": 128896,
        "sliding_window": 512, "layer_types": (["full_attention"] + ["sliding_attention"] * 3) * 11
        + ["full_attention"], "moe_num_experts": 288, "moe_top_k": 8, "moe_intermediate_size": 1280,
        "share_expert_dim": 1280, "moe_layers_enum": ",".join(str(il) for il in range(3, 45)),
        "attention_other_setting": {"num_attention_heads": 96, "num_attention_groups": 8},
    },
    "nomic-bert": {
        "architectures": ["NomicBertModel"], "model_type": "nomic_bert", "n_embd": 768, "n_layer": 12, "n_head": 12,
        "n_inner": 3072, "n_positions": 8192, "vocab_size": 30528, "type_vocab_size": 2,
    },
    "nomic-bert-moe": {
        "architectures": ["NomicBertModel"], "n_embd": 768, "n_layer": 12, "n_head": 12, "n_inner": 3072,
        "vocab_size": 250048, "type_vocab_size": 1, "moe_every_n_layers": 2, "num_experts": 8, "moe_top_k": 2,
    },
    "modern-bert": {
        "architectures": ["ModernBertForMaskedLM"], "hidden_size": 768, "num_hidden_layers": 22,
        "num_attention_heads": 12, "intermediate_size": 1152, "vocab_size": 50368, "local_attention": 128,
        "global_attn_every_n_layers": 3,
    },
    "t5": {
        "architectures": ["T5ForConditionalGeneration"], "d_model": 768, "num_layers": 12, "num_heads": 12, "d_kv": 64,
        "d_ff": 3072, "vocab_size": 32128,
    },
    "starcoder": {
        "architectures": ["GPTBigCodeForCausalLM"], "n_embd": 6144, "n_layer": 40, "n_head": 48, "n_inner": 24576,
        "n_positions": 8192, "vocab_size": 49152, "multi_query": True,
    },
    "dbrx": {
        "architectures": ["DbrxForCausalLM"], "d_model": 6144, "n_layers": 40, "n_heads": 48, "max_seq_len": 32768,
        "vocab_size": 100352, "attn_config": {"kv_n_heads": 8, "clip_qkv": 8},
        "ffn_config": {"ffn_hidden_size": 10752, "moe_num_experts": 16, "moe_top_k": 4},
    },
    "bailingmoe2": {
        "architectures": ["BailingMoeV2ForCausalLM"], "hidden_size": 2048, "num_hidden_layers": 20,
        "num_attention_heads": 16, "num_key_value_heads": 4, "head_dim": 128, "intermediate_size": 5120,
        "vocab_size": 157184, "num_experts": 256, "num_experts_per_tok": 8, "moe_intermediate_size": 512,
        "num_shared_experts": 1, "first_k_dense_replace": 1,
    },
    "afmoe": {
        "architectures": ["AfmoeForCausalLM"], "hidden_size": 1024, "num_hidden_layers": 56, "num_attention_heads": 8,
        "num_key_value_heads": 2, "head_dim": 128, "intermediate_size": 3072, "vocab_size": 200192, "num_experts": 128,
        "num_experts_per_tok": 8, "moe_intermediate_size": 256, "num_shared_experts": 1, "num_dense_layers": 2,
        "sliding_window": 2048, "global_attn_every_n_layers": 4,
    },
    "plamo2": {
        "architectures": ["PLaMo2ForCausalLM"], "hidden_size": 4096, "num_hidden_layers": 32,
        "num_attention_heads": 32, "num_key_value_heads": 4, "hidden_size_per_head": 128, "intermediate_size": 16384,
        "vocab_size": 100032, "mamba_step": 2, "mamba_d_state": 64, "mamba_d_conv": 4, "mamba_num_heads": 64,
        "tie_word_embeddings": True,
    },
    "deepseek4": {
        "architectures": ["DeepseekV4ForCausalLM"], "hidden_size": 4096, "num_hidden_layers": 43,
        "num_attention_heads": 64, "num_key_value_heads": 1, "head_dim": 512, "vocab_size": 129280,
        "n_routed_experts": 256, "num_experts_per_tok": 6, "moe_intermediate_size": 2048, "n_shared_experts": 1,
        "q_lora_rank": 1024, "qk_rope_head_dim": 64, "sliding_window": 128, "index_n_heads": 64, "index_head_dim": 128,
        "o_groups": 8, "o_lora_rank": 1024, "hc_mult": 4, "num_hash_layers": 0,
        "compress_ratios": [0, 0, *(4 if il % 2 == 0 else 128 for il in range(2, 43))],
    },
}  # fmt: skip


@pytest.mark.parametrize("name", CONFIGS)
def test_a_publishers_configuration_gives_the_published_model(name):
    found = parse_config(CONFIGS[name]).architecture
    same = SHAPES[name]
    assert found.arch == same.arch
    assert parameter_count(tensors(found)) == parameter_count(tensors(same)) == PARAMETERS.get(
        name, parameter_count(tensors(same))
    )  # fmt: skip
    for context in (4096, 100_000):
        assert cache_shape(found).cache_bytes(context) == cache_shape(same).cache_bytes(context)
    assert cache_shape(found).known


def test_a_pruned_model_has_layers_without_attention_or_feed_forward():
    """Two heads in a group of 32: 16 KV heads; 2 x 5.25 x 4,096 / 3, rounded up to 256, is 14,336."""
    whole = {"attention": {"n_heads_in_group": 4}, "ffn": {"ffn_mult": 5.25}}
    linear = {"attention": {"replace_with_linear": True, "n_heads_in_group": None}, "ffn": {"ffn_mult": 1.3125}}
    empty = {"attention": {"no_op": True, "n_heads_in_group": None}, "ffn": {"ffn_mult": None}}
    arch = parse_config({
        "architectures": ["DeciLMForCausalLM"], "hidden_size": 4096, "num_hidden_layers": 3, "num_attention_heads": 32,
        "vocab_size": 128256, "block_configs": [whole, linear, empty],
    }).architecture  # fmt: skip
    assert arch.kv_heads == (8, 0, 0)
    shapes = {(one.name, tuple(one.layers)): one.shape for one in tensors(arch) if one.layers is not None}
    assert shapes["ffn_up.weight", (0,)] == (4096, 14336) and shapes["ffn_up.weight", (1,)] == (4096, 3584)
    assert shapes["attn_output.weight", (1,)] == (4096, 4096) and ("ffn_up.weight", (2,)) not in shapes
    assert cache_shape(arch).cache_bytes(256) == 2 * 8 * 128 * 2 * 256


def test_hybrids_tell_their_layers():
    granite = parse_config({
        "architectures": ["GraniteMoeHybridForCausalLM"], "hidden_size": 2048, "num_hidden_layers": 4,
        "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 100352, "shared_intermediate_size": 8192,
        "num_local_experts": 0, "layer_types": ["mamba", "mamba", "attention", "mamba"], "mamba_n_heads": 64,
        "mamba_d_head": 64, "mamba_d_state": 128, "mamba_n_groups": 1, "mamba_d_conv": 4, "mamba_expand": 2,
    }).architecture  # fmt: skip
    assert (granite.arch, granite.kv_heads, granite.ffn) == ("granitehybrid", (0, 0, 8, 0), 8192)
    assert granite.extra["ssm.inner_size"] == 4096 and granite.experts is None
    nemotron = parse_config({
        "architectures": ["NemotronHForCausalLM"], "hidden_size": 4096, "hybrid_override_pattern": "M-M*-M",
        "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128, "intermediate_size": 21504,
        "vocab_size": 131072, "mamba_num_heads": 128, "mamba_head_dim": 64, "n_groups": 8, "ssm_state_size": 128,
        "conv_kernel": 4,
    }).architecture  # fmt: skip
    assert (nemotron.layers, nemotron.kv_heads) == (6, (0, 0, 0, 8, 0, 0))
    assert nemotron.extra["recurrent_layers"] == 3 and nemotron.extra["ssm.inner_size"] == 8192
    lfm = parse_config({
        "architectures": ["Lfm2ForCausalLM"], "hidden_size": 2048, "num_hidden_layers": 4, "num_attention_heads": 32,
        "num_key_value_heads": 8, "block_ff_dim": 12288, "block_auto_adjust_ff_dim": True, "block_multiple_of": 256,
        "vocab_size": 65536, "conv_L_cache": 3, "full_attn_idxs": [2],
    }).architecture  # fmt: skip
    assert (lfm.kv_heads, lfm.ffn, lfm.tied_embeddings) == ((0, 0, 8, 0), 8192, True)


def test_irregular_windows_are_kept_layer_by_layer():
    pattern = [0, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 0]
    arch = parse_config({
        "architectures": ["MiMoV2FlashForCausalLM"], "hidden_size": 4096, "num_hidden_layers": 12,
        "num_attention_heads": 64, "num_key_value_heads": 4, "swa_num_key_value_heads": 8, "head_dim": 192,
        "v_head_dim": 128, "intermediate_size": 16384, "vocab_size": 152576, "sliding_window": 128,
        "hybrid_layer_pattern": pattern, "n_routed_experts": 256, "num_experts_per_tok": 8,
        "moe_intermediate_size": 2048, "moe_layer_freq": [0] + [1] * 11,
    }).architecture  # fmt: skip
    assert arch.first_dense_layers == 1
    full, sliding = 3 * 4 * (192 + 128) * 2, 9 * 8 * (192 + 128) * 2
    assert cache_shape(arch).cache_bytes(8192) == full * 8192 + sliding * 768  # 128 + 512 tokens, padded


@pytest.mark.parametrize(
    "table, arch",
    [
        ({"architectures": ["LlamaForCausalLM"], "model_type": "new"}, "llama"),
        ({"architectures": ["UnheardOf"], "model_type": "qwen3"}, "qwen3"),
        ({"architectures": ["UnheardOf"], "model_type": "new"}, None),
        ({"architectures": [], "model_type": ["x"]}, None),
        ({"architectures": "LlamaForCausalLM", "model_type": 5}, None),
    ],
)
def test_the_class_decides_before_the_model_type(table, arch):
    sizes = {"num_hidden_layers": 2, "hidden_size": 64, "num_attention_heads": 4}
    assert parse_config({**sizes, **table}).architecture.arch == arch
    nested = {"architectures": ["Idefics3ForConditionalGeneration"], "text_config": {**sizes, **table}}
    assert parse_config(nested).architecture.arch == arch


def test_every_name_is_one_that_llama_cpp_has():
    from assistant.memory.blueprints.table import LEFT_OUT

    assert set(HUB_CLASSES.values()) | set(MODEL_TYPES.values()) <= set(BLUEPRINTS) | set(LEFT_OUT)


def safetensors(path, tensors):
    """Write a safetensors header without data."""
    table = {name: {"dtype": kind, "shape": shape, "data_offsets": [0, 0]} for name, kind, shape in tensors}
    text = json.dumps({"__metadata__": {}, **table}).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text)


LLAMA = {"architectures": ["LlamaForCausalLM"], "num_hidden_layers": 2, "hidden_size": 64, "num_attention_heads": 4,
         "intermediate_size": 128, "vocab_size": 100}  # fmt: skip


def test_safetensors_beside_a_configuration_tell_the_parameters(tmp_path):
    config, single = tmp_path / "config.json", tmp_path / "model.safetensors"
    config.write_text(json.dumps({**LLAMA, "torch_dtype": "bfloat16"}), encoding="utf-8")
    (tmp_path / "model.safetensors.index.json").write_text('{"metadata": {"total_size": 2000}}', encoding="utf-8")
    assert read_model_file(tmp_path).parameters == read_model_file(config).parameters == 1000
    safetensors(single, [("a", "BF16", [10, 20]), ("b", "F32", [7])])
    assert read_model_file(tmp_path).parameters == 207
    safetensors(single, [("a", "U8", [10, 20])])  # packed weights: the hyperparameters tell
    assert read_model_file(tmp_path).parameters == parameter_count(tensors(parse_config(LLAMA).architecture))


@pytest.mark.parametrize(
    "content", [b"", b"\xff" * 8, b"\x10" + b"\0" * 7 + b"not json", b"\x02\0\0\0\0\0\0\0[]", b"\x02\0\0\0\0\0\0\0{}"]
)
def test_damaged_safetensors_tell_nothing(tmp_path, content):
    (tmp_path / "config.json").write_text(json.dumps(LLAMA), encoding="utf-8")
    (tmp_path / "model.safetensors").write_bytes(content)
    assert read_model_file(tmp_path).parameters == parameter_count(tensors(parse_config(LLAMA).architecture))


BAD = [0, -1, 1, math.nan, math.inf, -1e30, 1e30, "x", "", True, None, [], [0], [-1], ["a"], [None], [[1]], {},
       {"a": 1}, 10**30, 1.5, 10**7, [8] * 60, [10**30]]  # fmt: skip


@pytest.mark.parametrize("name", CONFIGS)
def test_any_value_gone_wrong_is_an_answer_or_one_clear_line(tmp_path, name):
    chance = random.Random(name)
    path = tmp_path / "odd.json"
    start = time.process_time()
    for _ in range(40):
        table = dict(CONFIGS[name])
        for _ in range(chance.choice((1, 1, 2, 4))):
            table[chance.choice(list(table))] = chance.choice(BAD)
        path.write_text(json.dumps(table), encoding="utf-8")
        try:
            report = fit(read_architecture(path), quant="Q4_K_M", context_tokens=8192, machine=None, exact=False)
            assert report.weights_bytes > 0
        except MekikiError as error:
            assert len(str(error)) < 400 and "\n" not in str(error) and error.text("ja") != str(error)
    assert time.process_time() - start < 20


def test_a_list_where_a_number_belongs_is_named():
    with pytest.raises(BadArguments, match="hidden"):
        parse_config({**LLAMA, "hidden_size": [64]})
