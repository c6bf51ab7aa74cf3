"""The shapes of what is known: frozen values, facts only. Unknown is None or empty, never 0 or a guess."""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NamedTuple

Variant = Literal[
    "base",
    "instruct",
    "reasoning",
    "code",
    "embedding",
    "reranker",
    "speech",
    "image",
    "vision",
    "translation",
    "ocr",
    "guard",
]
Thinking = Literal["always", "mode", "never", "unknown"]
Commercial = Literal["yes", "no", "conditional", "unknown"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where figures come from: a reference a person can follow and the day it was read."""

    key: str
    ref: str
    date: date


@dataclass(frozen=True, slots=True)
class Architecture:
    """A language model's hyperparameters in llama.cpp's terms; what the fit engine needs.

    `arch` is the llama.cpp architecture name ("llama", "qwen3moe"), None when llama.cpp has none or it is unknown.
    `kv_heads` is one number, or one per layer (0: no KV cache in that layer).
    `sliding_window` tokens; of every `swa_period` layers the last one is full attention (the first when
    `swa_dense_first`); period 1 means that every layer slides, None that the pattern is unknown.
    `kv_lora_rank` and `qk_rope_head_dim` are set for MLA. `full_attention_interval`: one layer in this many keeps a KV
    cache, the others are recurrent. `extra` holds further llama.cpp keys (ssm.*, shared KV, ...) as plain numbers.
    """

    arch: str | None
    layers: int
    hidden: int
    heads: int
    kv_heads: int | tuple[int, ...]
    head_dim: int
    ffn: int
    vocab: int
    tied_embeddings: bool = False
    value_dim: int | None = None
    sliding_window: int | None = None
    swa_period: int | None = None
    swa_dense_first: bool = False
    experts: int | None = None
    experts_used: int | None = None
    moe_ffn: int | None = None
    shared_experts: int | None = None
    first_dense_layers: int | None = None
    kv_lora_rank: int | None = None
    q_lora_rank: int | None = None
    qk_rope_head_dim: int | None = None
    qk_nope_head_dim: int | None = None
    v_head_dim: int | None = None
    global_head_dim: int | None = None
    global_kv_heads: int | None = None
    kv_shared_layers: int | None = None
    full_attention_interval: int | None = None
    extra: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class File:
    """A published GGUF file: exact size in bytes."""

    quant: str
    bytes: int
    source: str


@dataclass(frozen=True, slots=True)
class Score:
    """One published benchmark result. `benchmark` is a key of benchmarks.toml, which tells its unit and range."""

    benchmark: str
    value: float
    source: str


@dataclass(frozen=True, slots=True)
class Price:
    """API price in US dollars per million tokens at `provider` on the source's date."""

    provider: str
    input: float | None
    output: float | None
    cached: float | None
    source: str


@dataclass(frozen=True, slots=True)
class Model:
    """One model of the catalog. Parameters are counts; contexts are tokens."""

    id: str
    name: str
    lab: str
    variant: Variant
    licence: str
    open_weights: bool
    aliases: tuple[str, ...] = ()
    hf_id: str | None = None
    family: str | None = None
    country: str | None = None
    released: date | None = None
    parameters: int | None = None
    active_parameters: int | None = None
    context_tokens: int | None = None
    extended_context_tokens: int | None = None
    inputs: tuple[str, ...] = ("text",)
    outputs: tuple[str, ...] = ("text",)
    tool_calling: bool | None = None
    thinks: bool | None = None  # whether it writes thoughts before an answer, always or in a mode of its own
    languages: tuple[str, ...] = ()
    embedding_dim: int | None = None
    fine_tuning: tuple[str, ...] = ()  # where it can be tuned: "api" (the vendor's), or a tool's name
    base_model: str | None = None
    successor: str | None = None
    known_issues: dict[str, str] = field(default_factory=dict)  # language -> one sentence
    architecture: Architecture | None = None
    files: tuple[File, ...] = ()
    price: Price | None = None
    scores: tuple[Score, ...] = ()
    sources: tuple[Source, ...] = ()
    sourced: dict[str, str] = field(default_factory=dict)  # field name -> source key
    user: bool = False  # from the user's own folder

    @property
    def thinking(self) -> Thinking:
        """Return "always" for a model made for it, "mode" where it can be asked for, "never", or "unknown"."""
        if self.variant == "reasoning":
            return "always"
        return "unknown" if self.thinks is None else "mode" if self.thinks else "never"


@dataclass(frozen=True, slots=True)
class Licence:
    """What a licence allows in plain words; `summary` and `conditions` by language ("ja", "en")."""

    id: str
    name: str
    commercial: Commercial
    summary: dict[str, str]
    conditions: dict[str, str]
    url: str | None
    checked: date


@dataclass(frozen=True, slots=True)
class Gpu:
    """One accelerator or unified-memory chip. Memory in GB as sold (meaning GiB), bandwidth in 10^9 bytes per second.

    `memory_gb` lists the sizes sold, smallest first. `unified`: CPU and GPU share it (Apple silicon, Strix Halo, ...).
    `fp16_tflops` is dense, with tensor cores where the card has them, and the fp32 rate where that is faster (Pascal).
    `tdp_w` is the rated power of the card in watts.
    """

    name: str
    vendor: Literal["nvidia", "amd", "intel", "apple", "qualcomm", "other"]
    memory_gb: tuple[float, ...]
    bandwidth_gb_s: float | None
    fp16_tflops: float | None
    unified: bool
    laptop: bool
    aliases: tuple[str, ...]
    pci_ids: tuple[str, ...]
    released: date | None
    sources: tuple[Source, ...]
    tdp_w: float | None = None


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One benchmark: how to read its scores. `higher` is better unless False; `low`/`high` are chance and ceiling.

    `categories` are the abilities it observes beside the general one: "coding", "maths", "chat", ...
    """

    id: str
    name: str
    measures: dict[str, str]  # language -> one sentence
    unit: str
    low: float
    high: float
    higher: bool
    languages: tuple[str, ...]
    saturated: bool
    sources: tuple[Source, ...]
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Term:
    """A glossary term in both languages with one-line definitions; `aliases` are other ways to write it."""

    ja: str
    en: str
    definition: dict[str, str]
    aliases: tuple[str, ...]


class Expected(NamedTuple):
    """What should have stood there, said in both languages."""

    en: str
    ja: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with an entry, and where: `path` is a file, with the line where it can be told ("x.toml:12")."""

    path: str
    field: str
    found: str
    expected: str
    expected_ja: str
