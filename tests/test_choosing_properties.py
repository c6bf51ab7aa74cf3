"""What holds for any catalog, machine and question: constraints, memory, order, irrelevant models, ties."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.calls import Recommend, parse_call
from assistant.choosing.candidates import choose, take
from assistant.choosing.constraints import resolve
from assistant.errors import BadArguments
from assistant.hardware.machine import Machine
from assistant.memory.placement import with_more_memory
from knowledge.schema import Model, Price
from tests.known_abilities import box_of, chosen, machine
from tests.small_catalog import SHAPES, model
from tests.test_recommend import MOE

EXAMPLES = settings(
    derandomize=True, database=None, deadline=None, max_examples=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
GIB = 2**30


@st.composite
def one_model(draw, name: str) -> Model:
    """A model with some shape, licence, language, context, ability, and perhaps an API price."""
    size = draw(st.sampled_from([30, 7, 14, 32, 70, 1]))
    shape = MOE if size == 30 else SHAPES[size]
    open_weights = draw(st.sampled_from([True, True, True, False]))
    price = draw(st.one_of(st.none(), st.floats(0, 30).map(lambda usd: Price("lab", usd / 4, usd, None, "test"))))
    return model(
        name, size if open_weights else None, 50.0 if draw(st.booleans()) else None,
        architecture=shape if open_weights else None, open_weights=open_weights,
        embedding_dim=draw(st.integers(1000, 4000)), family=draw(st.sampled_from(["a", "b", "c", "d"])),
        licence=draw(st.sampled_from(["apache-2.0", "llama3", "apache-2.0", "cc-by-nc-4.0", "unheard-of"])),
        languages=draw(st.sampled_from([("en", "ja"), ("en",), ()])), price=price,
        context_tokens=draw(st.sampled_from([131_072, 32_768, 4096, None])),
        variant=draw(st.sampled_from(["instruct"] * 5 + ["reasoning", "base", "vision", "code"])),
        tool_calling=draw(st.sampled_from([None, True, False])),
        inputs=("text", "image") if draw(st.booleans()) else ("text",),
    )  # fmt: skip


@st.composite
def some_models(draw) -> list[Model]:
    count = draw(st.integers(4, 12))
    return [draw(one_model(f"m{number:02d}")) for number in range(count)]


machines = st.one_of(
    st.builds(
        machine, st.sampled_from([8, 6, 12, 4, 16, 24, 48]), st.sampled_from([32, 64, 16, None, 128]),
        st.sampled_from([272, 100, 448, 1000]), st.sampled_from([1, 1, 2]),
    ),
    st.builds(machine, st.just(0), st.sampled_from([8, 16, 32, 64, 128])),
)  # fmt: skip
CONDITIONS = {
    "task": ["chat", "coding", "vision", "function_calling", "edge", "math"],
    "hosting": ["local", "api", "any"],
    "context_tokens": [2048, 8192, 30_000, 131_072],
    "languages": [["ja"], ["en"], ["en", "ja"]],
    "commercial_use": [True, False],
    "licences": [["apache"], ["apache", "llama"]],
    "exclude": [["a"], ["b", "m03"], []],
    "needs_finetuning": [True],
    "variant": ["base", "instruct", "reasoning"],
    "priority": ["quality", "speed", "cost"],
    "max_params_b": [8, 15, 40],
    "max_price": [0, 1, 10],
}


@st.composite
def questions(draw) -> dict:
    """At most two conditions: more leave nothing of a dozen models."""
    names = draw(st.lists(st.sampled_from(sorted(CONDITIONS)), max_size=2, unique=True))
    return {name: draw(st.sampled_from(CONDITIONS[name])) for name in names}


def able(models: list[Model]) -> dict[str, float]:
    """Return the drawn abilities: a field that language models do not use holds them, in thousandths."""
    return {one.id: (one.embedding_dim or 0) / 1000 - 2 for one in models}


def ask(models: list[Model], where: Machine | None, question: dict):
    return chosen(models, able(models), where, **question)


def violations(question: dict, where: Machine | None, pick) -> Iterator[str]:
    """Yield the conditions that a pick does not meet, read off the model and the machine alone."""
    one, local = pick.model, pick.run is not None
    hosting = question.get("hosting") or ("local" if where else "any")
    if hosting == "local" and not one.open_weights:
        yield "hosting local"
    if hosting == "api" and (local or one.price is None):
        yield "hosting api"
    if question.get("commercial_use") and one.open_weights and one.licence not in ("apache-2.0", "llama3"):
        yield "commercial use"
    if "licences" in question and not any(word in one.licence for word in question["licences"]):
        yield "licence"
    if not set(question.get("languages", ())) <= set(one.languages) | ({"en"} if one.scores else set()):
        yield "language"
    if one.family in question.get("exclude", ()) or one.id in question.get("exclude", ()):
        yield "excluded"
    if question.get("needs_finetuning") and not one.open_weights:
        yield "fine-tuning"
    if (one.context_tokens or 0) < question.get("context_tokens", 0):
        yield "context"
    if one.parameters is None and "max_params_b" in question:
        yield "unknown size"
    if (one.parameters or 0) > 1.05e9 * question.get("max_params_b", 1e9):
        yield "size"
    bought = not (one.open_weights and hosting != "api") or (where and not local)
    if "max_price" in question and bought and (one.price is None or one.price.output > question["max_price"]):
        yield "price"
    if local and where is not None:
        yield from _memory(where, pick)


def _memory(where: Machine, pick) -> Iterator[str]:
    """Compare with the plainest arithmetic that no run can go below: the weights alone, two bits per parameter more."""
    cards = sum(gpu.total_mib for gpu in where.gpus) * 2**20
    everything = cards + (where.ram_total_mib or 0) * 2**20
    held = everything if pick.split or not where.gpus else cards
    least = {"Q8_0": 8.5, "Q6_K": 6.5, "Q5_K_M": 5.5, "Q4_K_M": 4.5, "IQ4_XS": 4.2, "Q3_K_M": 3.5}[pick.run.quant] / 8
    if pick.model.parameters * least * 0.8 > held:
        yield "memory"
    fit = pick.fit
    if fit.basis != "llama.cpp":
        yield "not measured"
    if not pick.split and fit.total_bytes > fit.available_bytes:
        yield "does not fit"
    if pick.split and (fit.gpu_bytes > fit.available_bytes + GIB or fit.ram_bytes > 0.75 * fit.ram_available_bytes):
        yield "split does not fit"


@given(some_models(), st.one_of(st.none(), machines), questions())
@EXAMPLES
def test_no_pick_violates_a_constraint(models, where, question):
    needs, candidates, out = ask(models, where, question)
    picks = take(needs, candidates, 3)
    for pick in picks:
        assert not list(violations(question, needs.machine, pick)), (pick.model.id, question)
    assert not {one.model.id for one in candidates} & set(out)


@given(some_models(), machines, st.sampled_from([512, 1000, 4096, 30_000]), questions())
@EXAMPLES
def test_more_memory_never_makes_the_best_worse(models, where, more, question):
    best = [
        max((one.utility for one in ask(models, there, question)[1]), default=-np.inf)
        for there in (where, with_more_memory(where, more))
    ]
    assert best[0] <= best[1] + 1e-9


@given(some_models(), st.sampled_from([4, 6, 8, 11, 16, 24, 48]), st.sampled_from([512, 4096, 30_000]), questions())
@EXAMPLES
def test_more_memory_of_a_card_never_takes_the_best_score_away(models, gigabytes, more, question):
    where = machine(gigabytes, None)
    best = [
        max((one.position for one in ask(models, there, question)[1]), default=-np.inf)
        for there in (where, with_more_memory(where, more))
    ]
    assert best[0] <= best[1] + 1e-9


def told(found):
    _, candidates, out = found
    return [(one.model.id, one.run, one.utility) for one in candidates], out


@given(some_models(), machines, questions(), st.randoms(use_true_random=False))
@EXAMPLES
def test_order_does_not_depend_on_the_catalogs_order(models, where, question, random):
    shuffled = box_of(models, able(models), where)
    names = list(shuffled.catalog.models)
    random.shuffle(names)
    backwards = replace(shuffled.catalog, models={name: shuffled.catalog.models[name] for name in names})
    shuffled = replace(shuffled, catalog=backwards)
    needs = resolve(shuffled, Recommend.model_validate(question))
    assert told((needs, *choose(shuffled, needs))) == told(ask(models, where, question))


@given(some_models(), machines, questions(), st.randoms(use_true_random=False))
@EXAMPLES
def test_removing_a_model_that_is_not_ranked_changes_nothing(models, where, question, random):
    """Not ranked: out, or neither among the first three nor the best by utility, whose noise tells what is tied."""
    _, candidates, out = ask(models, where, question)
    first = candidates[:3]
    best = max(candidates, key=lambda one: one.utility, default=None)
    others = [one.id for one in models if not any(one.id == pick.model.id for pick in (*first, *filter(None, [best])))]
    if not others:
        return
    gone = random.choice(others)
    left = ask([one for one in models if one.id != gone], where, question)
    assert [(one.model.id, one.run, one.utility) for one in left[1][:3]] == [
        (one.model.id, one.run, one.utility) for one in first
    ]
    assert {name: why for name, why in out.items() if name != gone} == left[2]


@given(some_models(), machines, questions())
@EXAMPLES
def test_twins_stand_together_in_the_order_of_ids(models, where, question):
    twins = [replace(one, id=f"{one.id}-twin") for one in models]
    order = [one.model.id for one in ask([*models, *twins], where, question)[1]]
    alone = [one.model.id for one in ask(models, where, question)[1]]
    assert [name for name in order if not name.endswith("twin")] == alone
    for name in alone:
        assert order[order.index(name) + 1] == f"{name}-twin"


@pytest.mark.parametrize(
    "arguments, name",
    [
        ({"max_price": -1}, "max_price"), ({"max_params_b": 0}, "max_params_b"), ({"count": -3}, "count"),
        ({"context_tokens": 0}, "context_tokens"), ({"hardware": {"vram_gb": -8}}, "hardware.vram_gb"),
        ({"hardware": {"ram_gb": float("nan")}}, "hardware.ram_gb"), ({"priority": "free"}, "priority"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_in_one_line(arguments, name):
    with pytest.raises(BadArguments) as refused:
        parse_call("recommend", arguments)
    for language in ("ja", "en"):
        assert name in refused.value.text(language) and "\n" not in refused.value.text(language)
