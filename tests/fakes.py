"""Small real classes that stand in for the assistant and the index in the page's tests."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.calls import Call, Hardware, parse_call
from assistant.errors import UnknownModel
from assistant.events import (
    Answer,
    CallRecord,
    Cited,
    Conversation,
    Done,
    Event,
    Reading,
    TextDelta,
    ToolFinished,
    ToolStarted,
    Understood,
)
from assistant.hardware.machine import Device, Machine
from index.types import FileStatus, Hit, Passage


def fit_json(name: str, weights: float, kv: float, available: float | None, **more: Any) -> dict[str, Any]:
    """A report in the shape of FitReport.to_json(); memory in MiB."""
    total = weights + kv + 300.5 + 220.0
    return {
        "id": name.lower().replace(" ", "-"), "model": name, "quant": "Q4_K_M",
        "context_tokens": 8192,
        "kv_type": "f16", "users": 1, "weights_mib": weights, "kv_cache_mib": kv, "compute_mib": 300.5,
        "overhead_mib": 220.0,
        "margin_mib": 300.0, "total_mib": total, "available_mib": available,
        "fits": None if available is None else total <= available, "device": "RTX 4060 Laptop", "placement": "gpu",
        "max_context_tokens": 18432, "layers": 36, "gpu_layers": 36, "gpu_mib": total, "ram_mib": 0.0,
        "settings": {"n_ctx": 8192, "flash_attn": True, "type_k": "f16"},
        "tokens_per_second": {"low": 31.0, "mid": 38.4, "high": 45.0}, "bottleneck": "memory bandwidth",
        "basis": "llama.cpp",
        "notes": [{"ja": "フラッシュアテンションを使う設定です。", "en": "With flash attention."}],
        "sources": ["models/qwen/qwen3-8b.toml"],
    } | more  # fmt: skip


def recommend_result() -> dict[str, Any]:
    """Three picks with their memory, two models left out."""
    rows = [("Qwen3 8B", 4795.2, 1152.0, 71.2, {}), ("Gemma 3 4B", 2375.0, 420.0, 63.5, {})]
    large = {"fits": False, "placement": "partial", "gpu_mib": 7100.0, "ram_mib": 2660.0, "gpu_layers": 24}
    rows.append(("Qwen2.5 Coder 14B", 8566.0, 1536.0, 76.9, large))
    return {
        "picks": [
            {
                "id": name.lower().replace(" ", "-"), "hf_id": f"example/{name.replace(' ', '-')}", "model": name,
                "quant": "Q4_K_M", "score": score, "interval": [score - 4.1, score + 4.1],
                "why": [
                    {"ja": "コーディングの評価が高い", "en": "Strong coding scores"},
                    {"ja": "VRAMに載る", "en": "Fits in VRAM"},
                ],
                "fit": fit_json(name, weights, kv, 7400.0, **more), "licence": "apache-2.0", "commercial_use": "yes",
            }
            for name, weights, kv, score, more in rows
        ],
        "excluded": [
            {"model": "Llama 3.3 70B", "because": {"ja": "40 GiB 必要", "en": "needs 40 GiB"}},
            {"model": "Codestral 22B", "because": {"ja": "商用利用不可", "en": "no commercial use"}},
        ],
        "ties": [["Qwen3 8B", "Gemma 3 4B"]],
        "needs": {"task": "coding"},
    }  # fmt: skip


ANSWER_JA = """**Qwen3 8B（Q4_K_M）** をおすすめします。評価が高く、RTX 4060 Laptop 8GB に載ります [1]。

| モデル | 量子化 | 必要量 | 速度 |
|---|---|---|---|
| Qwen3 8B | Q4_K_M | 6.3 GiB | 約38 tok/s |
| Gemma 3 4B | Q4_K_M | 3.2 GiB | 約70 tok/s |

量子化は Q4_K_M が品質と容量の釣り合いに優れています [2]。より長い文脈が要るときは Gemma 3 4B が候補です。

```bash
llama-server -m qwen3-8b-q4_k_m.gguf -c 8192 -ngl 99

# 8192 トークンまで
```
"""
ANSWER_EN = """**Qwen3 8B (Q4_K_M)** is the best choice: strong scores, and it fits on an RTX 4060 Laptop 8GB [1].

Q4_K_M is a good balance of quality and size [2]. For longer contexts, take Gemma 3 4B.
"""
SOURCES = (
    Cited(
        1, "ja/vram.md", "VRAMの見積もり > KVキャッシュ",
        "KVキャッシュは文脈の長さに比例します。\n\n8,192トークンで約1.1 GiBです。", "l. 42",
    ),
    Cited(2, "ja/quantization.md", "量子化 > Kクオンツ", "Q4_K_M は重み1つあたり約4.8ビットです。"),
)  # fmt: skip


@dataclass
class FakeIndex:
    """An index over a list of files; uploads are seen by `sync`."""

    folder: Path
    files: list[FileStatus] = field(default_factory=list)

    def __post_init__(self) -> None:
        when = "2025-01-10T09:30:00"
        self.files = self.files or [
            FileStatus("社内ガイド.md", "user", "indexed", 12, {}, when),
            FileStatus(
                "scan.pdf",
                "user",
                "needs_ocr",
                0,
                {"ja": "3ページに文字がありません", "en": "no text on 3 pages"},
                when,
            ),
            FileStatus("ja/quantization.md", "shipped", "indexed", 18, {}, when),
            FileStatus("en/quantization.md", "shipped", "indexed", 17, {}, when),
        ]

    def status(self) -> Any:
        """Files and counts."""
        return FakeStatus(tuple(self.files), sum(one.passages for one in self.files), "builtin-static-1", 3, ())

    def search(self, query: str, *, top: int = 10, source: str = "all", language: str | None = None) -> list[Hit]:
        """One passage for anything but nonsense."""
        if "zzz" in query:
            return []
        passage = Passage(
            "p1", "ja/quantization.md", "量子化 > Kクオンツ", SOURCES[1].text + f" ({query})", "ja", "shipped"
        )
        return [Hit(1, 0.812, passage)][:top]

    def sync(self, progress: Any = None) -> None:
        """Add what lies in the folder."""
        known = {one.file for one in self.files}
        if self.folder.is_dir():
            for path in sorted(self.folder.iterdir()):
                if path.name not in known:
                    self.files.append(FileStatus(path.name, "user", "indexed", 1, {}, "2025-01-11T10:00:00"))

    def rebuild(self, progress: Any = None) -> None:
        """Nothing to do."""


@dataclass(frozen=True)
class FakeStatus:
    """The shape of the index's status."""

    files: tuple[FileStatus, ...]
    passages: int
    embedder: str
    generation: int
    notes: tuple[dict[str, str], ...]


@dataclass(frozen=True)
class FakeSettings:
    """The settings that the page reads."""

    data: Path
    knowledge: tuple[Path, ...]
    lang: str | None = None


@dataclass(frozen=True)
class FakeCatalog:
    """A catalog of GPU names."""

    gpus: dict[str, Any] = field(default_factory=lambda: {"RTX 3060": None, "RTX 4060 Laptop": None, "M3 Max": None})


class FakeAssistant:
    """Plays a scripted turn: picks for most questions, an error for "unknown", a bug for "crash", sources always.

    `pause` seconds between events; `text` replaces the answer (for hostile output).
    """

    def __init__(self, data: Path, *, lang: str | None = None, pause: float = 0.0, text: str | None = None) -> None:
        self.settings = FakeSettings(data, (data / "knowledge",), lang)
        self.catalog = FakeCatalog()
        self.index = FakeIndex(data / "knowledge")
        self.machine = Machine(
            (Device("RTX 4060 Laptop", "nvidia", "cuda", 8188, 7402, 256.0, 89.0, laptop=True),),
            32000, 21500, "AMD Ryzen 7 7840HS", 8, 80.0, "detected", "linux", ("NVML: RTX 4060 Laptop", "psutil: RAM"),
        )  # fmt: skip
        self.pause, self.text = pause, text
        self.calls: list[Call] = []
        self.hardware: list[Hardware | None] = []

    def follow(self) -> None:
        """Follow nothing."""

    def answer(
        self,
        question: str,
        conversation: Conversation,
        *,
        language: str | None = None,
        hardware: Hardware | None = None,
    ) -> Iterator[Event]:
        """Recommend coding models, whatever was asked."""
        self.hardware.append(hardware)
        if "unknown" in question:
            raise UnknownModel("qwen-8", ("qwen3-8b",))
        spoken = "ja" if any("\u3040" <= letter <= "\u9fff" for letter in question) else "en"
        stated = {"task": "coding", "hardware": {"gpu": "RTX 4060 Laptop", "vram_gb": 8}, "hosting": "local"}
        yield from self._play(question, parse_call("recommend", stated), conversation, spoken)

    def answer_call(
        self, call: Call, conversation: Conversation, *, language: str, hardware: Hardware | None = None
    ) -> Iterator[Event]:
        """Answer an edited reading the same way."""
        self.calls.append(call)
        yield from self._play("", call, conversation, language)

    def _play(self, question: str, call: Call, conversation: Conversation, language: str) -> Iterator[Event]:
        reading = Reading(call, 0.93, "ja" if language == "ja" else "en")
        yield Understood(reading)
        time.sleep(self.pause)
        yield ToolStarted(call.tool, call.arguments())
        if "crash" in question:
            raise ZeroDivisionError("a bug")
        time.sleep(self.pause)
        record = CallRecord(call.tool, call.arguments(), recommend_result(), 12.4)
        yield ToolFinished(record)
        text = self.text or (ANSWER_JA if language == "ja" else ANSWER_EN)
        for start in range(0, len(text), 12):
            time.sleep(self.pause / 5)
            yield TextDelta(text[start : start + 12])
        conversation.call = call
        conversation.turns.append((question, text))
        following = (
            ("32Kの文脈でも載りますか？", "商用利用できますか？") if language == "ja" else ("And with 32K of context?",)
        )
        assumed = (
            ("コンテキスト長は 8,192 トークンとしました。",) if language == "ja" else ("8,192 tokens of context.",)
        )
        yield Done(
            Answer(
                text,
                (record,),
                SOURCES,
                assumed,
                (),
                following,
                reading.language,
                {"reader": "mekiki-reader-1", "writer": "templates", "embedder": "builtin-static-1"},
                {"reader": 15.2, "tools": 12.4, "total": 48.0},
                reading,
            )
        )
