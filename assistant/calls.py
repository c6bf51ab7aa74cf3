"""Tool calls: the reader's output, the command line's options and the page's edits, validated once, here.

Absent means "not stated". For hardware, `gpu: null` is stated absence ("no GPU"), which is not the same as absent:
`model_fields_set` keeps the difference, and `Call.arguments()` prints only what was stated.
"""

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.errors import BadArguments

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Tool = Literal[
    "recommend", "fit", "max_size", "compare", "model_info", "finetune_memory", "explain", "out_of_scope", "clarify"
]
Task = Literal[
    "chat", "coding", "summarization", "translation", "rag", "reasoning", "math", "extraction", "writing", "edge",
    "embedding", "speech", "image", "vision", "function_calling", "general",
]  # fmt: skip
Hosting = Literal["local", "api", "any"]
VariantWish = Literal[
    "base", "instruct", "reasoning", "reranker", "tts", "ocr"
]  # the latter three: no tasks of their own
Priority = Literal["quality", "speed", "cost"]
Method = Literal["full", "lora", "qlora"]
InfoField = Literal["licence", "context", "params", "release", "languages", "price", "benchmarks"]
KvType = Literal["f32", "f16", "bf16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0", "iq4_nl"]

OUTSIDE = "outside "  # in `exclude`: all models but those of the country, makers or families that follow

CLOSED = "closed weights"  # in `exclude`: what only an API offers

Gigabytes = Annotated[float, Field(gt=0, le=100_000, allow_inf_nan=False)]
Tokens = Annotated[int, Field(ge=1, le=100_000_000)]
Speed = Annotated[float, Field(gt=0, le=100_000, allow_inf_nan=False)]  # tokens per second
Name = Annotated[str, Field(min_length=1, max_length=200)]


class _Strict(BaseModel):
    """Unknown keys are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Hardware(_Strict):
    """What the person said about their machine. `vram_gb` is per card; unified memory is `ram_gb`."""

    gpu: Name | None = None
    gpu_count: Annotated[int, Field(ge=1, le=1024)] | None = None
    vram_gb: Gigabytes | None = None
    ram_gb: Gigabytes | None = None


class Usage(_Strict):
    """How much is used per month, in tokens, and US dollars: a month's most, what owning costs (power per kWh)."""

    input_tokens: Annotated[int, Field(ge=0, le=10**15)] | None = None
    output_tokens: Annotated[int, Field(ge=0, le=10**15)] | None = None
    budget: Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)] | None = None
    hardware_price: Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)] | None = None
    electricity_price: Annotated[float, Field(ge=0, le=1_000, allow_inf_nan=False)] | None = None


class Training(_Strict):
    """How a model is trained: tokens of a sample, samples per GPU and step, rank of the adapters."""

    sequence_tokens: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    batch: Annotated[int, Field(ge=1, le=4096)] | None = None
    rank: Annotated[int, Field(ge=1, le=4096)] | None = None


class Arguments(_Strict):
    """Base of every tool's arguments."""


class Recommend(Arguments):
    """Choose models."""

    task: Task | None = None
    hardware: Hardware | None = None
    hosting: Hosting | None = None
    context_tokens: Tokens | None = None
    languages: list[Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]] | None = None
    commercial_use: bool | None = None
    licences: list[Name] | None = None
    exclude: list[Name] | None = None
    needs_finetuning: bool | None = None
    variant: VariantWish | None = None
    priority: Priority | None = None
    max_params_b: Annotated[float, Field(gt=0, le=100_000)] | None = None
    max_price: Annotated[float, Field(ge=0, le=1_000_000)] | None = None
    count: Annotated[int, Field(ge=1, le=50)] | None = None
    usage: Usage | None = None
    users: Annotated[int, Field(ge=1, le=10_000)] | None = None
    min_speed: Speed | None = None


class Fit(Arguments):
    """Does a model fit; with no hardware: how much does it need."""

    model: Name | None = None
    quant: Name | None = None
    context_tokens: Tokens | None = None
    kv_type: KvType | None = None
    users: Annotated[int, Field(ge=1, le=10_000)] | None = None
    hardware: Hardware | None = None


class MaxSize(Arguments):
    """How large a model this hardware holds."""

    hardware: Hardware | None = None
    context_tokens: Tokens | None = None
    quant: Name | None = None
    min_speed: Speed | None = None


class Compare(Arguments):
    """Put named models side by side."""

    models: Annotated[list[Name], Field(max_length=12)] | None = None
    task: Task | None = None
    hardware: Hardware | None = None


class ModelInfo(Arguments):
    """One named model's property, or its card."""

    model: Name | None = None
    field: InfoField | None = None


class FinetuneMemory(Arguments):
    """Memory for training a named model; without one, how large a model the hardware trains."""

    model: Name | None = None
    method: Method | None = None
    hardware: Hardware | None = None
    training: Training | None = None


NESTED: dict[str, type[_Strict]] = {"hardware": Hardware, "usage": Usage, "training": Training}


class Explain(Arguments):
    """Answer from the documents."""

    query: Annotated[str, Field(max_length=20_000)] | None = None


class OutOfScope(Arguments):
    """Decline politely."""


class Clarify(Arguments):
    """Nothing usable was said: recommend under stated assumptions and ask one question."""


ARGUMENTS: dict[Tool, type[Arguments]] = {
    "recommend": Recommend,
    "fit": Fit,
    "max_size": MaxSize,
    "compare": Compare,
    "model_info": ModelInfo,
    "finetune_memory": FinetuneMemory,
    "explain": Explain,
    "out_of_scope": OutOfScope,
    "clarify": Clarify,
}
TOOLS: tuple[Tool, ...] = get_args(Tool)
TASKS: tuple[Task, ...] = get_args(Task)


@dataclass(frozen=True)
class Call:
    """A validated tool call.

    `asks` are the details that the question is after and no argument holds ("images", "benchmark MMLU-Pro", "users"):
    the answer tells them first. They decide the order of an answer, never a figure, and are no part of `arguments()`.
    """

    tool: Tool
    args: Arguments
    asks: tuple[str, ...] = ()

    def arguments(self) -> dict[str, Any]:
        """Return only what was stated, as JSON-ready values; stated absence (`gpu: null`) is kept."""
        return self.args.model_dump(mode="json", exclude_unset=True)

    def with_arguments(self, arguments: dict[str, Any]) -> "Call":
        """Return the same question with other arguments. Raises BadArguments."""
        return replace(parse_call(self.tool, arguments), asks=self.asks)


def parse_call(tool: str, arguments: dict[str, Any]) -> Call:
    """Validate a call. Raises BadArguments naming the first argument that is unknown, malformed or out of range."""
    if tool not in ARGUMENTS:
        names = ", ".join(TOOLS)
        raise BadArguments("tool", tool, f"one of {names}", f"次のどれか: {names}")
    stated = {name: value for name, value in arguments.items() if value is not None}
    try:
        return Call(tool, ARGUMENTS[tool].model_validate(stated))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"]) or tool
        raise BadArguments(name, _shown(first["input"]), *_expected(tool, first)) from None


# What pydantic's kinds of error mean to a person, in English and Japanese; {values} come from the error's context.
_EXPECTED = {
    "extra_forbidden": ("an argument that exists: {names}", "存在する引数: {names}"),
    "literal_error": ("one of {names}", "次のどれか: {names}"),
    "greater_than": ("a number above {gt:,g}", "{gt:,g} より大きい数"),
    "greater_than_equal": ("{ge:,.0f} or more", "{ge:,.0f} 以上"),
    "less_than_equal": ("{le:,.0f} or less", "{le:,.0f} 以下"),
    "finite_number": ("a finite number", "有限の数"),
    "int_from_float": ("a whole number", "整数"),
    "int_parsing": ("a whole number", "整数"),
    "int_parsing_size": ("a whole number", "整数"),
    "int_type": ("a whole number", "整数"),
    "float_parsing": ("a number", "数"),
    "float_type": ("a number", "数"),
    "bool_parsing": ("true or false", "true か false"),
    "bool_type": ("true or false", "true か false"),
    "string_type": ("a text", "文字列"),
    "string_unicode": ("a text in Unicode", "正しい Unicode の文字列"),
    "string_too_short": ("a text that is not empty", "空でない文字列"),
    "string_too_long": ("at most {max_length:,} characters", "{max_length:,} 文字以内"),
    "string_pattern_mismatch": (  # the only pattern is that of language codes
        "a language code such as 'ja' or 'en' (ISO 639-1)",
        "'ja' や 'en' のような言語コード（ISO 639-1）",
    ),
    "list_type": ("a list", "リスト"),
    "too_long": ("at most {max_length} items", "{max_length} 個以内"),
    "model_type": ("an object", "オブジェクト"),
}
_LONGEST_SHOWN = 80  # characters of a value that an error repeats


def _expected(tool: str, error: "ErrorDetails") -> tuple[str, str]:
    """Return in English and Japanese what was expected where pydantic found something else."""
    if error["type"] not in _EXPECTED:
        return error["msg"], "正しい値"
    values: dict[str, Any] = dict(error.get("ctx", {}))
    if error["type"] == "literal_error":
        values["names"] = str(values["expected"]).replace(" or ", ", ")
    if error["type"] == "extra_forbidden":
        nested = NESTED if len(error["loc"]) > 1 else {}
        known = nested.get(str(error["loc"][0]), ARGUMENTS[tool])  # type: ignore[index]
        values["names"] = ", ".join(known.model_fields) or "-"
    en, ja = _EXPECTED[error["type"]]
    return en.format(**values), ja.format(**values)


def _shown(value: Any) -> Any:
    """Return a refused value as an error repeats it: itself, or the beginning of a long one."""
    text = value if isinstance(value, str) else repr(value)
    if len(text) > _LONGEST_SHOWN:
        return text[:_LONGEST_SHOWN] + "…"
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
