"""The compute buffers of a GPU build: scratch memory llama.cpp reserves for one batch on each device, in arithmetic.

llama.cpp lays out the graph of a whole batch and reserves its peak: the widest step of a layer (feed-forward, experts
or attention, with what is live around it and the attention masks) or the logits at the end. Several GPUs keep four
copies of what passes between them. Weights left in RAM are copied to the GPU one matrix at a time for each batch.

The terms were read off what llama.cpp (llama-cpp-python 0.3.36) reserves on a pretended CUDA device
(tests/benchmarks/pretend_gpu.py) for the catalog's shapes on 2026-11-22: graph_reserve in src/llama-context.cpp,
ggml-alloc.c, ggml-backend.cpp and the get_alloc_size, supports_op and offload_op of ggml-cuda. Older builds were
read off published logs, which tests/benchmarks/bench_published.py compares. What the allocator loses to fragmentation
is followed for the common cases only (the last hidden state landing above the freed feed-forward or expert blocks).
"""

from dataclasses import dataclass

from assistant.hardware.machine import Backend
from assistant.memory.blueprints.special import feed_forward_widths, per_layer_width
from assistant.memory.blueprints.tensors import BLUEPRINTS, Blueprint, expert_ffn, moe_step, shared_ffn
from assistant.memory.kept import once_per_shape
from assistant.memory.layers import ENCODERS, UBATCH, kv_heads_per_layer, pad, sliding_layers, window
from knowledge.schema import Architecture

SOURCE = "GPU compute buffer: llama.cpp (llama-cpp-python 0.3.36) on a pretended CUDA device, 2026-11-22"
COPIES = 4  # GGML_SCHED_MAX_COPIES (ggml-backend.cpp): inputs are kept so often when a pipeline of GPUs runs
_UNQUANTISED = frozenset({"f32", "f16", "bf16"})
# Backends whose flash attention turns a quantised cache into f16 first (ggml-cuda/fattn.cu). Vulkan and Metal do not.
_DEQUANTISE: frozenset[Backend] = frozenset({"cuda", "rocm"})
_SMALL = 6  # values per token: positions, ids and indices
_DELTA_NETS = frozenset({"qwen35", "qwen35moe", "qwen3next"})


@dataclass(frozen=True, slots=True)
class Build:
    """What changed between builds.

    `mask`: 4-byte values per cell and token of flash attention's mask as it comes from RAM. A wider one than f16 is
    cast on the first GPU, and its space used again. `index`: 4-byte values per value of V that the transposed cache
    (without flash attention) is addressed with. `per_layer`: Gemma 4's embeddings of every layer stay on the GPU to the
    end of the graph.
    """

    mask: float
    index: int
    per_layer: bool


CURRENT = Build(0.5, 2, True)  # llama-cpp-python 0.3.36: an f16 mask
UNTIL_MID_2026 = Build(1.0, 2, False)  # an f32 mask
UNTIL_MID_2025 = Build(1.0, 0, False)  # before ggml_set_rows


@dataclass(frozen=True, slots=True)
class GpuBuffers:
    """Bytes reserved on each GPU, first to last, and in host memory beside them."""

    devices: tuple[int, ...]
    host: int

    @property
    def total(self) -> int:
        """On all GPUs together."""
        return sum(self.devices)


def gpu_buffers(
    arch: Architecture,
    context_tokens: int,
    *,
    ubatch: int = UBATCH,
    flash_attention: bool = True,
    devices: int = 1,
    kv_type: str = "f16",
    backend: Backend = "cuda",
    gpu_layers: int | None = None,
    outputs: int | None = None,
    streamed: int = 0,
    streamed_cache: int = 0,
    output_bytes: int = 0,
    build: Build = CURRENT,
) -> GpuBuffers:
    """Return what llama.cpp reserves on each GPU and in host memory for batches of `ubatch` tokens.

    Args:
        arch: the model's hyperparameters.
        context_tokens: of one sequence (all of them with a unified cache); padded to 256 cells.
        ubatch: llama.cpp's n_ubatch.
        flash_attention: without it the attention scores of all heads are materialised.
        devices: number of GPUs the layers are split over.
        kv_type: type of the KV cache; CUDA and ROCm expand a quantised one to f16, a layer at a time.
        backend: the GPUs' backend.
        gpu_layers: llama.cpp's -ngl, the output layer counted; None: all. Below all of them no pipeline runs.
        outputs: how many logits of a batch are kept (n_outputs_max). None: all of them, as llama-cpp-python's `Llama`
            and llama.cpp's default do. llama-server, and Ollama with it, keeps one per slot since June 2026.
        streamed: bytes of the largest matrix in RAM (all experts of a layer are one), copied to the GPU for prompts.
        streamed_cache: bytes of one layer's KV cache that stays in RAM (its layer does): attention copies it as well.
        output_bytes: bytes of the output matrix when it stays in RAM (gpu_layers 0).
        build: CURRENT stands for llama-cpp-python 0.3.36.
    """
    cells = pad(context_tokens)
    tokens = min(ubatch, cells)
    kept = tokens if outputs is None else min(outputs, tokens)
    masks = _mask_cells(arch, cells, tokens)
    mask = masks * (0.5 if flash_attention else 1.0)  # as attention reads it
    given = masks * (build.mask if flash_attention else 1.0)
    cast = mask if given > mask else 0.0
    widths = _widths(arch)
    expanded = backend in _DEQUANTISE and kv_type not in _UNQUANTISED and arch.arch not in ENCODERS
    attention = _attention(arch, widths, cells, tokens, build, flash_attention=flash_attention, expanded=expanded)
    layer = max(_feed_forward(arch, widths, all_kept=kept == tokens), attention) + mask + _SMALL
    logits = 0.0 if arch.arch in ENCODERS else arch.vocab * kept / tokens
    head = logits and logits + _beside(arch, widths, given + cast, build) * kept / tokens
    index = 0 if flash_attention else build.index * widths.value
    host = 2 * arch.hidden + _per_layer(arch) + given + index + _SMALL
    value = 4 * tokens
    if devices > 1 and (gpu_layers is None or gpu_layers > arch.layers):
        sizes = _pipeline(arch.hidden, devices, layer, logits, mask, cast + COPIES * (given - mask), index)
        host += (COPIES - 1) * (host - arch.hidden)
        return GpuBuffers(tuple(round(size * value) for size in sizes), round(host * value))
    size = max(head * value + output_bytes, layer * value)
    if streamed:
        size = max(size, (mask + _beside_streamed(arch)) * value + streamed)
    if streamed_cache:
        size = max(size, (attention + arch.hidden + mask) * value + streamed_cache)
    return GpuBuffers((round(size),) * devices, round(host * value))


def _pipeline(
    hidden: int, devices: int, layer: float, logits: float, mask: float, cast: float, index: float
) -> tuple[float, ...]:
    """Return what each GPU of a pipeline reserves, in values per token: what comes in is kept `COPIES` times.

    That is the mask, the cache's index and the hidden state, which all but the last GPU also hand on. `cast` is what
    the first one needs to cast the mask.
    """
    given = (COPIES - 1) * (mask + index)
    outer = layer + given + COPIES * hidden
    inner = outer + COPIES * hidden
    last = max(inner, logits + mask + index + given + 9 * hidden if logits else 0.0)
    return (outer + cast, *[inner] * (devices - 2), last)


@dataclass(frozen=True, slots=True)
class _Widths:
    """Of the widest layer, in values per token: the queries of all heads, the keys and values of its KV heads."""

    query: int
    key: int
    value: int


@once_per_shape
def _widths(arch: Architecture) -> _Widths:
    wide = arch.global_head_dim or arch.head_dim
    pairs = zip(kv_heads_per_layer(arch), sliding_layers(arch), strict=True)
    key = max((heads * (arch.head_dim if slides else wide) for heads, slides in pairs), default=0)
    value = key if arch.value_dim is None else key // arch.head_dim * arch.value_dim
    if arch.kv_lora_rank:  # MLA keeps no values
        value = 0
    return _Widths(arch.heads * max(wide, arch.head_dim), key, value)


@once_per_shape
def _per_layer(arch: Architecture) -> int:
    """Return the values per token of the embeddings Gemma 3n and 4 keep for every layer; 0 without."""
    return per_layer_width(arch) * arch.layers if arch.arch in ("gemma4", "gemma3n") else 0


def _mask_cells(arch: Architecture, cells: int, tokens: int) -> int:
    """Return how many cells the attention masks cover: the context, and the window where some layers slide."""
    if arch.arch in ENCODERS:
        return tokens
    sliding = window(arch)
    return cells + (pad(min(cells, sliding + tokens)) if sliding else 0)


def _attention(
    arch: Architecture,
    widths: _Widths,
    cells: int,
    tokens: int,
    build: Build,
    *,
    flash_attention: bool,
    expanded: bool,
) -> float:
    """Return what is live around attention, without the masks, in values per token."""
    plan = BLUEPRINTS.get(arch.arch or "", Blueprint())
    around = 2 * arch.hidden + 2 * widths.query
    attended = tokens if arch.arch in ENCODERS else cells
    if arch.kv_lora_rank:  # absorbed queries and outputs of MLA
        head = (arch.qk_nope_head_dim or arch.head_dim) + (arch.qk_rope_head_dim or 0)
        around = 2 * arch.hidden + 2 * arch.heads * (arch.kv_lora_rank + head)
    if not flash_attention:
        fused = (4 if build.index else 6) * arch.hidden
        return arch.heads * attended + (fused if plan.fused_qkv else around + build.index * widths.value)
    if plan.fused_qkv:
        around += widths.query + 2 * widths.key
    if not expanded:
        return around
    row = arch.kv_lora_rank + (arch.qk_rope_head_dim or 0) if arch.kv_lora_rank else widths.key + widths.value
    return around + row * 2 * cells / (4 * tokens)


def _feed_forward(arch: Architecture, widths: _Widths, *, all_kept: bool) -> float:
    """Return what is live at the widest feed-forward or expert step, without the masks, in values per token."""
    plan = BLUEPRINTS.get(arch.arch or "", Blueprint())
    hidden, query = arch.hidden, widths.query
    ffn = max(feed_forward_widths(arch))
    if arch.arch in ENCODERS or not plan.gated:
        dense = ffn + 2 * hidden + (0 if arch.arch in ENCODERS else query)
    elif plan.fused_ffn:
        dense = (3 if plan.ffn_post_norm or all_kept else 2) * hidden + 3 * ffn
    else:
        dense = 3 * ffn + 2 * hidden + (0 if arch.arch in _DELTA_NETS or not plan.output_norm else query)
    own = _per_layer(arch)
    if own:
        dense += own + (6 * hidden if arch.arch == "gemma3n" else query + 2 * widths.key)
    if not arch.experts:
        return dense
    used, width, shared = arch.experts_used or 1, expert_ffn(arch), shared_ffn(arch)
    experts = 2 * used * hidden + (2 * hidden + query if plan.probability_bias else hidden + 2 * query)
    if not plan.gated:
        experts = 2 * used * hidden + used * width + 4 * hidden
    elif shared:
        experts = max(experts, 2 * used * hidden + shared + 4 * hidden)
    experts = max(experts, 3 * used * width + 2 * hidden + query)
    return max(experts, dense) if arch.first_dense_layers or moe_step(arch) > 1 else experts


def _beside_streamed(arch: Architecture) -> float:
    """Return what is live while a layer's widest matrix lies on the GPU, in values per token: its input and result.

    The second of two (gate and up) or, where an expert's result is wider, the last one (down).
    """
    plan = BLUEPRINTS.get(arch.arch or "", Blueprint())
    used, width = (arch.experts_used or 1, expert_ffn(arch)) if arch.experts else (1, max(feed_forward_widths(arch)))
    results = width + max(width if plan.gated else 0, arch.hidden if arch.experts else 0)
    return used * results + 4 * arch.hidden


def _beside(arch: Architecture, widths: _Widths, mask: float, build: Build) -> float:
    """Return what lies below the logits in the buffer, in values per token: the last hidden state and what it is above.

    A mask that is larger than the hidden state leaves a hole at the bottom, which then takes the hidden state.
    """
    plan = BLUEPRINTS.get(arch.arch or "", Blueprint())
    hidden, used = arch.hidden, arch.experts_used or 1
    hole = mask >= hidden
    if arch.arch in _DELTA_NETS:
        return 2 * hidden + min(mask, 2 * hidden)
    if arch.experts and plan.gated:
        if arch.kv_lora_rank:
            return hidden if hole else (used + 1) * hidden
        if shared_ffn(arch):
            return (2 * used + 3) * hidden + (0 if hole else mask)
        if widths.query > hidden and not plan.probability_bias and not hole:
            return used * hidden + 2 * widths.query + mask
    elif widths.query < hidden and arch.ffn < 4 * hidden and not hole and not plan.ffn_post_norm:
        return arch.ffn + 2 * hidden + mask
    if arch.arch == "gemma4" and _per_layer(arch) and build.per_layer:
        return 3 * hidden + mask + _per_layer(arch)
    if arch.arch is not None and arch.arch.startswith("nemotron_h"):
        return 3 * hidden
    alone = plan.ffn_norm and plan.output_norm and not plan.position_embedding
    return hidden if alone else 2 * hidden
