"""How each llama.cpp architecture departs from the plain llama block.

Read in `load_arch_tensors` of llama.cpp's src/models/*.cpp on 2026-11-22 (llama-cpp-python 0.3.36); which of its
optional tensors a model has is what llama.cpp's converter writes (conversion/*.py).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Blueprint:
    """How an architecture departs from the plain llama block."""

    qk_norm: str = ""  # "", "head" (head_dim values), "full" (all heads) or "each" (a row per head)
    qk_norm_bias: bool = False
    qkv_bias: bool = False
    output_projection_bias: bool = False  # attn_output.bias
    ffn_bias: bool = False
    output_bias: bool = False
    norm_bias: bool = False
    output_norm_bias: bool | None = None  # None: as norm_bias
    fused_qkv: bool = False
    fused_ffn: bool = False  # gate and up in one tensor
    gated: bool = True
    attention_norm: bool = True
    ffn_norm: bool = True
    attention_post_norm: bool = False
    ffn_post_norm: bool = False
    output_norm: bool = True
    tied: bool = False  # never has an output tensor of its own
    experts: bool = False
    expert_bias: bool = False
    probability_bias: bool = False  # exp_probs_b
    shared_gate: bool = False  # ffn_gate_inp_shexp
    mla: bool = False
    sinks: bool = False
    position_embedding: bool = False
    embedding_norm: bool = False
    router_bias: bool = False
    attention_gate: str = ""  # "", "head" (a value per head) or "value" (as wide as the output's input)
    attention_output_norm: bool = False  # attn_output_norm
    layer_output_norm: bool = False
    sub_norms: bool = False  # inside attention and feed-forward


_PLAIN = Blueprint()
_NORM_BIAS = Blueprint(norm_bias=True)
_OLD = Blueprint(qkv_bias=True, output_projection_bias=True, ffn_bias=True, norm_bias=True, fused_qkv=True, gated=False)

# llama.cpp wants an output tensor of their own from these, whatever the configuration says of tied embeddings.
UNTIED = frozenset({
    "arwkv7", "baichuan", "bailingmoe", "bailingmoe2", "codeshell", "cogvlm", "dbrx", "deepseek4", "dots1",
    "exaone-moe", "gpt-oss", "gptneox", "internlm2", "jais", "kimi-k3", "kimi-linear", "llada-moe", "maple", "mellum",
    "mimo2", "minimax-m2", "minimax-m3", "muse-glimmer", "nemotron", "olmo2", "olmoe", "orion", "phi2", "plamo", "qwen",
    "qwen2moe", "rwkv6", "rwkv6qwen2", "rwkv7", "stablelm", "step35", "talkie", "xverse",
})  # fmt: skip

BLUEPRINTS: dict[str, Blueprint] = {
    "llama": _PLAIN,
    "mistral3": _PLAIN,
    "arcee": Blueprint(gated=False),
    "baichuan": _PLAIN,
    "internlm2": _PLAIN,
    "xverse": _PLAIN,
    "exaone": _PLAIN,
    "minicpm": _PLAIN,
    "smollm3": _PLAIN,
    "ernie4_5": _PLAIN,
    "granite": _PLAIN,
    "granitemoe": Blueprint(experts=True),
    "orion": _NORM_BIAS,
    "stablelm": _NORM_BIAS,
    "nemotron": Blueprint(norm_bias=True, gated=False),
    "qwen2": Blueprint(qkv_bias=True),
    "qwen2vl": Blueprint(qkv_bias=True),
    "qwen2moe": Blueprint(qkv_bias=True, experts=True, shared_gate=True),
    "qwen3": Blueprint(qk_norm="head"),
    "qwen3vl": Blueprint(qk_norm="head"),
    "qwen3moe": Blueprint(qk_norm="head", experts=True),
    "qwen3vlmoe": Blueprint(qk_norm="head", experts=True),
    "hunyuan-dense": Blueprint(qk_norm="head"),
    "hunyuan-moe": Blueprint(qk_norm="head", experts=True),
    "gemma": Blueprint(tied=True),
    "gemma2": Blueprint(tied=True, attention_post_norm=True, ffn_post_norm=True),
    "gemma3": Blueprint(qk_norm="head", attention_post_norm=True, ffn_post_norm=True),
    "phi2": Blueprint(qkv_bias=True, output_projection_bias=True, ffn_bias=True, output_bias=True, norm_bias=True,
                      ffn_norm=False, gated=False),
    "phi3": Blueprint(fused_qkv=True, fused_ffn=True),
    "phimoe": Blueprint(qkv_bias=True, output_projection_bias=True, norm_bias=True, output_bias=True, experts=True),
    "command-r": Blueprint(tied=True, ffn_norm=False),
    "cohere2": Blueprint(tied=True, ffn_norm=False),
    "olmo": Blueprint(attention_norm=False, ffn_norm=False, output_norm=False),
    "olmo2": Blueprint(qk_norm="full", attention_norm=False, ffn_norm=False, attention_post_norm=True,
                       ffn_post_norm=True),
    "olmoe": Blueprint(qk_norm="full", experts=True),
    "exaone4": Blueprint(qk_norm="head", attention_norm=False, ffn_norm=False, attention_post_norm=True,
                         ffn_post_norm=True),
    "seed_oss": Blueprint(qkv_bias=True, ffn_norm=False, attention_post_norm=True),
    "glm4": Blueprint(qkv_bias=True, fused_ffn=True, attention_post_norm=True, ffn_post_norm=True),
    "chatglm": Blueprint(qkv_bias=True, fused_qkv=True, fused_ffn=True),
    "glm4moe": Blueprint(qkv_bias=True, experts=True, ffn_norm=False, attention_post_norm=True, probability_bias=True),
    "gpt-oss": Blueprint(qkv_bias=True, output_projection_bias=True, ffn_norm=False, attention_post_norm=True,
                         experts=True, expert_bias=True, router_bias=True, sinks=True),
    "deepseek": Blueprint(experts=True),
    "deepseek2": Blueprint(experts=True, mla=True),
    "dots1": Blueprint(qk_norm="head", experts=True, probability_bias=True),
    "ernie4_5-moe": Blueprint(experts=True, probability_bias=True),
    "bailingmoe": Blueprint(experts=True),
    "llama4": Blueprint(experts=True),
    "minimax-m2": Blueprint(qk_norm="full", experts=True, probability_bias=True),
    "starcoder2": Blueprint(qkv_bias=True, output_projection_bias=True, ffn_bias=True, norm_bias=True, gated=False),
    "falcon": Blueprint(fused_qkv=True, norm_bias=True, ffn_norm=False, gated=False),
    "gptneox": _OLD,
    "bloom": Blueprint(qkv_bias=True, output_projection_bias=True, ffn_bias=True, norm_bias=True, fused_qkv=True,
                       gated=False, embedding_norm=True),
    "gpt2": Blueprint(qkv_bias=True, output_projection_bias=True, ffn_bias=True, norm_bias=True, fused_qkv=True,
                      gated=False, position_embedding=True),
    "mpt": Blueprint(fused_qkv=True, gated=False),
    "apertus": Blueprint(qk_norm="head", gated=False),
    "qwen": Blueprint(qkv_bias=True, fused_qkv=True),
    "granitehybrid": Blueprint(experts=True),
    "nemotron_h": Blueprint(gated=False),
    "nemotron_h_moe": Blueprint(gated=False, experts=True),
    "lfm2": Blueprint(output_norm=False),
    "lfm2moe": Blueprint(output_norm=False, experts=True, probability_bias=True),
    "qwen35": Blueprint(ffn_norm=False, attention_norm=False),
    "qwen35moe": Blueprint(ffn_norm=False, attention_norm=False, experts=True, shared_gate=True),
    "qwen3next": Blueprint(ffn_norm=False, attention_norm=False, experts=True, shared_gate=True),
    "gemma4": Blueprint(qk_norm="head", attention_post_norm=True, ffn_post_norm=True),
    "gemma3n": Blueprint(qk_norm="head", attention_post_norm=True, ffn_post_norm=True),
    # Below: the globals of architectures whose layers blueprints_*.py list.
    **dict.fromkeys(("bert", "jina-bert-v2", "jina-bert-v3", "nomic-bert", "nomic-bert-moe", "modern-bert", "neo-bert",
                     "t5encoder"), Blueprint(tied=True, output_norm=False, gated=False, norm_bias=True)),
    "eurobert": Blueprint(tied=True),
    "t5": Blueprint(output_norm=False),
    **dict.fromkeys(("mamba", "mamba2", "falcon-h1", "minicpm3", "deci"), _PLAIN),
    "jamba": Blueprint(experts=True),
    "plamo2": Blueprint(fused_ffn=True),
    **dict.fromkeys(("rwkv6", "rwkv7"), Blueprint(output_norm_bias=True)),
    **dict.fromkeys(("rwkv6qwen2", "arwkv7", "cogvlm"), _PLAIN),
    **dict.fromkeys(("plm", "openelm"), Blueprint(tied=True, gated=False)),
    **dict.fromkeys(("deepseek32", "glm-dsa", "kimi-linear", "bailingmoe3", "kimi-k3"),
                    Blueprint(experts=True, mla=True, probability_bias=True)),
    "minimax-m3": Blueprint(experts=True, probability_bias=True),
    **dict.fromkeys(("minimax-01", "arctic", "grovemoe", "deepseek4"), Blueprint(experts=True)),
    "talkie": Blueprint(output_norm=False),
    "starcoder": Blueprint(qkv_bias=True, output_projection_bias=True, ffn_bias=True, norm_bias=True, fused_qkv=True,
                           gated=False, position_embedding=True),
    "codeshell": Blueprint(qkv_bias=True, output_projection_bias=True, ffn_bias=True, norm_bias=True, gated=False),
    "refact": _PLAIN,
    "jais": Blueprint(qkv_bias=True, output_projection_bias=True, ffn_bias=True, norm_bias=True, fused_qkv=True),
    "jais2": Blueprint(qkv_bias=True, output_projection_bias=True, ffn_bias=True, norm_bias=True, gated=False),
    "plamo": Blueprint(ffn_norm=False),
    "bitnet": Blueprint(tied=True, sub_norms=True),
    "llama-embed": _PLAIN,
    "paddleocr": _PLAIN,
    "nanbeige": _PLAIN,
    "maincoder": Blueprint(qk_norm="head"),
    "hunyuan_vl": Blueprint(qk_norm="head"),
    "pangu-embedded": Blueprint(qkv_bias=True, output_projection_bias=True),
    "dream": Blueprint(qkv_bias=True),
    "llada": _PLAIN,
    "llada-moe": Blueprint(qk_norm="head", experts=True),
    "rnd1": Blueprint(qk_norm="head", experts=True),
    "chameleon": Blueprint(qk_norm="each", qk_norm_bias=True),
    "gemma-embedding": Blueprint(qk_norm="head", attention_post_norm=True, ffn_post_norm=True),
    "plamo3": Blueprint(qk_norm="head", fused_qkv=True, fused_ffn=True),
    "muse-glimmer": Blueprint(qk_norm="head", attention_gate="value", attention_post_norm=True, ffn_post_norm=True),
    "granite_swa": Blueprint(experts=True, sinks=True),
    "spark2_5": Blueprint(attention_gate="head"),
    "maple": Blueprint(qk_norm="head", experts=True),
    "mellum": Blueprint(qk_norm="head", experts=True),
    "smallthinker": Blueprint(experts=True),
    "cohere2moe": Blueprint(experts=True, ffn_norm=False),
    "dbrx": Blueprint(experts=True, fused_qkv=True, ffn_norm=False, attention_output_norm=True),
    "grok": Blueprint(experts=True, attention_output_norm=True, layer_output_norm=True),
    "afmoe": Blueprint(experts=True, qk_norm="head", attention_gate="value", attention_post_norm=True,
                       ffn_post_norm=True, probability_bias=True),
    "bailingmoe2": Blueprint(experts=True, qk_norm="head", fused_qkv=True, probability_bias=True),
    "exaone-moe": Blueprint(experts=True, qk_norm="head", probability_bias=True),
    "hy_v3": Blueprint(experts=True, qk_norm="head"),
    "laguna": Blueprint(experts=True, qk_norm="head", attention_gate="head", probability_bias=True),
    "mimo2": Blueprint(experts=True, probability_bias=True),
    "step35": Blueprint(experts=True, qk_norm="head", attention_gate="head", probability_bias=True),
    "deepseek2-ocr": Blueprint(experts=True),
    "mistral4": Blueprint(experts=True, mla=True),
}  # fmt: skip

_DRAFT = {
    "en": "a draft head that runs only beside the model it drafts for",
    "ja": "本体のモデルと一緒にしか動かないドラフト用の部品です",
}
_SPEECH = {"en": "speaks; it writes no text", "ja": "音声を出力するモデルで、テキストは生成しません"}
_FILE_ONLY = {
    "en": "its configuration does not tell all sizes; its own GGUF file is measured",
    "ja": "設定ファイルだけでは構成が決まりません（GGUF ファイルがあれば計測できます）",
}
# What llama.cpp's source names beside BLUEPRINTS, and why no header is built for it.
LEFT_OUT: dict[str, dict[str, str]] = {
    "clip": {"en": "an image projector, never loaded alone", "ja": "画像の投影部品で、単独では読み込まれません"},
    "gptj": {"en": "named in llama.cpp, which cannot load it", "ja": "llama.cpp に名前だけあり、読み込めません"},
    **dict.fromkeys(("eagle3", "dflash", "gemma4-assistant"), _DRAFT),
    **dict.fromkeys(("wavtokenizer-dec", "qwen3tts", "pockettts"), _SPEECH),
    **dict.fromkeys(("graniteswitch", "hrm_text", "hy_v4", "glm5-next", "dots3note", "qwen4exp"), _FILE_ONLY),
}
