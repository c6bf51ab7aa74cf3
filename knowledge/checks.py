"""Cross-checks over the whole catalog that reading one entry cannot make; `mekiki catalog check` prints them."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from datetime import date, timedelta
from itertools import chain
from pathlib import Path

from knowledge.catalog import Catalog
from knowledge.names import family_names
from knowledge.schema import Architecture, Expected, Model, Problem
from knowledge.spelling import normalise
from knowledge.toml_schema import line_of

TOLERANCE = 0.02  # of the parameter count
DEAREST = 1_000.0  # US dollars per million tokens; the dearest listed model costs 600
LARGEST = 20_000_000_000_000  # parameters; beyond this a unit is wrong
BIGGEST_CONTEXT = 100_000_000
SMALLEST_FILE = 1_000_000  # bytes; below this a size was given in GB
BITS_PER_WEIGHT = (0.8, 40.0)  # of a published file: IQ1 and ternary at the low end, fp32 with tables at the high one
DATES_DIFFER = timedelta(days=90)  # hub uploads and announcements of a base model and of what was made of it
NAMED_SIZE = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)([bm])(?![a-z0-9])")  # "9b", "300m"; not the experts of "8x7b"
FAR = 2.0  # times; publishers round, and leave out embeddings (Falcon3 1B has 1.67 B, Qwen2.5-Omni 3B with ears 5.5 B)
LARGEST_READER = 100_000_000_000  # of models that read only; millions taken for billions are more than this
TEXT_VARIANTS = ("base", "instruct", "reasoning", "code")
Finding = tuple[str, str, object, Expected]  # id or file, field, found, expected

NO_NAME = Expected("a name of one entry only", "ひとつの項目だけの名前")


def check(catalog: Catalog, today: date | None = None) -> list[Problem]:
    """Return everything that contradicts itself, in order of path and field; [] when the catalog is sound.

    Covers the entries left out on loading, parameters against hyperparameters (2 %), dates after `today` or against
    each other, names that two entries claim, words without meaning (licence, benchmark, base model, successor, family
    name), cycles of base models and successors, prices, sizes in a wrong unit, task weights, GPUs and their names.
    """
    today = today or date.today()
    found = chain(
        chain.from_iterable(_entry(catalog, model, today) for model in catalog.models.values()),
        _duplicates(catalog.models.values()),
        _cycles(catalog, "base_model"),
        _cycles(catalog, "successor"),
        _tables(catalog),
        _gpus(catalog, today),
    )
    files = _files(catalog)
    placed = [_placed(files, one) for one in found]
    return sorted([*catalog.problems, *placed], key=lambda one: (one.path, one.field, one.found))


def _files(catalog: Catalog) -> dict[str, tuple[Path, Path]]:
    """Return model id -> (folder of entries, file); the user's own come last and win."""
    return {path.stem: (folder, path) for folder in map(Path, catalog.folders) for path in folder.rglob("*.toml")}


def _placed(files: dict[str, tuple[Path, Path]], finding: Finding) -> Problem:
    """Return a finding with the file and line it is about, where the entry has a file."""
    name, field, found, expected = finding
    problem = Problem(name, field, str(found), *expected)
    if name not in files:
        return problem
    folder, path = files[name]
    line = line_of(path.read_text(encoding="utf-8"), field)
    return replace(problem, path=path.relative_to(folder).as_posix() + (f":{line}" if line else ""))


def contradictions(catalog: Catalog, model: Model, today: date) -> Iterator[tuple[str, str, str, str]]:
    """Yield what one entry says against itself or the catalog: field, found, expected in English and in Japanese."""
    for _, field, found, expected in _entry(catalog, model, today):
        yield field, str(found), *expected


def _entry(catalog: Catalog, model: Model, today: date) -> Iterator[Finding]:
    groups = (
        _words(catalog, model), _dates(catalog, model, today), _sizes(model), _shape(model), _prices(model),
        _files_of(model),
    )  # fmt: skip
    for field, found, expected in chain(*groups):
        yield model.id, field, found, expected


def _words(catalog: Catalog, model: Model) -> Iterator[tuple[str, object, Expected]]:
    if model.licence not in catalog.licences:
        yield "licence", model.licence, Expected("a key of licences.toml", "licences.toml にあるキー")
    if model.open_weights and model.licence == "proprietary":
        yield "open_weights", True, Expected("false for a proprietary model", "非公開モデルなら false")
    for score in model.scores:
        field = f"scores.{score.source}.{score.benchmark}"
        benchmark = catalog.benchmarks.get(score.benchmark)
        if benchmark is None:
            yield field, score.benchmark, Expected("a key of benchmarks.toml", "benchmarks.toml にあるキー")
        elif benchmark.unit.startswith(("%", "word")) and not -1e-9 <= score.value <= 100 + 1e-9:
            yield field, score.value, Expected("0 to 100", "0 から 100 まで")
    for name in ("base_model", "successor"):
        target = getattr(model, name)
        if target is not None and target not in catalog.models:
            yield name, target, Expected("the id of an entry", "ある項目の ID")
    for one in model.languages:
        if not re.fullmatch(r"[a-z]{2,3}", one):
            yield "languages", one, Expected("a language code such as ja", "ja のような言語コード")
    if model.country and not re.fullmatch(r"[A-Z]{2}", model.country):
        yield "country", model.country, Expected("a country code such as JP", "JP のような国コード")
    if model.hf_id and not re.fullmatch(r"[^/\s]+/[^/\s]+", model.hf_id):
        yield "hf_id", model.hf_id, Expected("organisation/name", "組織名/名前")


def _dates(catalog: Catalog, model: Model, today: date) -> Iterator[tuple[str, object, Expected]]:
    for when, name in ((model.released, "released"), *((one.date, f"sources.{one.key}.date") for one in model.sources)):
        if when and when > today:
            day = today.isoformat()
            yield name, when.isoformat(), Expected(f"a date up to {day}", f"{day} までの日付")
    base = catalog.models.get(model.base_model or "")
    if base and base.released and model.released and model.released < base.released - DATES_DIFFER:
        day = base.released.isoformat()
        text = Expected(f"a date after its base model's, {day}", f"元のモデルの公開日 {day} より後の日付")
        yield "released", model.released.isoformat(), text


def _sizes(model: Model) -> Iterator[tuple[str, object, Expected]]:
    count = model.parameters
    if count is not None and not 100_000 <= count <= LARGEST:
        text = Expected("a count of parameters (8_000_000_000, not 8)", "パラメータの個数（8 ではなく 8_000_000_000）")
        yield "parameters", count, text
    if count is not None and count > LARGEST_READER and model.variant in ("embedding", "reranker"):
        yield "parameters", count, Expected("a size below 100 B for such a model", "この種類なら 100B 未満")
    if count is not None and (named := _sizes_named(model)):
        near = any(one / FAR <= own <= one * FAR for one in named for own in (count, model.active_parameters or count))
        if not near:
            said = ", ".join(f"{one:.0f}" for one in named)
            yield "parameters", count, Expected(f"about {said}, as the name says", f"名前のとおり約 {said}")
    if model.active_parameters is not None and count is not None and model.active_parameters > count:
        yield "active_parameters", model.active_parameters, Expected("no more than parameters", "parameters 以下")
    if model.context_tokens is not None and not 16 <= model.context_tokens <= BIGGEST_CONTEXT:
        yield "context_tokens", model.context_tokens, Expected("a number of tokens", "トークン数")
    longer = model.extended_context_tokens
    if longer is not None and model.context_tokens is not None and longer < model.context_tokens:
        yield "extended_context_tokens", longer, Expected("no less than context_tokens", "context_tokens 以上")


def _sizes_named(model: Model) -> list[float]:
    """Return the sizes that a name states, in parameters; [] for one that states experts ("8x7B") or none."""
    units = {"b": 1e9, "m": 1e6}
    return [float(size) * units[unit] for size, unit in NAMED_SIZE.findall(model.name.casefold().replace("-", " "))]


def _files_of(model: Model) -> Iterator[tuple[str, object, Expected]]:
    for n, file in enumerate(model.files):
        bits = 8 * file.bytes / model.parameters if model.parameters else None
        if file.bytes < SMALLEST_FILE or (bits is not None and not BITS_PER_WEIGHT[0] <= bits <= BITS_PER_WEIGHT[1]):
            yield f"files[{n}].bytes", file.bytes, Expected("the file's size in bytes", "バイト単位のファイルサイズ")


def _prices(model: Model) -> Iterator[tuple[str, object, Expected]]:
    price = model.price
    if price is None:
        return
    for name in ("input", "output", "cached"):
        value = getattr(price, name)
        if value is not None and not 0 <= value <= DEAREST:
            unit = Expected(
                f"US dollars per million tokens, 0 to {DEAREST:g}",
                f"100万トークンあたりの米ドル、0 から {DEAREST:g} まで",
            )
            yield f"price.{name}", value, unit
    if price.input is None and price.output is None:
        yield "price.input", None, Expected("a price of input or output", "入力か出力の料金")
    if price.cached is not None and price.input is not None and price.cached > price.input:
        yield "price.cached", price.cached, Expected("no more than the input price", "入力料金以下")


def _shape(model: Model) -> Iterator[tuple[str, object, Expected]]:
    shape, count = model.architecture, model.parameters
    if shape is None:
        return
    if isinstance(shape.kv_heads, tuple) and len(shape.kv_heads) != shape.layers:
        text = Expected(f"one number per layer ({shape.layers})", f"層ごとに1つ（{shape.layers} 個）")
        yield "architecture.kv_heads", len(shape.kv_heads), text
    heads = max(shape.kv_heads) if isinstance(shape.kv_heads, tuple) else shape.kv_heads
    if heads and shape.heads % heads:
        text = Expected(f"a divisor of heads ({shape.heads})", f"heads（{shape.heads}）の約数")
        yield "architecture.kv_heads", heads, text
    if shape.experts and shape.experts_used and shape.experts_used > shape.experts:
        yield "architecture.experts_used", shape.experts_used, Expected("no more than experts", "experts 以下")
    amounts = arithmetic(model, shape)
    if count and amounts and not amounts[0] * (1 - TOLERANCE) <= count <= amounts[-1] * (1 + TOLERANCE):
        text = Expected(
            f"about {amounts[0]:.0f}, which the hyperparameters amount to",
            f"ハイパーパラメータから計算した約 {amounts[0]:.0f}",
        )
        yield "parameters", count, text


def arithmetic(model: Model, shape: Architecture) -> tuple[float, float] | None:
    """Return the least and the most parameters that the hyperparameters amount to; None for networks of other parts.

    The most is the least, but in DeepSeek's design (latent attention and experts) the published count may include a
    module that predicts further tokens: one more layer with embeddings of its own (14 of DeepSeek-V3's 685 B). Vision
    and speech towers are not in the hyperparameters, so with further inputs the most is unlimited. An embedding model
    has no output matrix.
    """
    from knowledge.importer.hyperparameters import NOT_PLAIN, computed

    if shape.arch is None or shape.arch in NOT_PLAIN or model.variant not in (*TEXT_VARIANTS, "vision", "embedding"):
        return None
    if model.variant == "embedding":
        shape = replace(shape, tied_embeddings=True)
    amount = computed({key: value for key, value in asdict(shape).items() if value is not None}, shape.arch)
    if set(model.inputs) != {"text"}:
        return amount, float(LARGEST)
    further = amount / shape.layers + 2 * shape.vocab * shape.hidden if shape.experts and shape.kv_lora_rank else 0.0
    return amount, amount + further


def _duplicates(models: Iterable[Model]) -> Iterator[Finding]:
    """Report an id, hub id, name or nickname that two entries claim exactly."""
    owners: dict[str, set[str]] = defaultdict(set)
    for model in models:
        for name in (model.id, model.name, model.hf_id, *model.aliases):
            if name:
                owners[normalise(name)].add(model.id)
    for name, ids in owners.items():
        if len(ids) > 1:
            yield min(ids), "aliases", f"{name!r} = {', '.join(sorted(ids)[1:])}", NO_NAME


def _cycles(catalog: Catalog, field: str) -> Iterator[Finding]:
    for start in catalog.models.values():
        seen, model = {start.id}, start
        while (target := getattr(model, field)) in catalog.models:
            model = catalog.models[target]
            if model.id == start.id:
                yield start.id, field, getattr(start, field), Expected("a chain that ends", "どこかで終わるつながり")
            if model.id in seen:
                break
            seen.add(model.id)


def _tables(catalog: Catalog) -> Iterator[Finding]:
    """Check the tables beside the entries: task weights and the names of families."""
    for task, weights in catalog.tasks.items():
        for key, weight in weights.items():
            if key not in catalog.benchmarks:
                yield (
                    "tasks.toml",
                    f"{task}.{key}",
                    key,
                    Expected("a key of benchmarks.toml", "benchmarks.toml にあるキー"),
                )
            if not 0 < weight <= 1:
                text = Expected("a weight above 0, up to 1", "0 より大きく 1 以下の重み")
                yield "tasks.toml", f"{task}.{key}", weight, text
    for name, target in family_names().items():
        if target not in catalog.models:
            yield "names.toml", f"families.{name}", target, Expected("the id of an entry", "ある項目の ID")


def _gpus(catalog: Catalog, today: date) -> Iterator[Finding]:
    owners: dict[str, set[str]] = defaultdict(set)
    for gpu in catalog.gpus.values():
        if gpu.released and gpu.released > today:
            day = today.isoformat()
            text = Expected(f"a date up to {day}", f"{day} までの日付")
            yield f"gpus/{gpu.name}", "released", gpu.released.isoformat(), text
        for name in (gpu.name, *gpu.aliases):
            owners[normalise(name)].add(gpu.name)
        for one in gpu.pci_ids:
            if not re.fullmatch(r"[0-9a-f]{4}:[0-9a-f]{4}", one):
                yield f"gpus/{gpu.name}", "pci_ids", one, Expected("an id such as 10de:2684", "10de:2684 のような ID")
    for name, cards in owners.items():
        if len(cards) > 1:
            yield f"gpus/{min(cards)}", "aliases", f"{name!r} = {', '.join(sorted(cards)[1:])}", NO_NAME
