"""What a model takes, before any machine is looked at: weights, KV cache and compute buffer in bytes.

The formula. oracle.py asks llama.cpp for the same figures; tests/test_oracle.py holds the two together.
"""

import re
from dataclasses import dataclass, replace

from assistant.errors import ApiOnly, BadArguments
from assistant.hardware.machine import Backend
from assistant.memory.compute.buffer import SOURCE as COMPUTE
from assistant.memory.compute.buffer import compute_buffer
from assistant.memory.compute.table import usual_ubatch
from assistant.memory.layers import ENCODERS, KV_TYPES, UBATCH, CacheShape, cache_shape, pad
from assistant.memory.quants import LLAMA_CPP, QUANTS
from assistant.memory.report import Basis, gib
from assistant.memory.weights import Weights, settle, weights
from knowledge.schema import Architecture, Model

FORMULA = "llama.cpp (llama-cpp-python 0.3.36): src/llama-quant.cpp, llama-kv-cache.cpp; read 2026-11-22"
Note = dict[str, str]


@dataclass(frozen=True, slots=True)
class Needs:
    """Bytes of one model, quantisation, context, KV type and number of users; no device yet.

    `cache` is None when nothing is known about the layers; then `cache_bytes` is a middle value of a range that
    `notes` tells. `layers` None likewise. `compute_bytes` is the sum over `devices` GPUs that hold the whole model,
    `ubatch` llama.cpp's n_ubatch.
    """

    model: Model
    arch: Architecture | None
    quant: str
    context_tokens: int
    kv_type: str
    users: int
    weights: Weights
    cache: CacheShape | None
    cache_bytes: int
    compute_bytes: int
    basis: Basis
    notes: tuple[Note, ...]
    sources: tuple[str, ...]
    devices: int = 1
    ubatch: int = UBATCH
    backend: Backend = "cuda"

    @property
    def layers(self) -> int | None:
        """Number of repeating layers."""
        return self.arch.layers if self.arch else None

    @property
    def device_weights(self) -> int:
        """Bytes of the weights that a graphics card holds when all layers are on it.

        llama.cpp leaves the input embeddings in RAM (src/llama-model.cpp: the input layer is never offloaded); one that
        doubles as the output is copied. Servers for formats outside GGUF put everything on the card.
        """
        return on_card(self.weights, self.quant)

    @property
    def host_weights(self) -> int:
        """Bytes of the weights that stay in RAM even then."""
        shared = self.weights.embedding if self.weights.tied and QUANTS[self.quant].gguf else 0
        return self.weights.total - self.device_weights + shared


def on_card(found: Weights, quant: str) -> int:
    """Return the bytes of weights that a graphics card holds when all layers are on it; see `Needs.device_weights`."""
    return found.layers + found.output if QUANTS[quant].gguf else found.total


def check(model: Model, context_tokens: int | None, kv_type: str, users: int) -> None:
    """Raise BadArguments when the question makes no sense: an API-only model, or values out of range."""
    if not model.open_weights:
        raise ApiOnly(model.name)
    if context_tokens is not None and not 1 <= context_tokens <= 100_000_000:
        raise BadArguments("context_tokens", context_tokens, "1 to 100,000,000 tokens", "1〜100,000,000 トークン")
    if kv_type not in KV_TYPES:
        raise BadArguments("kv_type", kv_type, "one of " + ", ".join(KV_TYPES), "次のいずれか: " + ", ".join(KV_TYPES))
    if not 1 <= users <= 10_000:
        raise BadArguments("users", users, "1 to 10,000", "1〜10,000")


def default_context(model: Model) -> int:
    """Return the context assumed when none is stated: 8,192 tokens, or all the model has."""
    return min(8192, model.context_tokens or 8192)


def needs(
    model: Model,
    quant: str,
    context_tokens: int,
    kv_type: str = "f16",
    users: int = 1,
    *,
    devices: int = 1,
    backend: Backend = "cuda",
) -> Needs:
    """Return what the model takes. `quant` is a key of QUANTS, `devices` the number of GPUs, 0 for the processor.

    Raises BadArguments when not even the number of parameters is known.
    """
    arch = settle(model.architecture, model.parameters) if model.architecture else None
    known, notes, sources = model_weights(model, arch, quant)
    basis: Basis = "formula" if not notes else "rough"
    if arch is None:
        rough = _rough(model, quant, context_tokens, kv_type, users, known, tuple(notes), tuple(sources))
        return replace(rough, compute_bytes=rough.compute_bytes * max(1, devices), devices=devices, backend=backend)
    shape = cache_shape(arch)
    if not shape.known:
        notes.append(
            {
                "en": f"The KV cache is rough: {shape.reason}.",
                "ja": f"KV キャッシュは概算です（{_REASONS.get(shape.reason, shape.reason)}）。",
            }
        )
        basis = "rough"
    cache = shape.cache_bytes(context_tokens, kv_type, users=users)
    if arch.arch is None:
        notes.append(_no_architecture(cache))
        basis = "rough"
    ubatch = usual_ubatch(arch, context_tokens)
    compute = compute_buffer(arch, context_tokens, kv_type, ubatch=ubatch, devices=devices, backend=backend)
    sources += [FORMULA, COMPUTE]
    return Needs(
        model, arch, quant, context_tokens, kv_type, users, known, shape, cache, compute, basis,
        tuple(notes), tuple(sources), devices, ubatch, backend,
    )  # fmt: skip


def again(
    need: Needs,
    *,
    context_tokens: int | None = None,
    kv_type: str | None = None,
    users: int | None = None,
    ubatch: int | None = None,
) -> Needs:
    """Return the same model's needs with other settings, from the formula; what is None stays as it is."""
    context, kind, count = context_tokens or need.context_tokens, kv_type or need.kv_type, users or need.users
    if need.arch is None or need.cache is None:
        return needs(need.model, need.quant, context, kind, count, devices=need.devices, backend=need.backend)
    usual = usual_ubatch(need.arch, context)
    batch = ubatch or (usual if need.arch.arch in ENCODERS else need.ubatch)
    return replace(
        need,
        context_tokens=context,
        kv_type=kind,
        users=count,
        ubatch=batch,
        cache_bytes=need.cache.cache_bytes(context, kind, users=count, ubatch=batch),
        compute_bytes=compute_buffer(
            need.arch, context, kind, ubatch=batch, devices=need.devices, backend=need.backend
        ),
    )


_REASONS = {
    "the sizes of its recurrent layers are not stated and were assumed": "再帰層のサイズが不明のため仮定しました",
    "the size of the recurrent state is unknown and not counted": "再帰層の状態サイズが不明のため含めていません",
    "this architecture keeps an additional index that is not counted": "このアーキテクチャ固有の索引を含めていません",
    "which layers compress their cache is not stated; the published pattern was assumed": (
        "どの層がキャッシュを圧縮するか不明なため、公開モデルの並びを仮定しました"
    ),
    "which layers slide is unknown; all are counted with the whole context": (
        "スライディングウィンドウの層構成が不明なため全層を全文脈で数えました"
    ),
}
_NO_TENSORS: Note = {
    "en": "This architecture's tensors are not known here; weights are those of a plain transformer of its shape.",
    "ja": "このアーキテクチャのテンソル構成が不明なため、同じ形の通常の Transformer として重みを計算しました。",
}


def _no_architecture(cache: int) -> Note:
    """Return the note for hyperparameters without a known architecture: what they cannot tell makes the cache smaller.

    Full attention in every layer is the most; the sparsest published hybrid (MiniMax-01) keeps it in one of eight.
    """
    low, high = gib(cache / 8), gib(cache)
    return {
        "en": "llama.cpp's name for this architecture is not known; it was computed as a plain transformer. "
        f"The KV cache is a range, {low} to {high}: windows or recurrent layers would make it smaller.",
        "ja": "llama.cpp でのアーキテクチャ名が不明なため、通常の Transformer として計算しました。"
        f"KV キャッシュは {low}～{high} の範囲です（ウィンドウや再帰層があれば小さくなります）。",
    }


def model_weights(model: Model, arch: Architecture | None, quant: str) -> tuple[Weights, list[Note], list[str]]:
    """Return weights, notes when they are rough, and sources; published file sizes win over arithmetic.

    `arch` are the model's hyperparameters, settled. Raises BadArguments when not even the size is known.
    """
    exact = weights(arch, quant) if arch is not None else None
    published = next((file for file in model.files if file.quant == quant), None)
    if exact is not None and arch is not None and model.parameters and published is None:
        factor, remark = _correction(model, arch)
        if remark is not None:
            return _scaled(exact, factor), [remark], []
    if published is not None:
        if exact is not None:
            factor = published.bytes / exact.total
            # Up to 1 % more is the file's tokenizer and metadata, which never reach the device.
            return (exact if 1 <= factor <= 1.01 else _scaled(exact, factor)), [], [published.source]
        share = _active_share(model)
        return (
            Weights(published.bytes, 0, 0, 0, published.bytes, round(published.bytes * share), False),
            [],
            [published.source],
        )
    if exact is not None:
        return exact, [], []
    plain = weights(replace(arch, arch=None), quant) if arch is not None and not model.parameters else None
    if plain is not None:
        return plain, [_NO_TENSORS], []
    if not model.parameters:
        raise BadArguments(
            "model", model.name,
            "a model whose number of parameters or hyperparameters is known; give --arch FILE.json",
            "パラメータ数かハイパーパラメータが分かるモデル（--arch FILE.json でも指定できます）",
        )  # fmt: skip
    total = round(model.parameters * QUANTS[quant].bits_per_weight / 8)
    share = _active_share(model)
    note = {
        "en": f"Weights are estimated from the number of parameters at {QUANTS[quant].bits_per_weight:g} bits each, "
        "the average of a Llama-3.1-8B file; other models differ by up to 10 %, small ones by more.",
        "ja": f"重みはパラメータ数 × {QUANTS[quant].bits_per_weight:g} ビットの概算です"
        "（Llama-3.1-8B の実ファイルの平均）。"
        "モデルにより 1 割程度、語彙の大きい小型モデルではそれ以上ずれます。",
    }
    return Weights(total, 0, 0, 0, total, round(total * share), False), [note], [QUANTS[quant].source]


_ACTIVE = re.compile(r"(?<![a-z0-9])[ae](\d+(?:\.\d+)?)b(?![a-z0-9])")


def _active_share(model: Model) -> float:
    """Return the share of the weights read per token: stated, or as the name tells ("8B-A1B", "E2B"), else all."""
    total = model.parameters
    if not total:
        return 1.0
    active = model.active_parameters
    if active is None:
        match = _ACTIVE.search(model.id.lower())
        active = round(float(match[1]) * 1e9) if match else total
    return min(1.0, active / total)


def _correction(model: Model, arch: Architecture) -> tuple[float, Note | None]:
    """Return the factor by which arithmetic weights are off and a note, (1, None) when they are sound.

    Hyperparameters come from configurations and are trusted over published counts, which are often rounded, packed or
    estimated; except where something is missing from them: experts, an unknown architecture, or too few parameters.
    """
    f16 = weights(arch, "F16")
    if f16 is None or not model.parameters:
        return 1.0, None
    counted = f16.total / 2
    ratio = counted / model.parameters
    vision = "image" in model.inputs and ratio > 0.5
    trusted = ratio > 5 if arch.experts and ratio > 1 else ratio > 1 or vision  # experts may be narrower than stated
    if 0.85 <= ratio <= 1.15 or (arch.arch is not None and trusted):
        return 1.0, None
    return model.parameters / counted, {
        "en": f"The hyperparameters add up to {counted / 1e9:.1f}B parameters, published are "
        f"{model.parameters / 1e9:.1f}B; weights are scaled to the published number.",
        "ja": f"ハイパーパラメータから数えたパラメータは {counted / 1e9:.1f}B、"
        f"公表値は {model.parameters / 1e9:.1f}B です。"
        "重みは公表値に合わせて換算しました。",
    }


def _scaled(one: Weights, factor: float) -> Weights:
    return replace(
        one,
        total=round(one.total * factor),
        embedding=round(one.embedding * factor),
        output=round(one.output * factor),
        experts=round(one.experts * factor),
        layers=round(one.layers * factor),
        active=round(one.active * factor),
    )


def _rough(
    model: Model,
    quant: str,
    context: int,
    kv_type: str,
    users: int,
    known: Weights,
    notes: tuple[Note, ...],
    sources: tuple[str, ...],
) -> Needs:
    """Without layers: a KV cache between a model with few KV heads and one with as many as attention heads.

    64 KiB x sqrt(parameters in 10^9) per token at f16 is near the middle: 181 KiB at 8B (Llama-3.1-8B 128, Llama-2-7B
    512), 535 KiB at 70B (Llama-3.1-70B 320).
    """
    billions = max((model.parameters or known.total) / 1e9, 0.05)
    cells = pad(context)
    per_cell = 65536 * billions**0.5 * {"f32": 2.0, "f16": 1.0, "bf16": 1.0}.get(kv_type, 0.55)
    encoder = model.variant in ("embedding", "reranker", "speech", "image")
    cache = 0 if encoder else round(per_cell * cells) * users
    low, high = gib(cache / 3), gib(cache * 3)
    if not encoder:
        note = {
            "en": f"The layers of this model are not known: the KV cache is a range, {low} to {high}.",
            "ja": f"このモデルの層構成が不明なため、KV キャッシュは {low}～{high} の範囲です。",
        }
        notes = (*notes, note)
    compute = round((300 + 8 * billions**0.5) * 2**20)
    return Needs(
        model, None, quant, context, kv_type, users, known, None, cache, compute, "rough", notes, (*sources, LLAMA_CPP)
    )
