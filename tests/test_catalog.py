"""The catalog: strict entries, problems instead of crashes, the user's overlay, the cache, the shipped data."""

import re
from datetime import date
from pathlib import Path

import pytest

from knowledge import compiled
from knowledge.catalog import _decode, _encode, _parse, load_catalog, load_models
from knowledge.checks import check
from knowledge.schema import Architecture, Model, Price, Score, Source
from knowledge.toml_schema import EntryError, line_of, parse_model

GOOD = """
name = "Example 8B"
lab = "Example"
variant = "instruct"
licence = "mit"
open_weights = true
released = 2025-06-10
parameters = 8_030_261_248
context_tokens = 131_072
languages = ["en", "ja"]

[architecture]
arch = "llama"
layers = 32
hidden = 4_096
heads = 32
kv_heads = 8
head_dim = 128
ffn = 14_336
vocab = 128_256
extra = {"ssm.inner_size" = 4096.0}

[[files]]
quant = "Q4_K_M"
bytes = 4_920_739_232
source = "card"

[price]
provider = "example"
input = 0.1
output = 0.4
source = "card"

[scores.board]
olb2_ifeval = 49.22

[sources.card]
ref = "https://example.org/card"
date = 2025-06-10
fields = ["released", "parameters", "context_tokens", "languages", "licence", "architecture"]

[sources.board]
ref = "a leaderboard"
date = 2025-07-01
"""


# The models that the seed guides name (seed_coverage.csv of the fact tables), each by the id that stands for it.
SEEDS = """
gpt-4 gpt-3.5-turbo gpt-4o gpt-4-turbo gpt-3 claude-2 claude-3-opus-20240229 gemini-2.5-pro bard grok-4.3
llama-2-7b-chat llama-2-13b-chat llama-2-70b-chat llama-3-8b-instruct llama-3-70b-instruct
codellama-7b-instruct codellama-13b-instruct codellama-34b-instruct codellama-70b-instruct starcoder
starcoder2-15b nllb-200-3.3b m2m100-1.2b bart-large bert-base-uncased t5-base mistral-7b-v0.1
mixtral-8x7b-instruct-v0.1 falcon-7b-instruct falcon-40b-instruct falcon-180b-chat phi-2
phi-3-mini-4k-instruct gemma-2b-it gemma-7b-it gemma-2-9b-it gemma-3-12b-it gemma-4-31b-it qwen1.5-7b-chat
qwen2-7b-instruct qwen2.5-7b-instruct qwen3-8b qwen3.5-9b qwen3.6-27b qwen3.8-27b deepseek-v2-chat deepseek-v3
deepseek-r1 deepseek-v4-flash bloom alpaca-native codeparrot whisper-large-v3 dall-e-3 midjourney-v7
stable-diffusion-xl-base-1.0 text-embedding-3-large
""".split()  # noqa: SIM905 - fifty-seven lines else


def entry(folder: Path, text: str, name: str = "example-8b.toml") -> Path:
    path = folder / "models" / "example" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def load(folder: Path, text: str, name: str = "example-8b.toml") -> tuple[dict[str, Model], list]:
    entry(folder, text, name)
    return load_models(folder / "models")


def test_an_entry_is_read_with_the_source_of_every_figure(tmp_path):
    models, problems = load(tmp_path, GOOD)
    model = models["example-8b"]
    assert problems == []
    assert (model.released, model.parameters, model.languages) == (date(2025, 6, 10), 8_030_261_248, ("en", "ja"))
    assert model.architecture == Architecture(
        "llama", 32, 4096, 32, 8, 128, 14336, 128256, extra={"ssm.inner_size": 4096.0}
    )
    assert model.files[0].bytes == 4_920_739_232
    assert model.price == Price("example", 0.1, 0.4, None, "card")
    assert model.scores == (Score("olb2_ifeval", 49.22, "board"),)
    assert model.sources[1] == Source("card", "https://example.org/card", date(2025, 6, 10))
    assert model.sourced["parameters"] == "card"
    assert model.tool_calling is None  # unknown is absent, never a guess


def test_kv_heads_may_be_one_number_per_layer(tmp_path):
    models, _ = load(tmp_path, GOOD.replace("kv_heads = 8", "kv_heads = [8, 0, 8]"))
    assert models["example-8b"].architecture.kv_heads == (8, 0, 8)


@pytest.mark.parametrize(
    "old, new, field, expected",
    [
        ("licence =", "license =", "license", "a known key: active_parameters, "),
        ("parameters = 8_030_261_248", 'parameters = "8B"', "parameters", "a whole number"),
        ("parameters = 8_030_261_248", "parameters = -8", "parameters", "a whole number"),
        ("parameters = 8_030_261_248", "parameters = true", "parameters", "a whole number"),
        ('variant = "instruct"', 'variant = "chatty"', "variant", "one of base, instruct"),
        ("released = 2025-06-10", 'released = "June"', "released", "a date"),
        ("layers = 32", "layer = 32", "architecture.layer", "a known key"),
        ("layers = 32\n", "", "architecture", "all required keys"),
        ("layers = 32\n", "layers = 0\n", "architecture.layers", "1 to"),
        ("layers = 32\n", "layers = 99_999_999\n", "architecture.layers", "1 to 10,000"),
        ('"ssm.inner_size" = 4096.0', '"ssm.inner_size" = inf', "architecture.extra.ssm.inner_size", "a number"),
        ('name = "Example 8B"', "name = " + "[" * 5_000, "file", "readable UTF-8 TOML"),
        ('name = "Example 8B"', 'name = "Example 8B"\nsourced = 3', "sourced", "a known key"),
        ('name = "Example 8B"', "", "name", "a value: the key is required"),
        ("[scores.board]", "[scores.elsewhere]", "scores.elsewhere.olb2_ifeval", "the key of one of"),
        ('source = "card"\n\n[price]', 'source = "shop"\n\n[price]', "files.Q4_K_M", "the key of one of"),
        ('"context_tokens", ', "", "context_tokens", "the field's name in the `fields`"),
        ('"licence", "architecture"', '"licence", "arch"', "sources.card.fields", "names of the entry's own fields"),
        ('languages = ["en", "ja"]', 'languages = "en"', "languages", "a list of a text"),
        ("[[files]]", "[[files]", "file", "readable UTF-8 TOML"),
    ],
)
def test_a_malformed_entry_is_reported_and_the_rest_loads(tmp_path, old, new, field, expected):
    assert old in GOOD
    entry(tmp_path, GOOD, "good.toml")
    models, problems = load(tmp_path, GOOD.replace(old, new, 1))
    assert list(models) == ["good"]
    (problem,) = problems
    assert problem.path.split(":")[0] == "example/example-8b.toml"
    assert (problem.field, problem.expected.startswith(expected)) == (field, True), problem
    assert re.search(r"[ぁ-んァ-ヶ一-龠]", problem.expected_ja), problem


@pytest.mark.parametrize(
    "field, line",  # counted in GOOD, which starts with an empty line
    [
        ("licence", 5),
        ("architecture.kv_heads", 17),
        ("architecture", 12),
        ("architecture.extra.ssm.inner_size", 21),
        ("architecture.missing", 12),  # the table around it
        ("files[0].bytes", 25),
        ("files[1].bytes", None),
        ("price.input", 30),
        ("scores.board.olb2_ifeval", 35),
        ("sources.card.date", 39),
        ("nothing", None),
        ("file", None),
    ],
)
def test_a_field_is_found_in_its_table(field, line):
    assert line_of(GOOD, field) == line


def test_a_problem_names_the_line(tmp_path):
    _, (problem,) = load(tmp_path, GOOD.replace("vocab = 128_256", 'vocab = "many"'))
    assert problem.path == "example/example-8b.toml:20"  # counted in GOOD, which starts with an empty line
    assert problem.found == "many"


def test_bytes_that_are_not_text_are_a_problem(tmp_path):
    path = entry(tmp_path, GOOD)
    path.write_bytes(b"\xff\xfe\x00name")
    assert load_models(tmp_path / "models")[1][0].expected == "readable UTF-8 TOML"


def test_of_two_entries_with_one_id_the_first_by_path_is_kept(tmp_path):
    entry(tmp_path, GOOD)
    other = tmp_path / "models" / "other" / "example-8b.toml"
    other.parent.mkdir()
    other.write_text(GOOD.replace("Example 8B", "Another"), encoding="utf-8")
    models, problems = load_models(tmp_path / "models")
    assert models["example-8b"].name == "Example 8B"
    assert problems[0].expected == "an id that no other entry has"


def test_an_id_must_be_a_lower_case_word():
    with pytest.raises(EntryError, match="lower-case"):
        parse_model("Example 8B", {})


def test_the_users_folder_overlays_the_shipped_entries(tmp_path):
    entry(tmp_path, GOOD)
    entry(tmp_path, GOOD.replace("Example 8B", "My Phi"), "phi-4.toml")
    entry(tmp_path, "name = 1", "broken.toml")
    catalog = load_catalog(tmp_path)
    assert catalog.models["example-8b"].user
    assert (catalog.models["phi-4"].name, catalog.models["phi-4"].user) == ("My Phi", True)
    assert not catalog.models["phi-2"].user
    assert [one.path.split(":")[0] for one in catalog.problems] == ["example/broken.toml"]
    assert list(catalog.models) == sorted(catalog.models)


def test_a_users_entry_needs_no_sources(tmp_path):
    entry(tmp_path, 'name = "Mine"\nlab = "Me"\nvariant = "base"\nlicence = "mit"\nopen_weights = true\nparameters = 5')
    assert load_catalog(tmp_path).models["example-8b"].parameters == 5


def test_a_changed_file_is_seen(tmp_path):
    path = entry(tmp_path, GOOD)
    first = load_catalog(tmp_path)
    assert load_catalog(tmp_path) is first
    path.write_text(GOOD.replace("Example 8B", "Changed name"), encoding="utf-8")
    assert load_catalog(tmp_path).models["example-8b"].name == "Changed name"


def test_the_compiled_form_gives_back_the_same_catalog():
    shipped = Path(__file__).parents[1] / "knowledge"
    parsed = _parse(shipped, "state")
    assert _decode(_encode(parsed), "state") == parsed


@pytest.mark.parametrize("content", [None, {}, [], [1] * 9, [{"a": [1]}, {}, {}, {}, {}, [], [], "", []], "text"])
def test_a_damaged_cache_is_no_catalog(content):
    assert _decode(content, "state") is None


def test_a_cache_that_cannot_be_written_or_read_changes_nothing(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder", encoding="utf-8")
    compiled.write(blocked / "cache" / "x-1.json", [1])
    assert compiled.read(blocked / "cache" / "x-1.json") is None
    half = tmp_path / "x-2.json"
    half.write_text('{"models": [', encoding="utf-8")
    assert compiled.read(half) is None
    whole = tmp_path / "x-3.json"
    compiled.write(whole, {"a": [1, 2]})
    assert compiled.read(whole) == {"a": [1, 2]}
    whole.write_bytes(whole.read_bytes().replace(b"[1,2]", b"[1,3]"))
    assert compiled.read(whole) is None


def test_records_are_decoded_when_asked_for_and_own_ones_win():
    rows = {"b": ["b", "x", "2026-01-02"], "a": ["a", "y", "not a date"]}
    records = compiled.Records(Source, compiled.packed(rows))
    assert list(records) == ["a", "b"]
    assert records["b"] == Source("b", "x", date(2026, 1, 2))
    own = Source("a", "mine", date(2026, 1, 3))
    assert dict(records.overlaid({"a": own})) == {"a": own, "b": records["b"]}
    with pytest.raises(KeyError):
        records["c"]


def test_only_the_newest_states_of_a_cache_are_kept(tmp_path):
    for n in range(5):
        compiled.write(tmp_path / f"x-{n}.json", n, keep=2)
    assert len(list(tmp_path.iterdir())) == 2


# the shipped data


def test_every_shipped_entry_loads_and_the_catalog_is_sound():
    catalog = load_catalog()
    assert catalog.problems == ()
    assert check(catalog) == []


def test_the_shipped_catalog_is_as_large_as_promised():
    models = load_catalog().models.values()
    assert len(models) >= 1000
    assert sum(bool(one.architecture and one.architecture.arch) for one in models) >= 550
    assert sum(not one.open_weights and one.price is not None for one in models) >= 150
    for variant, least in (("embedding", 60), ("speech", 25), ("image", 25), ("vision", 30), ("translation", 15)):
        assert sum(one.variant == variant for one in models) >= least, variant
    assert sum("ja" in one.languages for one in models) >= 120


# Facts from the publishers' config.json files: layers, heads, KV heads, head size, hidden size, vocabulary.
@pytest.mark.parametrize(
    "model_id, shape",
    [
        ("llama-3.1-8b-instruct", (32, 32, 8, 128, 4096, 128256)),
        ("qwen2.5-7b-instruct", (28, 28, 4, 128, 3584, 152064)),
        ("mistral-7b-v0.1", (32, 32, 8, 128, 4096, 32000)),
        ("phi-4", (40, 40, 10, 128, 5120, 100352)),
        ("gemma-3-27b-it", (62, 32, 16, 128, 5376, 262144)),
        ("gemma-2-9b-it", (42, 16, 8, 256, 3584, 256000)),
        ("gpt-oss-20b", (24, 64, 8, 64, 2880, 201088)),
        ("falcon-40b-instruct", (60, 128, 8, 64, 8192, 65024)),
        ("qwen3-30b-a3b", (48, 32, 4, 128, 2048, 151936)),
        ("mixtral-8x7b-instruct-v0.1", (32, 32, 8, 128, 4096, 32000)),
    ],
)
def test_hyperparameters(model_id, shape):
    arch = load_catalog().models[model_id].architecture
    assert (arch.layers, arch.heads, arch.kv_heads, arch.head_dim, arch.hidden, arch.vocab) == shape


def test_special_attention():
    models = load_catalog().models
    v3 = models["deepseek-v3"].architecture
    assert (v3.arch, v3.layers, v3.kv_lora_rank, v3.qk_rope_head_dim) == ("deepseek2", 61, 512, 64)
    assert (v3.experts, v3.experts_used, v3.first_dense_layers) == (256, 8, 3)
    gemma = models["gemma-3-27b-it"].architecture
    assert (gemma.sliding_window, gemma.swa_period) == (1024, 6)
    nano = models["nemotron-3-nano-30b-a3b"].architecture
    assert (sum(1 for one in nano.kv_heads if one), nano.extra["recurrent_layers"]) == (6, 23)
    qwen = models["qwen3.5-27b"].architecture
    assert (qwen.arch, qwen.full_attention_interval, qwen.extra["ssm.inner_size"]) == ("qwen35", 4, 48 * 128)


def test_every_entry_of_the_seed_guides_is_there():
    assert len(SEEDS) == 57
    assert [one for one in SEEDS if one not in load_catalog().models] == []


def test_licences_say_what_they_allow_in_both_languages():
    for licence in load_catalog().licences.values():
        assert licence.summary["ja"] and licence.summary["en"] and licence.conditions["ja"] and licence.conditions["en"]


def test_benchmarks_are_described_and_tasks_cover_every_task():
    from assistant.calls import TASKS

    catalog = load_catalog()
    assert set(catalog.tasks) == set(TASKS)
    used = {score.benchmark for model in catalog.models.values() for score in model.scores}
    assert used <= set(catalog.benchmarks)
    for one in catalog.benchmarks.values():
        assert one.low < one.high and one.sources and one.measures["ja"] and one.measures["en"]
