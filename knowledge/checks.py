"""Cross-checks over the whole catalog that reading one entry cannot make; `mekiki catalog check` prints them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import date
from itertools import chain

from knowledge.catalog import Catalog
from knowledge.names import normalise
from knowledge.schema import Architecture, Model, Problem

TOLERANCE = 0.02  # of the parameter count
DEAREST = 1_000.0  # US dollars per million tokens; the dearest listed model costs 600
LARGEST = 20_000_000_000_000  # parameters; beyond this a unit is wrong
BIGGEST_CONTEXT = 100_000_000
SMALLEST_FILE = 1_000_000  # bytes; below this a size was given in GB


def check(catalog: Catalog, today: date | None = None) -> list[Problem]:
    """Return everything that contradicts itself, in order of path and field; [] when the catalog is sound.

    Covers the entries left out on loading, parameters against hyperparameters (2 %, dense text models), dates after
    `today`, names that two entries claim, words without meaning (licence, benchmark, base model, successor), cycles of
    base models, prices, sizes in a wrong unit and task weights.
    """
    today = today or date.today()
    found = chain(
        catalog.problems,
        chain.from_iterable(_entry(catalog, model, today) for model in catalog.models.values()),
        _duplicates(catalog.models.values()),
        _cycles(catalog),
        _tasks(catalog),
    )
    return sorted(found, key=lambda one: (one.path, one.field, one.found))


def _entry(catalog: Catalog, model: Model, today: date) -> Iterator[Problem]:
    def wrong(field: str, found: object, expected: str) -> Problem:
        return Problem(model.id, field, str(found), expected)

    if model.licence not in catalog.licences:
        yield wrong("licence", model.licence, "a key of licences.toml")
    for score in model.scores:
        benchmark = catalog.benchmarks.get(score.benchmark)
        if benchmark is None:
            yield wrong("scores", score.benchmark, "a key of benchmarks.toml")
        elif benchmark.unit.startswith(("%", "word")) and not -1e-9 <= score.value <= 100 + 1e-9:
            yield wrong("scores", f"{score.benchmark} {score.value}", "0 to 100")
    for name in ("base_model", "successor"):
        target = getattr(model, name)
        if target is not None and target not in catalog.models:
            yield wrong(name, target, "the id of an entry")
    for when, name in ((model.released, "released"), *((one.date, f"sources.{one.key}.date") for one in model.sources)):
        if when and when > today:
            yield wrong(name, when.isoformat(), f"a date up to {today.isoformat()}")
    yield from (wrong(*one) for one in _sizes(model))
    if model.price:
        for name in ("input", "output", "cached"):
            value = getattr(model.price, name)
            if value is not None and not 0 <= value <= DEAREST:
                yield wrong(f"price.{name}", value, f"US dollars per million tokens, 0 to {DEAREST:g}")
        if model.price.cached is not None and model.price.input is not None and model.price.cached > model.price.input:
            yield wrong("price.cached", model.price.cached, "no more than the input price")
    if model.open_weights and model.licence == "proprietary":
        yield wrong("open_weights", True, "false for a proprietary model")


def _sizes(model: Model) -> Iterator[tuple[str, object, str]]:
    count, shape = model.parameters, model.architecture
    if count is not None and not 100_000 <= count <= LARGEST:
        yield "parameters", count, "a count of parameters (8_000_000_000, not 8)"
    if model.active_parameters is not None and count is not None and model.active_parameters > count:
        yield "active_parameters", model.active_parameters, "no more than parameters"
    if model.context_tokens is not None and not 16 <= model.context_tokens <= BIGGEST_CONTEXT:
        yield "context_tokens", model.context_tokens, "a number of tokens"
    for file in model.files:
        if file.bytes < SMALLEST_FILE:
            yield f"files.{file.quant}", file.bytes, "a size in bytes"
    if shape is None:
        return
    if isinstance(shape.kv_heads, tuple) and len(shape.kv_heads) != shape.layers:
        yield "architecture.kv_heads", len(shape.kv_heads), f"one number per layer ({shape.layers})"
    heads = max(shape.kv_heads) if isinstance(shape.kv_heads, tuple) else shape.kv_heads
    if heads and shape.heads % heads:
        yield "architecture.kv_heads", heads, f"a divisor of heads ({shape.heads})"
    if shape.experts and shape.experts_used and shape.experts_used > shape.experts:
        yield "architecture.experts_used", shape.experts_used, "no more than experts"
    amount = arithmetic(model, shape)
    if count and amount and abs(amount - count) > TOLERANCE * count:
        yield "parameters", count, f"about {amount:.0f}, which the hyperparameters amount to"


def arithmetic(model: Model, shape: Architecture) -> float | None:
    """Return the parameters that a dense text model's hyperparameters amount to, None for other networks."""
    from knowledge.importer.hyperparameters import NOT_PLAIN, computed

    plain = model.variant in ("base", "instruct", "reasoning", "code") and set(model.inputs) == {"text"}
    if not plain or shape.experts or shape.arch is None or shape.arch in NOT_PLAIN:
        return None
    return computed({key: value for key, value in asdict(shape).items() if value is not None}, shape.arch)


def _duplicates(models: Iterable[Model]) -> Iterator[Problem]:
    """Report an id, hub id, name or nickname that two entries claim exactly."""
    owners: dict[str, set[str]] = defaultdict(set)
    for model in models:
        for name in (model.id, model.name, model.hf_id, *model.aliases):
            if name:
                owners[normalise(name)].add(model.id)
    for name, ids in owners.items():
        if len(ids) > 1:
            yield Problem(
                min(ids), "aliases", f"{name!r} also means {', '.join(sorted(ids)[1:])}", "a name of one entry only"
            )


def _cycles(catalog: Catalog) -> Iterator[Problem]:
    for start in catalog.models.values():
        seen, model = {start.id}, start
        while model.base_model in catalog.models:
            model = catalog.models[model.base_model or ""]
            if model.id == start.id:
                yield Problem(start.id, "base_model", start.base_model or "", "a chain that ends")
            if model.id in seen:
                break
            seen.add(model.id)


def _tasks(catalog: Catalog) -> Iterator[Problem]:
    for task, weights in catalog.tasks.items():
        for key, weight in weights.items():
            if key not in catalog.benchmarks:
                yield Problem("tasks.toml", f"{task}.{key}", key, "a key of benchmarks.toml")
            if not 0 < weight <= 1:
                yield Problem("tasks.toml", f"{task}.{key}", str(weight), "a weight above 0, up to 1")
