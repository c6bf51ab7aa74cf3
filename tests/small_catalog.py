"""A catalog of a dozen made-up models with real shapes, for tests of choosing: figures are easy to work out by hand."""

from datetime import date
from typing import Any

from knowledge.catalog import Catalog
from knowledge.schema import Architecture, Benchmark, Gpu, Licence, Model, Price, Score, Source

SOURCE = Source("test", "made up for tests", date(2026, 1, 1))


def architecture(layers: int, hidden: int, heads: int, kv_heads: int, ffn: int, vocab: int = 32_000) -> Architecture:
    return Architecture("llama", layers, hidden, heads, kv_heads, hidden // heads, ffn, vocab)


SHAPES = {
    1: architecture(16, 2048, 32, 8, 8192),
    7: architecture(32, 4096, 32, 8, 14_336),
    14: architecture(40, 5120, 40, 8, 17_920),
    32: architecture(64, 5120, 40, 8, 27_648),
    70: architecture(80, 8192, 64, 8, 28_672),
}


def model(model_id: str, size: int | None, score: float | None = None, **values: Any) -> Model:
    """An open instruct model of `size` billion parameters with one general score in percent."""
    shape = SHAPES.get(size or 0)
    scores = (Score("general_test", score, "test"),) if score is not None else ()
    defaults: dict[str, Any] = {
        "name": model_id.replace("-", " ").title(), "lab": "Lab", "variant": "instruct", "licence": "apache-2.0",
        "open_weights": True, "family": model_id.rsplit("-", 1)[0], "released": date(2025, 1, 1),
        "parameters": size * 1_000_000_000 if size else None, "context_tokens": 32_768, "languages": ("en",),
        "architecture": shape, "scores": scores, "sources": (SOURCE,),
    }  # fmt: skip
    return Model(id=model_id, **(defaults | values))


def api(model_id: str, score: float, output: float, **values: Any) -> Model:
    return model(
        model_id, None, score, open_weights=False, licence="proprietary",
        price=Price("lab", output / 4, output, None, "test"), **values,
    )  # fmt: skip


def licence(licence_id: str, commercial: Any) -> Licence:
    text = {"ja": "試験用", "en": "for tests"}
    return Licence(licence_id, licence_id, commercial, text, text, None, date(2026, 1, 1))


def benchmark(benchmark_id: str, languages: tuple[str, ...] = ("en",)) -> Benchmark:
    text = {"ja": "試験用", "en": "for tests"}
    return Benchmark(benchmark_id, benchmark_id, text, "percent", 0.0, 100.0, True, languages, False, (SOURCE,))


def catalog(*models: Model) -> Catalog:
    gpus = {
        "RTX 4060 Laptop": Gpu(
            "RTX 4060 Laptop", "nvidia", (8.0,), 256.0, 30.0, False, True, ("4060 laptop",), (), None, (SOURCE,)
        ),
        "RTX 4090": Gpu("RTX 4090", "nvidia", (24.0,), 1008.0, 165.0, False, False, ("4090",), (), None, (SOURCE,)),
    }
    return Catalog(
        models={one.id: one for one in sorted(models, key=lambda one: one.id)},
        gpus=gpus,
        licences={
            one.id: one
            for one in (
                licence("apache-2.0", "yes"), licence("cc-by-nc-4.0", "no"), licence("llama3", "conditional"),
                licence("proprietary", "yes"), licence("mit", "yes"),
            )
        },
        benchmarks={one.id: one for one in (benchmark("general_test"), benchmark("japanese_test", ("ja",)))},
        tasks={"general": {"general_test": 1.0}, "coding": {"general_test": 1.0}},
        glossary=(),
        problems=(),
    )  # fmt: skip


def ladder() -> list[Model]:
    """Open models of five sizes whose scores grow with size, and two API models."""
    return [
        model("tiny-1b", 1, 30.0), model("small-7b", 7, 50.0), model("medium-14b", 14, 60.0),
        model("large-32b", 32, 70.0), model("huge-70b", 70, 80.0), model("other-7b", 7, 45.0),
        model("third-7b", 7, 48.0), api("cloud-cheap", 65.0, 1.0), api("cloud-best", 90.0, 20.0),
    ]  # fmt: skip
