"""The GPUs and unified-memory chips that are known: knowledge/gpus/*.toml, and the names people type for them."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from assistant.errors import CatalogError
from knowledge.schema import Gpu, Source

_KEYS = {
    "vendor", "memory_gb", "bandwidth_gb_s", "fp16_tflops", "unified", "laptop", "aliases", "pci_ids", "released",
    "sources", "tdp_w",
}  # fmt: skip
_MACS = ("Mac", "MacBook", "MacBook Pro", "MacBook Air", "Mac mini", "Mac Studio", "iMac", "マック", "マックブック")
_KANA = {
    "Jetson": "ジェットソン",
    "Quadro": "クアドロ",
    "TITAN": "タイタン",
    "Snapdragon": "スナップドラゴン",
    "Arc": "アーク",
    "Orin": "オリン",
    "Nano": "ナノ",
    "Super": "スーパー",
}
_SPOKEN = {
    "M1": "エムワン",
    "M2": "エムツー",
    "M3": "エムスリー",
    "M4": "エムフォー",
    "M5": "エムファイブ",
    "Max": "マックス",
    "Pro": "プロ",
    "Ultra": "ウルトラ",
}
_VENDORS = ("nvidia", "amd", "intel", "apple", "qualcomm", "other")


@cache
def load_gpus(folder: Path | None = None) -> dict[str, Gpu]:
    """Return the GPUs by name, in order of name. Raises CatalogError naming file and entry: the tables are ours.

    Args:
        folder: where the tables are; the shipped ones by default.
    """
    gpus: dict[str, Gpu] = {}
    for path in sorted((folder or Path(__file__).with_name("gpus")).glob("*.toml")):
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
        except tomllib.TOMLDecodeError as error:
            raise CatalogError(path=path, field="", found=str(error), expected="TOML") from None
        sources = {key: Source(key, one["ref"], one["date"]) for key, one in table.pop("sources", {}).items()}
        entries = table.pop("gpus", {})
        for name, values in entries.items():
            if name in gpus:
                raise CatalogError(
                    path=path,
                    field=name,
                    found="a second entry",
                    expected="one entry per name",
                    expected_ja="名前ごとに1項目",
                )
            gpus[name] = _gpu(path, name, {**table, **values}, sources)
    return _distinct(dict(sorted(gpus.items())))


def with_memory(gpus: dict[str, Gpu], gpu: Gpu, size_gb: float) -> Gpu:
    """Return the entry of the same card or chip that was sold with this size and has a bandwidth of its own.

    "RTX 3080" with 12 GB is "RTX 3080 12GB"; "M4 Max" with 64 GB is "M4 Max 40-core". Without one, `gpu` itself.
    """
    exact = gpus.get(f"{gpu.name} {size_gb:g}GB")
    if exact and size_gb in exact.memory_gb:
        return exact
    larger = gpus.get(f"{gpu.name} 40-core")
    return larger if larger and size_gb in larger.memory_gb and size_gb not in gpu.memory_gb else gpu


def _distinct(gpus: dict[str, Gpu]) -> dict[str, Gpu]:
    """Return the GPUs with each alias left to one: a name wins, then what a table states, then the plainer name's."""
    typed = {gpu.name: tuple(_typed(gpu.name, gpu.laptop, gpu.vendor, gpu.memory_gb)) for gpu in gpus.values()}
    plainest = sorted(gpus.values(), key=lambda one: (one.laptop, len(one.name), one.name))
    taken = {_folded(name): name for name in gpus}
    for gpu in plainest:
        for alias in gpu.aliases:
            taken.setdefault(_folded(alias), gpu.name)
    for gpu in plainest:
        for alias in typed[gpu.name]:
            taken.setdefault(_folded(alias), gpu.name)
    return {
        name: replace(
            gpu,
            aliases=tuple(
                one
                for one in dict.fromkeys([*gpu.aliases, *typed[name]])
                if one != name and taken[_folded(one)] == name
            ),
        )
        for name, gpu in gpus.items()
    }


def _folded(text: str) -> str:
    return text.casefold().replace(" ", "").replace("-", "")


def _gpu(path: Path, name: str, values: dict[str, Any], sources: dict[str, Source]) -> Gpu:
    """Return one entry with its file's defaults. Raises CatalogError for what cannot be right."""

    def refuse(field: str, found: object, expected: str, expected_ja: str) -> CatalogError:
        return CatalogError(path=path, field=f"{name}.{field}", found=found, expected=expected, expected_ja=expected_ja)

    for key in values.keys() - _KEYS:
        raise refuse(key, values[key], "one of " + ", ".join(sorted(_KEYS)), "次のどれか: " + ", ".join(sorted(_KEYS)))
    vendor = values.get("vendor")
    if vendor not in _VENDORS:
        raise refuse("vendor", vendor, "one of " + ", ".join(_VENDORS), "次のどれか: " + ", ".join(_VENDORS))
    memory = tuple(float(one) for one in values.get("memory_gb", ()))
    if list(memory) != sorted(set(memory)) or any(not 0.5 <= one <= 1024 for one in memory):
        raise refuse("memory_gb", memory, "different sizes in GB, smallest first", "異なる GB 数を小さい順に")
    unified = bool(values.get("unified", False))
    if not memory and not unified:
        raise refuse(
            "memory_gb",
            memory,
            "a size: only a chip without memory of its own has none",
            "容量（専用メモリを持たないチップだけが空）",
        )
    for key, low, high in (("bandwidth_gb_s", 5, 30_000), ("fp16_tflops", 0.1, 10_000), ("tdp_w", 5, 3_000)):
        found = values.get(key)
        if found is not None and not low <= found <= high:
            raise refuse(key, found, f"{low} to {high}", f"{low} から {high} まで")
    released = values.get("released")
    if released is not None and not isinstance(released, date):
        raise refuse("released", released, "a date", "日付")
    cited = values.get("sources", [])
    for key in cited:
        if key not in sources:
            raise refuse("sources", key, "a key of the file's sources", "このファイルの sources のキー")
    if not cited:
        raise refuse("sources", cited, "at least one source", "1つ以上の出典")
    laptop = bool(values.get("laptop", False))
    return Gpu(
        name=name,
        vendor=vendor,
        memory_gb=memory,
        bandwidth_gb_s=_number(values.get("bandwidth_gb_s")),
        fp16_tflops=_number(values.get("fp16_tflops")),
        unified=unified,
        laptop=laptop,
        aliases=tuple(values.get("aliases", ())),
        pci_ids=tuple(values.get("pci_ids", ())),
        released=released,
        sources=tuple(sources[key] for key in cited),
        tdp_w=_number(values.get("tdp_w")),
    )


def _without_generation(name: str) -> str:
    """Return the name without the generation that no other product of its number has, "" where it has none."""
    short = re.sub(r"(?<=^RTX PRO \d{4}) Blackwell|(?<=SFF) Ada$", "", name)
    return short if short != name else ""


def _in_kana(name: str) -> str:
    """Return an Apple chip's name in katakana: "M2 Max" is 「エムツーマックス」."""
    return "".join(_SPOKEN.get(word, f" {word}") for word in name.split(" "))


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)


def _typed(name: str, laptop: bool, vendor: str, memory: tuple[float, ...]) -> Iterator[str]:
    """Yield how people write the name: without the brand, as a laptop part, in Japanese, with a memory size.

    Upper and lower case, width and spacing are left to `knowledge.spelling.normalise`.
    """
    core = re.sub(
        r"^(RTX|GTX|RX|Arc|Arc Pro|Quadro|Radeon|Radeon (AI )?PRO|Radeon Pro) (?=[A-Z]{0,2}\d|Vega)", "", name
    )
    names = [name, core]
    if short := _without_generation(name):
        yield from (short, short.removeprefix("RTX "))
    if found := re.fullmatch(r"RTX (\d{4}) Ada", name):  # its predecessor's name with the new generation's
        yield from (f"A{found[1]} Ada", f"RTX A{found[1]} Ada")
    if name.endswith((" Laptop", " Max-Q")):
        yield from _mobile(name, core)
    elif vendor == "apple":
        yield from (f"Apple {name}", f"{name}チップ", f"{name}チップ搭載Mac", f"{name}搭載Mac")
        for mac in _MACS:
            yield from (f"{mac} {name}", f"{name} {mac}", f"{name}の{mac}")
        yield from (kana := _in_kana(name), kana.replace(_SPOKEN[name[:2]], name[:2]))
    else:
        yield from _with_maker(name, core, vendor)
    if vendor != "apple" and not laptop and re.search(r"\d", name):
        for size in memory:
            yield from (f"{one} {size:g}GB" for one in names if not one.endswith("GB"))
    if _KANA.keys() & set(words := name.split(" ")):
        yield _KANA.get(words[0], words[0]) + name.removeprefix(words[0])
        yield "".join(_KANA.get(word, word) for word in words)
    if core.endswith(" Super"):
        yield f"{core.removesuffix(' Super')}S"
    if core != name and re.match(r"\d{3,4}|[A-Z]{1,2}\d{2,4}|Vega", core):
        yield core


def _mobile(name: str, core: str) -> Iterator[str]:
    """Yield how people write the name of a laptop part; `core`: without the brand."""
    bare, bare_core = name[: name.rindex(" ")], core[: core.rindex(" ")]
    if name.endswith(" Max-Q"):
        yield from (f"{bare} MaxQ", f"{bare_core} MaxQ", f"{bare_core} Max-Q")
    else:
        for one in (bare, bare_core):
            yield from (
                f"{one} {word}" for word in ("Laptop", "Laptop GPU", "Mobile", "notebook", "ノート", "モバイル")
            )
            yield from (
                f"{word}{one}"
                for word in ("ノート", "ノートの", "ノートPCの", "ノート版", "ノート用", "laptop ", "mobile ")
            )
            yield from (
                f"{one}ノートPC",
                f"{one}ノート版",
                f"{one}のノート",
                f"{one}搭載ノート",
                f"{one}ラップトップ",
            )
        if re.fullmatch(r"\d{4}( Ti| Super)?", bare_core):
            yield from (f"{bare_core}M", f"{bare}M")


def _with_maker(name: str, core: str, vendor: str) -> Iterator[str]:
    """Yield a card's name with its maker or brand; `core`: without the brand."""
    if vendor == "nvidia" and name.startswith(("RTX ", "GTX ")):
        yield f"GeForce {name}" if re.match(r"[GR]TX \d{4}", name) else f"NVIDIA {name}"
    if vendor == "nvidia" and re.match(r"[ABGHKLMPTV][BH]?\d{1,3}\w?( |$)", name):
        yield from (f"NVIDIA {name}", f"Tesla {name}")
    if vendor == "amd":
        yield from (
            (f"Radeon {core}", f"Instinct {name}") if name.startswith("MI") else (f"Radeon {name}", f"AMD {name}")
        )
    if vendor == "intel":
        yield from (f"Intel {name}", f"Intel {core}", name.replace(" Pro", ""), f"{core} Pro")
