"""What each layer of a model keeps per token: the KV cache and recurrent state as llama.cpp allocates them.

Rules read 2026-11-22 in llama.cpp (llama-cpp-python 0.3.36): src/llama-kv-cache.cpp, llama-kv-cache-iswa.cpp,
llama-memory-recurrent.cpp, llama-hparams.cpp and the `load_arch_hparams` of src/models/*.cpp.
"""

from dataclasses import dataclass
from functools import cached_property

from assistant.errors import BadArguments
from assistant.memory.kept import once_per_shape
from assistant.memory.layer_sizes import (
    EXPANDED,
    INDEXED,
    compress_ratios,
    indexer,
    indexer_layers,
    latent,
    rwkv_sizes,
    stated_per_layer,
)
from assistant.memory.quants import row_bytes
from knowledge.schema import Architecture

PAD = 256  # cells are padded to this (llama-context.cpp, llama-kv-cache-iswa.cpp)
UBATCH = 512  # llama.cpp's default n_ubatch

# Bytes per value are those of the tensor types of the same name.
KV_TYPES = ("f32", "f16", "bf16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0", "iq4_nl")

# llama.cpp architecture -> (period, dense layer first) of its sliding-window pattern; an architecture that is absent
# here keeps every layer's whole context, whatever window its configuration states (Mistral 7B v0.1 and Phi-3 do).
# None: the pattern comes with the file.
SWA_PATTERNS: dict[str, tuple[int | None, bool]] = {
    "gemma2": (2, False),
    "gemma3": (6, False),
    "gemma3n": (5, False),
    "gemma4": (None, False),
    "gemma-embedding": (6, False),
    "gpt-oss": (2, False),
    "llama4": (4, False),
    "cohere2": (4, False),
    "cohere2moe": (4, True),
    "exaone4": (4, False),
    "exaone-moe": (4, False),
    "olmo2": (4, False),
    "afmoe": (4, False),
    "mellum": (4, False),
    "muse-glimmer": (4, False),
    "laguna": (4, True),
    "smallthinker": (4, True),
    "plamo3": (8, False),
    "modern-bert": (3, True),
    "mimo2": (None, False),
    "step35": (None, False),
    "spark2_5": (None, False),
    "granite_swa": (None, False),
    "lfm2": (None, False),
    "maple": (None, False),
    "deepseek4": (1, False),
}
# Windows llama.cpp assumes when the file states none; exaone4 slides in its 64-layer model only.
_DEFAULT_WINDOWS = {
    "gemma2": 4096,
    "llama4": 8192,
    "exaone-moe": 128,
    "smallthinker": 4096,
    "deepseek4": 128,
    "gemma3": 1024,
    "gemma-embedding": 512,
}
# Every published model of these slides, whatever its configuration leaves out.
_ALWAYS_SLIDE = frozenset({"afmoe", "mimo2", "step35", "spark2_5", "maple", "granite_swa", "muse-glimmer", "cohere2",
                           "cohere2moe", "gemma4", "laguna"})  # fmt: skip
# Every layer has both a KV cache and a recurrent state.
_BOTH = frozenset({"falcon-h1"})
# No KV cache at all.
_RWKV = frozenset({"rwkv6", "rwkv6qwen2", "rwkv7", "arwkv7"})
RECURRENT_ONLY = frozenset({"mamba", "mamba2"}) | _RWKV
# A layer without KV heads is recurrent in these; in the others (pruned models such as Deci) it simply has no attention.
_RECURRENT_WITHOUT_KV = frozenset({"jamba", "granitehybrid", "lfm2", "lfm2moe", "nemotron_h", "nemotron_h_moe",
                                   "kimi-linear", "kimi-k3", "bailingmoe3", "plamo2", "minimax-01"})  # fmt: skip
# Their caches follow rules of their own (compressed blocks, looped layers) that are not derived by hand here.
SPECIAL_CACHES = frozenset({"dots3note", "glm5-next", "hy_v4", "qwen4exp"})
# Encoders and text diffusion: no cache is kept.
ENCODERS = frozenset({"bert", "modern-bert", "nomic-bert", "nomic-bert-moe", "neo-bert", "jina-bert-v2", "jina-bert-v3",
                      "eurobert", "gemma-embedding", "dream", "llada", "llada-moe", "rnd1"})  # fmt: skip


# Delta nets: Qwen3-Next, Qwen3.5, Qwen3.6.
_DELTA_NETS = frozenset({"qwen35", "qwen35moe", "qwen3next"})


# One layer in so many has full attention when the file does not say it.
_FULL_EVERY = {**dict.fromkeys(_DELTA_NETS, 4), "minimax-01": 8}


@dataclass(frozen=True, slots=True)
class DeltaNet:
    """Sizes of a gated delta net. `stated` is False when they are those most published models share."""

    state: int
    groups: int
    value_heads: int
    conv: int
    stated: bool


def delta_net(arch: Architecture) -> DeltaNet:
    """Return the delta net's sizes; unstated ones as in Qwen3.5-9B: 16 key and 32 value heads of 128, kernel 4."""
    extra = arch.extra
    state = int(extra.get("ssm.state_size", 0)) or 128
    inner = int(extra.get("ssm.inner_size", 0)) or 32 * state
    heads = int(extra.get("ssm.time_step_rank", 0)) or max(1, inner // state)
    groups, conv = int(extra.get("ssm.group_count", 0)) or 16, int(extra.get("ssm.conv_kernel", 0)) or 4
    return DeltaNet(state, groups, heads, conv, "ssm.inner_size" in extra)


def pad(tokens: int) -> int:
    """Return `tokens` rounded up to a whole number of 256 cells."""
    return -(-tokens // PAD) * PAD


@dataclass(frozen=True)
class CacheShape:
    """Per attention kind, (values of K, values of V, number of layers) for one token; recurrent bytes per sequence.

    `window` is the sliding window in tokens, 0 without one. `known` is False when a part could not be derived;
    what is missing then makes the figure too small or too large as `reason` says.
    """

    full: tuple[tuple[int, int, int], ...]
    sliding: tuple[tuple[int, int, int], ...]
    window: int
    recurrent_bytes: int
    known: bool = True
    reason: str = ""
    heads: int = 0
    index: tuple[tuple[int, int, int], ...] = ()  # an indexer's own cache, of the whole context
    compressed: tuple[tuple[int, int, int], ...] = ()  # (values of K, tokens kept as one, number of layers)

    def token_bytes(self, kv_type: str, *, flash_attention: bool = True) -> tuple[int, int]:
        """Return the bytes of one cell over all full-attention layers, and over all sliding-window layers."""
        full = _cell(self.full, kv_type, 0 if flash_attention else self._widest) + _cell(self.index, kv_type, 0)
        full += sum(layers * row_bytes(kv_type.upper(), k) // ratio for k, ratio, layers in self.compressed)
        return full, _cell(self.sliding, kv_type, 0 if flash_attention else self._widest)

    @cached_property
    def _widest(self) -> int:
        return max((v for _, v, _ in self.full + self.sliding), default=0)

    def cache_bytes(
        self,
        context_tokens: int,
        kv_type: str = "f16",
        *,
        users: int = 1,
        ubatch: int = UBATCH,
        flash_attention: bool = True,
        swa_full: bool = False,
    ) -> int:
        """Return the bytes of the KV cache and recurrent state for `users` sequences of `context_tokens` each.

        Each sequence has its own stream, padded to 256 cells, as llama.cpp without a unified cache.
        """
        full, sliding = self.token_bytes(kv_type, flash_attention=flash_attention)
        cells = pad(context_tokens)
        window = cells if swa_full else pad(min(cells, self.window + ubatch))
        whole = full * cells
        if self.compressed:  # these are padded on their own
            whole = _cell(self.full + self.index, kv_type, 0) * cells
            for k, ratio, layers in self.compressed:
                whole += layers * row_bytes(kv_type.upper(), k) * pad(-(-cells // ratio))
        return users * (whole + sliding * window + self.recurrent_bytes)


def _cell(groups: tuple[tuple[int, int, int], ...], kv_type: str, padded: int) -> int:
    """Return the bytes of one cell; V is transposed without flash attention, and then as wide as the widest layer's.

    So is that of a layer without heads (0, 0) in a pruned model; latent attention has no V at all (k, 0).
    """
    kind, total = kv_type.upper(), 0
    for k, v, layers in groups:
        wide = v if k and not v else max(v, padded)
        total += layers * (row_bytes(kind, k) + row_bytes(kind, wide))
    return total


def window(arch: Architecture) -> int:
    """Return the sliding window in tokens that llama.cpp uses, 0 when it keeps the whole context."""
    if arch.arch == "exaone4":
        return (arch.sliding_window or 4096) if arch.layers == 64 else 0
    if arch.arch is not None and arch.arch not in SWA_PATTERNS:
        return 0
    if arch.arch == "olmo2" and arch.swa_period:  # OLMo 3; OLMo 2 does not slide
        return arch.sliding_window or 4096
    if arch.arch == "gemma3" and arch.hidden <= 1152:  # the 270M and 1B models
        return arch.sliding_window or 512
    return arch.sliding_window or _DEFAULT_WINDOWS.get(arch.arch or "", 0)


def sliding_layers(arch: Architecture) -> tuple[bool, ...]:
    """Return for each layer whether llama.cpp gives it a sliding-window cache."""
    known = SWA_PATTERNS.get(arch.arch or "")
    if not window(arch):
        return (False,) * arch.layers
    if "attention.sliding_window_pattern.0" in arch.extra:
        return tuple(bool(one) for one in stated_per_layer(arch, "attention.sliding_window_pattern", 0))
    period, dense_first = arch.swa_period, arch.swa_dense_first
    if period is None and known is not None:
        period, dense_first = known
    if period is None:
        return (False,) * arch.layers  # the pattern is unknown: the whole context is the safe side
    if period <= 1:
        return (True,) * arch.layers
    if dense_first:
        return tuple(il % period != 0 for il in range(arch.layers))
    return tuple(il % period < period - 1 for il in range(arch.layers))


def heads_per_layer(arch: Architecture) -> tuple[int, ...]:
    """Return the number of attention heads of each layer; sliding layers may have a number of their own (Step 3.5)."""
    sliding = int(arch.extra.get("attention.head_count_swa", 0))
    if sliding:
        return tuple(sliding if slides else arch.heads for slides in sliding_layers(arch))
    return stated_per_layer(arch, "attention.head_count", arch.heads)


def kv_heads_per_layer(arch: Architecture) -> tuple[int, ...]:
    """Return the number of KV heads of each layer; 0 where a layer has no attention.

    Raises BadArguments when a list of heads does not have one entry per layer.
    """
    if isinstance(arch.kv_heads, tuple):
        if len(arch.kv_heads) != arch.layers:
            raise BadArguments(
                "kv_heads",
                len(arch.kv_heads),
                f"one number per layer ({arch.layers})",
                f"層ごとに 1 つ ({arch.layers} 個)",
            )
        return arch.kv_heads
    heads = [arch.kv_heads] * arch.layers
    if arch.arch in RECURRENT_ONLY:
        return (0,) * arch.layers
    step = arch.full_attention_interval or _FULL_EVERY.get(arch.arch or "")
    if step:
        heads = [count if (il + 1) % step == 0 else 0 for il, count in enumerate(heads)]
    if arch.global_kv_heads:
        sliding = sliding_layers(arch)
        heads = [count if slides else arch.global_kv_heads for count, slides in zip(heads, sliding, strict=True)]
    return tuple(heads)


def recurrent_layers(arch: Architecture) -> int:
    """Return how many layers keep a recurrent state."""
    stated = arch.extra.get("recurrent_layers")
    if stated is not None:
        return int(stated)
    if arch.arch in _BOTH or arch.arch in RECURRENT_ONLY:
        return arch.layers
    without = sum(1 for heads in kv_heads_per_layer(arch) if heads == 0)
    if arch.full_attention_interval or arch.arch in _RECURRENT_WITHOUT_KV or arch.arch in _DELTA_NETS:
        return without
    return 0


def recurrent_layer_bytes(arch: Architecture) -> int | None:
    """Return the bytes one recurrent layer keeps for one sequence (F32), None when its sizes are unknown.

    llama-hparams.cpp n_embd_r and n_embd_s: convolution state and recurrent state.
    """
    extra = arch.extra
    if "shortconv.l_cache" in extra:  # LFM2
        return int(arch.hidden * (extra["shortconv.l_cache"] - 1)) * 4
    if arch.arch in _RWKV or "wkv.head_size" in extra:
        keys = rwkv_sizes(arch)
        return arch.hidden * (keys["token_shift_count"] + keys["wkv.head_size"]) * 4
    if arch.arch in _DELTA_NETS:
        net = delta_net(arch)
        inner_size = net.state * net.value_heads
        return 4 * ((net.conv - 1) * (inner_size + 2 * net.groups * net.state) + net.state * inner_size)
    conv = extra.get("ssm.conv_kernel", 0)
    if "kda.head_dim" in extra:  # Kimi Delta Attention
        dim = extra["kda.head_dim"]
        return int(3 * ((conv - 1) if conv else 3) * arch.heads * dim + dim * dim * arch.heads) * 4
    if arch.arch == "minimax-01":
        return arch.head_dim * arch.head_dim * arch.heads * 4
    inner, state = extra.get("ssm.inner_size"), extra.get("ssm.state_size")
    if inner is None or state is None:
        return None
    groups = extra.get("ssm.group_count", 0)
    convolution = (conv - 1 if conv else 0) * (inner + 2 * groups * state)
    return int(convolution + state * inner) * 4


def _grouped(rows: list[tuple[int, int]]) -> tuple[tuple[int, int, int], ...]:
    return tuple((k, v, rows.count((k, v))) for k, v in sorted(set(rows)))


def _compressed_shape(arch: Architecture) -> CacheShape:
    """Return DeepSeek 4's caches: a sliding window, runs of 4 or 128 tokens as one, and the compressors' state (F32).

    src/llama-kv-cache-dsv4.cpp. Layers that keep every fourth token also index them.
    """
    ratios, dim, index = compress_ratios(arch), arch.head_dim, indexer(arch).dim
    short, long = ratios.count(4), ratios.count(128)
    state = 2 * 4 * (short * 2 * 4 * 2 * (dim + index) + long * 128 * dim)
    compressed = tuple(one for one in ((dim, 4, short), (index, 4, short), (dim, 128, long)) if one[2])
    return CacheShape(
        (), ((dim, 0, arch.layers),), window(arch), state, heads=arch.heads, compressed=compressed,
        known="attention.compress_ratios.0" in arch.extra,
        reason="which layers compress their cache is not stated; the published pattern was assumed",
    )  # fmt: skip


@once_per_shape
def cache_shape(arch: Architecture) -> CacheShape:
    """Return what each layer keeps per token. Raises BadArguments for contradictory hyperparameters.

    MLA keeps one row of kv_lora_rank + rope values per layer and no V; sliding layers keep the window; shared-KV models
    keep the first layers only; recurrent layers keep a state of fixed size.
    """
    if arch.arch in ENCODERS:
        return CacheShape((), (), 0, 0, heads=arch.heads)
    if arch.arch == "deepseek4":
        return _compressed_shape(arch)
    full_rows, sliding_rows = _attention_rows(arch)
    index_rows: list[tuple[int, int]] = []
    if arch.arch in INDEXED:
        row = (indexer(arch).dim, arch.value_dim or arch.head_dim if arch.arch == "minimax-m3" else 0)
        index_rows = [row] * len(indexer_layers(arch))
    count = recurrent_layers(arch)
    per_layer = recurrent_layer_bytes(arch) if count else 0
    reason = _not_known(arch, per_layer)
    return CacheShape(
        _grouped(full_rows),
        _grouped(sliding_rows),
        window(arch),
        count * (per_layer or 0),
        not reason,
        reason,
        arch.heads,
        _grouped(index_rows),
    )


def _attention_rows(arch: Architecture) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Return the values of K and V that each full-attention layer keeps per token, and each sliding one."""
    sliding = sliding_layers(arch)
    heads = kv_heads_per_layer(arch)
    keeps = 20 if arch.arch == "gemma3n" else arch.layers - (arch.kv_shared_layers or 0)
    sizes = latent(arch)
    full_rows: list[tuple[int, int]] = []
    sliding_rows: list[tuple[int, int]] = []
    for il in range(min(keeps, arch.layers)):
        if not heads[il]:
            full_rows += [(0, 0)] if arch.arch == "deci" else []
            continue
        if arch.arch in EXPANDED:
            full_rows.append((heads[il] * (sizes.nope + sizes.rope), heads[il] * sizes.value))
            continue
        if sizes.rank:
            full_rows.append((sizes.rank + sizes.rope, 0))
            continue
        key = arch.head_dim if sliding[il] or not arch.global_head_dim else arch.global_head_dim
        value = key if arch.value_dim is None else arch.value_dim
        (sliding_rows if sliding[il] else full_rows).append((key * heads[il], value * heads[il]))
    return full_rows, sliding_rows


def _not_known(arch: Architecture, per_layer: int | None) -> str:
    """Return what about the cache is assumed or not counted, "" when all is known; `per_layer`: the recurrent state."""
    slides = arch.sliding_window and SWA_PATTERNS.get(arch.arch or "gemma4") == (None, False)
    if not any(sliding_layers(arch)) and (slides or arch.arch in _ALWAYS_SLIDE):
        return "which layers slide is unknown; all are counted with the whole context"
    if arch.arch in SPECIAL_CACHES:
        return "this architecture keeps an additional index that is not counted"
    if arch.arch in _DELTA_NETS and not delta_net(arch).stated:
        return "the sizes of its recurrent layers are not stated and were assumed"
    if per_layer is None:
        return "the size of the recurrent state is unknown and not counted"
    return ""
