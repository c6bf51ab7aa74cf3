"""Weight tensors of models with latent or sparse attention, alone or beside linear attention.

MiniCPM 3 and PLM (latent, expanded to heads), DeepSeek 3.2 and GLM-5 (with an indexer), Kimi Linear and K3 and Ling 3
(beside Kimi Delta Attention), MiniMax-01 (beside lightning attention) and M3 (with an indexer). Read 2026-11-22 in
llama.cpp's src/models/{minicpm3,plm,deepseek32,glm-dsa,kimi-linear,kimi-k3,bailingmoe3,minimax-01,minimax-m3}.cpp.
"""

from collections.abc import Callable, Sequence

from assistant.memory.blueprints.parts import attention, dense_ffn, expert_ffn, latent_attention, shared_expert
from assistant.memory.blueprints.table import Blueprint
from assistant.memory.blueprints.tensor import Tensor, bare, bias, weight
from assistant.memory.layer_sizes import indexer, indexer_layers
from assistant.memory.layers import kv_heads_per_layer
from knowledge.schema import Architecture

_PLAIN = Blueprint()


def _norms(arch: Architecture) -> list[Tensor]:
    return weight(range(arch.layers), attn_norm=(arch.hidden,), ffn_norm=(arch.hidden,))


def expanded_layers(arch: Architecture) -> list[Tensor]:
    """Return MiniCPM 3's and PLM's layers: latent attention whose cache holds the expanded heads."""
    every = range(arch.layers)
    plan = Blueprint(gated=arch.arch != "plm")
    return _norms(arch) + latent_attention(arch, every, joint=True) + dense_ffn(arch, plan, every)


def indexed_layers(arch: Architecture) -> list[Tensor]:
    """Return the attention of DeepSeek 3.2 and GLM-5: latent, with an indexer that chooses the tokens to look at."""
    found, layers = indexer(arch), indexer_layers(arch)
    parts = _norms(arch) + latent_attention(arch, range(arch.layers))
    parts += [
        Tensor("indexer.k_norm.weight", (found.dim,), layers),
        Tensor("indexer.k_norm.bias", (found.dim,), layers),
        Tensor("indexer.proj.weight", (arch.hidden, found.heads), layers),
        Tensor("indexer.attn_k.weight", (arch.hidden, found.dim), layers),
        Tensor("indexer.attn_q_b.weight", (arch.q_lora_rank or 0, found.heads * found.dim), layers),
    ]
    return parts


def minimax_m3_layers(arch: Architecture) -> list[Tensor]:
    """Return MiniMax-M3's attention: grouped queries, with an indexer in the layers with experts."""
    found, layers = indexer(arch), indexer_layers(arch)
    return [
        *_norms(arch),
        *attention(arch, Blueprint(qk_norm="head")),
        Tensor("indexer.q_proj.weight", (arch.hidden, found.heads * found.dim), layers),
        Tensor("indexer.k_proj.weight", (arch.hidden, found.dim), layers),
        Tensor("indexer.q_norm.weight", (found.dim,), layers),
        Tensor("indexer.k_norm.weight", (found.dim,), layers),
    ]


def _split(arch: Architecture) -> tuple[Sequence[int], Sequence[int]]:
    heads = kv_heads_per_layer(arch)
    return tuple(il for il, n in enumerate(heads) if n), tuple(il for il, n in enumerate(heads) if not n)


def minimax_01_layers(arch: Architecture) -> list[Tensor]:
    """Return MiniMax-01's attention: lightning attention in seven layers of eight."""
    full, linear = _split(arch)
    inner = arch.heads * arch.head_dim
    parts = _norms(arch) + attention(arch, _PLAIN, full)
    return parts + weight(linear, attn_norm_2=(inner,), attn_qkv=(arch.hidden, 3 * inner),
                          attn_gate=(arch.hidden, inner), attn_output=(inner, arch.hidden))  # fmt: skip


def delta_attention(arch: Architecture, layers: Sequence[int]) -> list[Tensor]:
    """Return Kimi Delta Attention; Kimi K3 has one output gate of full width, Ling 3 both gates in full width."""
    hidden, conv = arch.hidden, int(arch.extra.get("ssm.conv_kernel", 4))
    dim = int(arch.extra.get("kda.head_dim", arch.head_dim))
    inner = dim * arch.heads
    convolution = (conv, 1, inner, 1)
    parts = weight(
        layers,
        ssm_conv1d_q=convolution,
        ssm_conv1d_k=convolution,
        ssm_conv1d_v=convolution,
        attn_q=(hidden, inner),
        attn_k=(hidden, inner),
        attn_v=(hidden, inner),
        attn_output=(inner, hidden),
        ssm_beta=(hidden, arch.heads),
        ssm_norm=(dim,),
    )
    parts += bias(layers, ssm_dt=(inner,))
    parts += bare(layers, ssm_a=(arch.heads,) if arch.arch == "kimi-k3" else (1, arch.heads))
    if arch.arch == "bailingmoe3":
        return parts + weight(layers, ssm_f_a=(hidden, inner), ssm_g_a=(hidden, inner))
    parts += weight(layers, ssm_f_a=(hidden, dim), ssm_f_b=(dim, inner))
    if arch.arch == "kimi-k3":
        return parts + weight(layers, ssm_g=(hidden, inner))
    return parts + weight(layers, ssm_g_a=(hidden, dim), ssm_g_b=(dim, inner))


def kimi_layers(arch: Architecture) -> list[Tensor]:
    """Return the attention of Kimi Linear, Kimi K3 and Ling 3: latent in some layers, delta attention in the rest."""
    full, linear = _split(arch)
    parts = _norms(arch) + latent_attention(arch, full) + delta_attention(arch, linear)
    if arch.arch == "bailingmoe3":
        parts += weight(full, attn_gate=(arch.hidden, arch.heads))
    return parts


def kimi_k3_layers(arch: Architecture) -> list[Tensor]:
    """Return Kimi K3's layers: residual attention scores, experts in a narrower space."""
    full, _ = _split(arch)
    every, hidden, count = range(arch.layers), arch.hidden, arch.experts or 0
    latent, width = int(arch.extra.get("expert_latent_length", 0)), expert_ffn(arch)
    inner, moe = latent or hidden, every[arch.first_dense_layers or 0 :]
    value = arch.v_head_dim or arch.value_dim or arch.head_dim
    parts = [*kimi_layers(arch), Tensor("output_res_score.weight", (hidden,))]
    parts += weight(every, attn_res_score=(hidden,), ffn_res_score=(hidden,))
    parts += weight(full, attn_gate=(hidden, arch.heads * value))
    parts += dense_ffn(arch, _PLAIN, every[: moe.start])
    parts += weight(moe, ffn_gate_inp=(hidden, count), ffn_gate_exps=(inner, width, count),
                    ffn_up_exps=(inner, width, count), ffn_down_exps=(width, inner, count))  # fmt: skip
    parts += bias(moe, exp_probs_b=(count,)) + shared_expert(arch, moe, (arch.shared_experts or 1) * width)
    if latent:
        parts += weight(moe, ffn_routed_down=(hidden, latent), ffn_routed_up=(latent, hidden),
                        ffn_routed_norm=(latent,))  # fmt: skip
    return parts


LATENT_ATTENTION: dict[str, Callable[[Architecture], list[Tensor]]] = {
    "deepseek32": indexed_layers,
    "glm-dsa": indexed_layers,
    "minimax-m3": minimax_m3_layers,
    "minimax-01": minimax_01_layers,
    "kimi-linear": kimi_layers,
    "bailingmoe3": kimi_layers,
}
LATENT_LAYERS: dict[str, Callable[[Architecture], list[Tensor]]] = {
    "minicpm3": expanded_layers,
    "plm": expanded_layers,
    "kimi-k3": kimi_k3_layers,
}
