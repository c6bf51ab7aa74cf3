"""Published hyperparameters of one model per llama.cpp architecture beyond those in fit_shapes.py.

`PARAMETERS` are those the models' makers or the hub publish for the text model, where they are exact and not rounded.
Shapes marked "no model" hold the blueprint to what llama.cpp accepts, not to a real file.
"""

from knowledge.schema import Architecture as Arch


def every(layers: int, period: int, place: int, heads: int) -> tuple[int, ...]:
    """Return KV heads per layer: `heads` in one layer of `period`, none in the rest."""
    return tuple(heads if il % period == place else 0 for il in range(layers))


def mamba(inner: int, state: int, rank: int, groups: int = 0) -> dict[str, float]:
    """Return Mamba's keys."""
    keys = {"ssm.conv_kernel": 4.0, "ssm.inner_size": inner, "ssm.state_size": state, "ssm.time_step_rank": rank}
    return keys | ({"ssm.group_count": groups} if groups else {})


def numbered(key: str, numbers: dict[int, float]) -> dict[str, float]:
    """Return one entry per layer."""
    return {f"{key}.{il}": number for il, number in numbers.items()}


_OPENELM_KV = (3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 5)
_OPENELM_FFN = (768, 1024, 1280, 1536, 1792, 2048, 2560, 2816, 3072, 3328, 3584, 3840, 4352, 4608, 4864, 5120)
_WIDE = {il: 64.0 for il in range(48) if il % 4}
_LATENT = {"kv_lora_rank": 512, "q_lora_rank": 1536, "qk_rope_head_dim": 64, "qk_nope_head_dim": 128, "v_head_dim": 128}
_GLM = {"kv_lora_rank": 512, "q_lora_rank": 2048, "qk_rope_head_dim": 64, "qk_nope_head_dim": 192, "v_head_dim": 256}


def _moe(count: int, used: int, width: int | None = None, shared: int | None = None, dense: int | None = None):
    return {
        "experts": count, "experts_used": used, "moe_ffn": width, "shared_experts": shared, "first_dense_layers": dense
    }  # fmt: skip


SHAPES: dict[str, Arch] = {
    # Encoders
    "bert": Arch("bert", 12, 768, 12, 12, 64, 3072, 30522),
    "jina-bert-v2": Arch("jina-bert-v2", 12, 768, 12, 12, 64, 3072, 30528),
    "jina-bert-v3": Arch("jina-bert-v3", 24, 1024, 16, 16, 64, 4096, 250002),
    "nomic-bert": Arch("nomic-bert", 12, 768, 12, 12, 64, 3072, 30528),
    "nomic-bert-moe": Arch("nomic-bert-moe", 12, 768, 12, 12, 64, 3072, 250048, **_moe(8, 2)),
    "modern-bert": Arch(
        "modern-bert", 22, 768, 12, 12, 64, 1152, 50368, sliding_window=128, swa_period=3, swa_dense_first=True
    ),
    "neo-bert": Arch("neo-bert", 28, 768, 12, 12, 64, 2048, 30522),
    "eurobert": Arch("eurobert", 12, 768, 12, 12, 64, 3072, 128256, True),
    "gemma-embedding": Arch("gemma-embedding", 24, 768, 3, 1, 256, 1152, 262144, True, sliding_window=512),
    "t5": Arch("t5", 12, 768, 12, 12, 64, 3072, 32128, True),
    "flan-t5-xl": Arch("t5", 24, 2048, 32, 32, 64, 5120, 32128),
    "t5encoder": Arch("t5encoder", 24, 4096, 64, 64, 64, 10240, 32128, True),
    # Plain blocks
    "starcoder": Arch("starcoder", 40, 6144, 48, 1, 128, 24576, 49152, True),
    "codeshell": Arch("codeshell", 42, 4096, 32, 8, 128, 16384, 70144),
    "refact": Arch("refact", 32, 2048, 32, 1, 64, 5632, 49216),
    "jais": Arch("jais", 40, 5120, 40, 40, 128, 13653, 84992, True),
    "jais2": Arch("jais2", 32, 3328, 26, 26, 128, 26624, 150272),
    "plamo": Arch("plamo", 40, 5120, 40, 5, 128, 13312, 50432),
    "bitnet": Arch("bitnet", 30, 2560, 20, 5, 128, 6912, 128256, True),
    "llama-embed": Arch("llama-embed", 32, 4096, 32, 8, 128, 14336, 128256),
    "paddleocr": Arch("paddleocr", 18, 1024, 16, 2, 128, 3072, 103424, True),
    "nanbeige": Arch("nanbeige", 32, 2560, 20, 4, 128, 10496, 166144),
    "maincoder": Arch("maincoder", 32, 1536, 16, 4, 96, 4096, 151936, True),
    "hunyuan_vl": Arch("hunyuan_vl", 24, 1024, 16, 8, 128, 3584, 120818, True),
    "pangu-embedded": Arch("pangu-embedded", 34, 4096, 32, 8, 128, 12800, 153376),
    "dream": Arch("dream", 28, 3584, 28, 4, 128, 18944, 152064),
    "llada": Arch("llada", 32, 4096, 32, 32, 128, 12288, 126464),
    "chameleon": Arch("chameleon", 32, 4096, 32, 32, 128, 11008, 65536),
    "plamo3": Arch("plamo3", 40, 4096, 32, 4, 128, 8192, 107520, sliding_window=2048, swa_period=8),
    "talkie": Arch("talkie", 40, 5120, 40, 40, 128, 13696, 65536),
    "cogvlm": Arch("cogvlm", 32, 4096, 32, 32, 128, 11008, 32000),
    "granite_swa": Arch("granite_swa", 40, 2048, 32, 8, 64, 8192, 100352, True, sliding_window=512, swa_period=4),
    "muse-glimmer": Arch("muse-glimmer", 32, 4096, 32, 8, 128, 12288, 128256, sliding_window=1024),  # no model
    "spark2_5": Arch("spark2_5", 32, 4096, 32, 8, 128, 12288, 128256, sliding_window=1024, swa_period=4),  # no model
    # A shape per layer
    "openelm": Arch(
        "openelm", 16, 1280, 12, _OPENELM_KV, 64, 2048, 32000, True,
        extra=numbered("attention.head_count", {il: 4 * kv for il, kv in enumerate(_OPENELM_KV)})
        | numbered("feed_forward_length", dict(enumerate(_OPENELM_FFN))),
    ),
    "deci": Arch(  # no model
        "deci", 32, 4096, 32, (8,) * 24 + (0,) * 8, 128, 14336, 128256,
        extra=numbered("attention.head_count", dict.fromkeys(range(24, 32), 0.0))
        | numbered("feed_forward_length", dict.fromkeys(range(16, 24), 3584.0)),
    ),
    # Experts
    "llada-moe": Arch("llada-moe", 16, 2048, 16, 16, 128, 8192, 157184, **_moe(64, 8, 1024)),
    "rnd1": Arch("rnd1", 48, 2048, 32, 4, 128, 6144, 151936, **_moe(128, 8, 768)),
    "afmoe": Arch(
        "afmoe", 56, 1024, 8, 2, 128, 3072, 200192, sliding_window=2048, swa_period=4, **_moe(128, 8, 256, 1, 2)
    ),
    "dbrx": Arch("dbrx", 40, 6144, 48, 8, 128, 10752, 100352, **_moe(16, 4)),
    "grok": Arch("grok", 64, 6144, 48, 8, 128, 32768, 131072, True, **_moe(8, 2)),
    "bailingmoe2": Arch("bailingmoe2", 20, 2048, 16, 4, 128, 5120, 157184, **_moe(256, 8, 512, 1, 1)),
    "exaone-moe": Arch(
        "exaone-moe", 48, 6144, 64, 8, 128, 18432, 153600, sliding_window=128, swa_period=4, **_moe(128, 8, 2048, 1, 1)
    ),
    "hy_v3": Arch("hy_v3", 80, 4096, 64, 8, 128, 13312, 120832, **_moe(192, 8, 1536, 1, 1)),
    "arctic": Arch("arctic", 35, 7168, 56, 8, 128, 4864, 32000, **_moe(128, 2, 4864)),
    "grovemoe": Arch("grovemoe", 48, 2048, 32, 4, 128, 6144, 151936, **_moe(128, 8, 768)),
    "smallthinker": Arch("smallthinker", 52, 2560, 28, 4, 128, 768, 151936, sliding_window=4096, **_moe(64, 6, 768)),
    "mellum": Arch("mellum", 28, 2304, 32, 4, 128, 7168, 98304, sliding_window=1024, **_moe(64, 8, 896)),
    "mimo2": Arch(
        "mimo2", 48, 4096, 64, tuple(4 if il == 0 or il % 6 == 5 else 8 for il in range(48)), 192, 16384, 152576,
        value_dim=128, sliding_window=128, swa_period=6, **_moe(256, 8, 2048, None, 1),
    ),
    "step35": Arch(
        "step35", 45, 4096, 64, 8, 128, 11264, 128896, sliding_window=512, swa_period=4, swa_dense_first=True,
        **_moe(288, 8, 1280, 1, 3), extra={"attention.head_count_swa": 96.0},
    ),
    "laguna": Arch(  # no model
        "laguna", 48, 3072, 48, 8, 128, 12288, 100352, sliding_window=512, **_moe(128, 8, 1024, 1, 1),
        extra=numbered("attention.head_count", _WIDE),
    ),
    "cohere2moe": Arch(  # no model
        "cohere2moe", 32, 4096, 32, 8, 128, 12288, 256000, True, sliding_window=4096, **_moe(128, 8, 1024, 1, 1)
    ),
    "maple": Arch(  # no model
        "maple", 32, 4096, 32, 8, 128, 12288, 128256, sliding_window=1024, swa_period=2, **_moe(64, 4, 1024)
    ),
    "deepseek2-ocr": Arch("deepseek2-ocr", 12, 1280, 10, 10, 128, 6848, 129280, **_moe(64, 6, 896, 2, 1)),
    # Recurrent
    "mamba": Arch("mamba", 64, 2560, 0, 0, 0, 0, 50280, True, extra=mamba(5120, 16, 160)),
    "mamba2": Arch("mamba2", 64, 2560, 0, 0, 0, 0, 50288, True, extra=mamba(5120, 128, 80, 1)),
    "jamba": Arch(
        "jamba", 32, 4096, 32, every(32, 8, 4, 8), 128, 14336, 65536, **_moe(16, 2), extra=mamba(8192, 16, 256)
    ),
    "falcon-h1": Arch("falcon-h1", 44, 3072, 12, 2, 128, 12288, 130049, extra=mamba(3072, 256, 24, 1)),
    "plamo2": Arch(
        "plamo2", 32, 4096, 32, every(32, 2, 1, 4), 128, 16384, 100032, True, extra=mamba(8192, 64, 64)
    ),
    "rwkv6": Arch("rwkv6", 32, 4096, 0, 0, 0, 14336, 65536),
    "rwkv7": Arch("rwkv7", 32, 2560, 0, 0, 0, 10240, 65536),
    "rwkv6qwen2": Arch("rwkv6qwen2", 64, 5120, 40, 8, 128, 27648, 152064),
    "arwkv7": Arch("arwkv7", 28, 3584, 28, 4, 128, 18944, 152064),
    "minimax-01": Arch("minimax-01", 80, 6144, 64, 8, 128, 9216, 200064, **_moe(32, 2)),
    "kimi-linear": Arch(
        "kimi-linear", 27, 2304, 32, tuple(1 if il % 4 == 3 or il == 26 else 0 for il in range(27)), 128, 9216, 163840,
        **_moe(256, 8, 1024, 1, 1), **{**_LATENT, "q_lora_rank": None}, extra={"kda.head_dim": 128.0},
    ),
    "kimi-k3": Arch(  # no model
        "kimi-k3", 64, 7168, 64, every(64, 4, 3, 1), 128, 18432, 163840, **_moe(384, 8, 2048, 1, 1), **_LATENT,
        extra={"kda.head_dim": 128.0, "expert_latent_length": 3584.0},
    ),
    "bailingmoe3": Arch(  # no model
        "bailingmoe3", 48, 4096, 32, every(48, 8, 7, 1), 128, 18432, 157184, **_moe(256, 8, 2048, 1, 1), **_LATENT,
        extra={"kda.head_dim": 128.0},
    ),
    # Latent and sparse attention
    "minicpm3": Arch("minicpm3", 62, 2560, 40, 40, 96, 6400, 73448, True, kv_lora_rank=256),
    "mistral4": Arch(
        "mistral4", 36, 4096, 32, 32, 128, 12288, 131072, **_moe(128, 4, 2048, 1),
        kv_lora_rank=256, q_lora_rank=1024, qk_rope_head_dim=64, qk_nope_head_dim=64, v_head_dim=128,
    ),
    "deepseek32": Arch("deepseek32", 61, 7168, 128, 128, 192, 18432, 129280, **_moe(256, 8, 2048, 1, 3), **_LATENT),
    "glm-dsa": Arch("glm-dsa", 78, 6144, 64, 64, 192, 12288, 154880, **_moe(256, 8, 2048, 1, 3), **_GLM),
    "glm-dsa-shared": Arch(
        "glm-dsa", 78, 6144, 64, 64, 192, 12288, 154880, **_moe(256, 8, 2048, 1, 3), **_GLM,
        extra={"context_length": 1048576.0},
    ),
    "minimax-m3": Arch("minimax-m3", 60, 6144, 64, 4, 128, 12288, 200064, **_moe(256, 8, 2048, 1, 3)),  # no model
    "deepseek4": Arch(
        "deepseek4", 43, 4096, 64, 1, 512, 0, 129280, sliding_window=128, q_lora_rank=1024, qk_rope_head_dim=64,
        **_moe(256, 6, 2048, 1),
    ),
}  # fmt: skip

PARAMETERS: dict[str, int] = {
    "nomic-bert": 136_731_648,
    "modern-bert": 149_014_272,
    "gemma-embedding": 302_863_104,
    "t5": 222_903_552,
    "flan-t5-xl": 2_849_757_184,
    "starcoder": 15_517_456_384,
    "bitnet": 2_412_820_480,
    "dream": 7_615_616_512,
    "llada": 8_015_581_184,
    "openelm": 271_527_168,
    "dbrx": 131_596_523_520,
    "bailingmoe2": 16_255_643_392,
    "mamba": 2_768_345_600,
    "jamba": 51_570_323_328,
    "minimax-01": 456_089_655_296,
    "kimi-linear": 49_122_681_728,
}
