"""Options that several commands take, and what is made of them: arguments of a call."""

import re
import unicodedata
from collections.abc import Callable
from typing import Annotated, Any

import typer

from assistant.calls import NESTED, Call, Hardware, parse_call
from assistant.commands.common import language
from assistant.errors import BadArguments

_THOUSANDS = {"k": 1e3, "千": 1e3, "m": 1e6, "万": 1e4, "b": 1e9, "億": 1e8}


def _amount(text: Any, unit: str) -> float:
    """Return the number in "12", "12GB", "32k", "131,072" or full-width digits. Raises ValueError."""
    folded = unicodedata.normalize("NFKC", str(text)).casefold().replace(",", "").strip()
    folded = re.sub(unit, "", folded).strip()
    factor = _THOUSANDS.get(folded[-1:], 1.0)
    return float(folded[:-1] if factor != 1.0 else folded) * factor


def _reads(option: str, convert: Callable[[str], Any], expected: str, expected_ja: str) -> Callable[[Any], Any]:
    """Return a parser of an option's text that raises BadArguments for what `convert` cannot read."""

    def read(text: Any) -> Any:
        try:
            return convert(str(text))
        except (ValueError, OverflowError):
            raise BadArguments(option, text, expected, expected_ja) from None

    return read


def _tokens(text: str) -> int:
    """Return a context length: "8192", "32k" (32,000), "128K", "1M"."""
    return int(_amount(text, r"(tokens?|トークン)$"))


def _gigabytes(option: str) -> Callable[[Any], Any]:
    """Return the parser of a memory size: "12", "12GB", "7.5 GiB"."""
    expected = ("a memory size in GB, such as 12 or 7.5", "12 や 7.5 のような GB 単位のメモリ容量")
    return _reads(option, lambda text: _amount(text, r"(gb|gib|g|ギガバイト|ギガ)$"), *expected)


def _count(option: str) -> Callable[[Any], Any]:
    """Return the parser of a whole number."""
    return _reads(
        option,
        lambda text: int(unicodedata.normalize("NFKC", text).replace(",", "")),
        "a whole number, such as 2",
        "2 のような整数",
    )


def cache_type(text: Any) -> str:
    """Return a KV cache type as llama.cpp writes it: "Q8_0", "q8" and "int8" are q8_0. Which exist is checked later."""
    folded = unicodedata.normalize("NFKC", str(text)).casefold().strip()
    known = {"q8": "q8_0", "int8": "q8_0", "8bit": "q8_0", "q5": "q5_0", "q4": "q4_0", "int4": "q4_0", "4bit": "q4_0"}
    return {**known, "fp16": "f16", "fp32": "f32"}.get(folded, folded)


def _month(text: str) -> tuple[int, int]:
    """Return tokens read and written: "21M+4.2M"."""
    read, written = (int(_amount(part, r"(tokens?|トークン)$")) for part in text.split("+"))
    return read, written


TokensPerMonth = Annotated[
    Any,
    typer.Option(
        "--tokens-per-month",
        help="Tokens read and written per month, for monthly costs: 21M+4.2M.",
        parser=_reads(
            "--tokens-per-month", _month, "tokens read and written, such as 21M+4.2M",
            "21M+4.2M のような、読むトークン数と書くトークン数",
        ),
        metavar="READ+WRITTEN",
    ),
]  # fmt: skip
OPTIONS = {  # arguments whose option is not called after them
    "model": "MODEL", "models": "MODELS", "context_tokens": "--context", "licences": "--licence",
    "commercial_use": "--commercial", "needs_finetuning": "--finetuning", "input_tokens": "--tokens-per-month",
    "output_tokens": "--tokens-per-month",
}  # fmt: skip
Json = Annotated[bool, typer.Option("--json", help="Print JSON in the fixed shape instead of prose.")]


def _known_language(wish: str | None) -> str | None:
    """Return a wished language that there is, also where nothing is said in it. Raises BadArguments."""
    return wish if wish is None else language(wish)


Lang = Annotated[
    str | None,
    typer.Option(
        "--lang", help="ja or en; by default the question's or the system's.", callback=lambda one: _known_language(one)
    ),
]
Gpu = Annotated[
    str | None, typer.Option("--gpu", help='A GPU or chip, such as "RTX 4090" or "M3 Max"; "none" for no GPU.')
]
GpuCount = Annotated[
    int | None, typer.Option("--gpu-count", help="How many of that GPU.", parser=_count("--gpu-count"), metavar="N")
]
VramGb = Annotated[
    float | None,
    typer.Option("--vram-gb", help="GPU memory in GB, per card.", parser=_gigabytes("--vram-gb"), metavar="GB"),
]
RamGb = Annotated[
    float | None,
    typer.Option("--ram-gb", help="System or unified memory in GB.", parser=_gigabytes("--ram-gb"), metavar="GB"),
]
Explain = Annotated[
    bool, typer.Option("--explain", help="Show all figures behind the answer: tables, proof, what was left out.")
]
NoHardware = Annotated[bool, typer.Option("--no-hardware", help="Assume no machine instead of this one.")]
Users = Annotated[int | None, typer.Option("--users", help="Parallel users.", parser=_count("--users"), metavar="N")]
KvType = Annotated[
    str | None,
    typer.Option("--kv-type", help="KV cache type: f16, q8_0, q4_0, ...", parser=cache_type, metavar="TYPE"),
]
MinSpeed = Annotated[float | None, typer.Option("--min-speed", help="Least tokens per second that it must write.")]
Quant = Annotated[str | None, typer.Option("--quant", help="Quantisation, such as Q4_K_M, or a class such as Q4.")]
Context = Annotated[
    int | None,
    typer.Option(
        "--context",
        help="Context length in tokens: 8192, 32k, ...",
        parser=_reads(
            "--context", _tokens, "a number of tokens, such as 8192 or 32k", "8192 や 32k のようなトークン数"
        ),
        metavar="TOKENS",
    ),
]


def hardware(
    gpu: str | None, gpu_count: int | None, vram_gb: float | None, ram_gb: float | None
) -> dict[str, Any] | None:
    """Return the stated hardware as a call argument, None when nothing was stated."""
    stated: dict[str, Any] = {
        name: value
        for name, value in (("gpu_count", gpu_count), ("vram_gb", vram_gb), ("ram_gb", ram_gb))
        if value is not None
    }
    if gpu is not None:
        stated["gpu"] = None if gpu.strip().lower() in ("none", "no", "なし", "cpu") else gpu
    return stated or None


def usage(
    tokens: tuple[int, int] | None, hardware_price: float | None, electricity_price: float | None
) -> dict[str, Any] | None:
    """Return the stated usage as a call argument, None when nothing was stated."""
    read, written = tokens or (None, None)
    stated = {
        "input_tokens": read, "output_tokens": written, "hardware_price": hardware_price,
        "electricity_price": electricity_price,
    }  # fmt: skip
    return {name: value for name, value in stated.items() if value is not None} or None


def call(tool: str, **arguments: Any) -> Call:
    """Return a validated call from options; None means not given. Raises BadArguments, which names the option."""
    try:
        return parse_call(tool, arguments)
    except BadArguments as error:
        raise _named_as_typed(error) from None


def _named_as_typed(error: BadArguments) -> BadArguments:
    name, found, expected, expected_ja = (error.values[one] for one in ("name", "found", "expected", "expected_ja"))
    return BadArguments(option(str(name)), found, expected, expected_ja)


def option(argument: str) -> str:
    """Return an argument as it is typed: "hardware.vram_gb" is --vram-gb, "models.0" is MODELS."""
    parts = argument.split(".")
    name = parts[1] if parts[0] in NESTED and len(parts) > 1 else parts[0]
    return OPTIONS.get(name, "--" + name.replace("_", "-"))


def split(text: str | None) -> list[str] | None:
    """Return the parts of a comma-separated option, None when it was not given."""
    return [part.strip() for part in text.split(",") if part.strip()] if text else None


def override(stated: dict[str, Any] | None) -> Hardware | None:
    """Return the stated hardware as a value. Raises BadArguments."""
    if stated is None:
        return None
    parsed: Any = parse_call("max_size", {"hardware": stated}).args
    return parsed.hardware if isinstance(parsed.hardware, Hardware) else None
