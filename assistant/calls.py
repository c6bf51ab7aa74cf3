"""Tool calls: the reader's output, the command line's options and the page's edits, validated once, here.

Absent means "not stated". For hardware, `gpu: null` is stated absence ("no GPU"), which is not the same as absent:
`model_fields_set` keeps the difference, and `Call.arguments()` prints only what was stated.
"""

import math
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.errors import BadArguments

Tool = Literal[
    "recommend", "fit", "max_size", "compare", "model_info", "finetune_memory", "explain", "out_of_scope", "clarify"
]
Task = Literal[
    "chat", "coding", "summarization", "translation", "rag", "reasoning", "math", "extraction", "writing", "edge",
    "embedding", "speech", "image", "vision", "function_calling", "general",
]  # fmt: skip
Hosting = Literal["local", "api", "any"]
VariantWish = Literal["base", "instruct", "reasoning"]
Priority = Literal["quality", "speed", "cost"]
Method = Literal["full", "lora", "qlora"]
InfoField = Literal["licence", "context", "params", "release", "languages", "price", "benchmarks"]
KvType = Literal["f32", "f16", "bf16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0", "iq4_nl"]

Gigabytes = Annotated[float, Field(gt=0, le=100_000, allow_inf_nan=False)]
Tokens = Annotated[int, Field(ge=1, le=100_000_000)]
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
    """Memory for training a named model."""

    model: Name | None = None
    method: Method | None = None
    hardware: Hardware | None = None


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
    """A validated tool call."""

    tool: Tool
    args: Arguments

    def arguments(self) -> dict[str, Any]:
        """Return only what was stated, as JSON-ready values; stated absence (`gpu: null`) is kept."""
        return self.args.model_dump(mode="json", exclude_unset=True)


def parse_call(tool: str, arguments: dict[str, Any]) -> Call:
    """Validate a call. Raises BadArguments naming the first argument that is unknown, malformed or out of range."""
    if tool not in ARGUMENTS:
        raise BadArguments("tool", tool, "one of " + ", ".join(TOOLS))
    stated = {name: value for name, value in arguments.items() if value is not None}
    try:
        return Call(tool, ARGUMENTS[tool].model_validate(stated))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"]) or tool
        found = first.get("input")
        if isinstance(found, float) and not math.isfinite(found):
            found = str(found)
        raise BadArguments(name, found, first["msg"]) from None
