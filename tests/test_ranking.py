"""Abilities: scores on one scale, the algebra of evidence against dense references, the kept file, languages, parts."""

from dataclasses import replace
from datetime import date
from math import log, sqrt

import numpy as np
import pytest

from assistant.choosing import factors, kept_scores
from assistant.choosing.cells import digest, on_line, table
from assistant.choosing.factors import Fitted, fit
from assistant.choosing.fit_scores import fit_catalog
from assistant.choosing.ranking import Scales, percent, refit, scales_of
from assistant.choosing.standing import Evidence, evidence, posterior
from assistant.choosing.traits import RELATIVES, TRAITS, family_years, kind, relatives, traits
from knowledge.catalog import Catalog, load_catalog
from knowledge.schema import Score
from tests.small_catalog import benchmark, catalog, model


@pytest.fixture(scope="module")
def shipped() -> Catalog:
    return load_catalog()


@pytest.fixture(scope="module")
def scales(shipped) -> Scales:
    return scales_of(shipped)


def with_own(shipped, *models):
    """The shipped catalog with a person's own entries."""
    return replace(shipped, models={**shipped.models, **{one.id: replace(one, user=True) for one in models}})


# One scale for all units


@pytest.mark.parametrize(
    "unit, low, high, higher, saturated, value, line, deviation",
    [
        ("%", 0, 100, True, False, 50, 0.0, 0.02 / 0.25),
        ("%", 25, 100, True, False, 85, log(0.8 / 0.2), 0.02 / 0.16),  # (85 - 25) / 75 = 0.8
        ("%", 25, 100, True, False, 20, log(0.01 / 0.99), 0.02 / 0.0099),  # below chance: as low as 1 %
        ("%", 0, 100, True, True, 90, log(9), 0.04 / 0.09),
        ("word error rate, %", 0, 40, False, False, 8, log(4), 0.02 / 0.16),  # 1 - 8/40 = 0.8
        ("Elo", 700, 1550, True, False, 1400, 1400 / (400 / log(10)), 10 / (400 / log(10))),
    ],
)
def test_scores_of_every_unit_come_onto_one_line(unit, low, high, higher, saturated, value, line, deviation):
    one = replace(benchmark("b"), unit=unit, low=low, high=high, higher=higher, saturated=saturated)
    found, variance = on_line(one, value)
    assert found == pytest.approx(line, rel=1e-4)
    assert sqrt(variance) == pytest.approx(deviation, rel=1e-4)


def test_percent_is_the_share_below():
    assert percent(0.0) == 50
    assert percent(1.644854) == pytest.approx(95, abs=1e-4)  # the 95th percentile of a standard normal


# Traits and relatives


def test_what_is_unknown_is_marked_and_not_taken_for_small():
    known = dict(zip(TRAITS, traits(model("a-8b", 7), {}), strict=True))
    closed = dict(zip(TRAITS, traits(model("b", None, released=None), {}), strict=True))
    assert known["size"] == pytest.approx((log(7) / log(10) - 1) / 0.7) and known["size unknown"] == 0
    assert closed["size"] == 0 and closed["size unknown"] == 1 and closed["date unknown"] == 1


def test_an_undated_model_takes_its_familys_mean_year():
    family = [
        model("x-7b", 7, family="X", released=date(2024, 7, 1)),
        model("x-14b", 14, family="X", released=date(2025, 7, 1)),
    ]
    years = family_years(family)
    assert years["X"] == pytest.approx(0.5, abs=0.01)
    assert traits(model("x-1b", 1, family="X", released=None), years)[TRAITS.index("year")] == years["X"]


def test_relatives_are_lab_family_and_the_stock_a_model_was_made_from():
    root = model("llama-7b", 7, family="Llama", lab="Meta")
    tuned = model("kuma-7b", 7, family="Kuma", lab="Bear", base_model="llama-7b")
    found = relatives(tuned, {root.id: root, tuned.id: tuned})
    assert found == ["lab:Bear", "family:Kuma", relatives(root, {})[2]]


def test_voices_are_no_recognisers():
    assert kind(model("tts", None, variant="speech", inputs=("text",), outputs=("audio",))) == "voice"
    assert kind(model("asr", None, variant="speech", inputs=("audio",))) == "speech"


# The algebra of evidence


def scale_of(loading, noise, sources=("board",), abilities=("general",)) -> Fitted:
    benchmarks, factors_ = tuple(f"b{n}" for n in range(len(noise))), len(abilities)
    nothing, weights = np.zeros((0, factors_)), np.zeros((len(TRAITS), factors_))
    return Fitted(
        (), benchmarks, abilities, sources, (), np.zeros(len(noise)), np.array(noise), np.array(loading), nothing,
        np.zeros((0, factors_, factors_)), nothing, np.zeros((0, factors_, factors_)), weights, weights,
        np.ones((len(RELATIVES), factors_)), np.ones(factors_),
    )  # fmt: skip


def elo(name):
    return replace(benchmark(name), unit="Elo")


def told(scale, values, mean, cov) -> tuple[Evidence, np.ndarray, np.ndarray]:
    own = model("m", 7, scores=tuple(Score(f"b{n}", value * 400 / log(10), "t") for n, value in values.items()))
    found = evidence(scale, own, {f"b{n}": elo(f"b{n}") for n in values}, np.array(mean), np.array(cov))
    return found, *posterior(np.array(mean), np.array(cov), found)


BLUR = (10 / (400 / log(10))) ** 2  # the variance of an Elo score's own blur, in logits


def test_one_score_moves_the_ability_by_its_share_of_precision():
    _, mean, cov = told(scale_of([[1.0, 0.0]], [1 - BLUR]), {0: 2.0}, [0.0], [[1.0]])
    assert mean == pytest.approx([1.0]) and cov == pytest.approx(np.array([[0.5]]))  # precision 1 + 1, score 2


def test_two_columns_of_one_board_are_no_two_witnesses():
    alone = scale_of([[1.0, 0.0], [1.0, 0.0]], [1 - BLUR] * 2)
    board = scale_of([[1.0, 2.0], [1.0, 2.0]], [1 - BLUR] * 2)
    # Independent: precision 1 + 2. On one board the columns' mean has variance 1/2 + 2**2: precision 1 + 1 / 4.5.
    assert told(alone, {0: 1.0, 1: 1.0}, [0.0], [[1.0]])[2] == pytest.approx(np.array([[1 / 3]]))
    assert told(board, {0: 1.0, 1: 1.0}, [0.0], [[1.0]])[2] == pytest.approx(np.array([[1 / (1 + 1 / 4.5)]]))


def test_conditioning_equals_the_dense_normal_formula():
    loading = np.array([[1.0, 0.4, 0.3], [0.7, 0.0, 0.5], [1.3, 0.8, 0.0]])
    scale = scale_of(loading, [0.2, 0.3, 0.1], abilities=("general", "coding"))
    prior_mean, prior_cov = np.array([0.3, -0.2]), np.array([[1.0, 0.2], [0.2, 0.5]])
    values = {0: 1.1, 1: -0.4, 2: 0.9}
    found, mean, cov = told(scale, values, prior_mean, prior_cov)
    latent = np.zeros((3, 3))
    latent[:2, :2], latent[2, 2] = prior_cov, 1  # abilities and the board's quirk
    noise = np.diag(np.array([0.2, 0.3, 0.1]) + BLUR)
    precision = np.linalg.inv(latent) + loading.T @ np.linalg.inv(noise) @ loading  # information form
    pull = np.linalg.inv(latent) @ [*prior_mean, 0] + loading.T @ np.linalg.inv(noise) @ np.array(list(values.values()))
    assert mean == pytest.approx(np.linalg.solve(precision, pull)[:2])
    assert cov == pytest.approx(np.linalg.inv(precision)[:2, :2])
    assert found.gain @ found.surprise == pytest.approx(mean - prior_mean)


# The fit


def synthetic(seed=0, count=60) -> tuple[Catalog, np.ndarray]:
    """Models of random ability that six benchmarks see with noise, three of them also coding; a third is missing."""
    draw = np.random.default_rng(seed)
    ability, coding = draw.normal(size=count), draw.normal(size=count)
    names = [f"b{n}" for n in range(6)]
    models = []
    for at in range(count):
        seen = [n for n in range(6) if draw.random() > 1 / 3]
        lines = {n: 2 + (0.5 + 0.2 * n) * ability[at] + (0.3 * coding[at] if n > 2 else 0) for n in seen}
        scores = tuple(Score(names[n], (line + 0.2 * draw.normal()) * 400 / log(10), "t") for n, line in lines.items())
        models.append(model(f"m{at:03}", 7, scores=scores, family=f"f{at}", lab=f"l{at}"))
    boards = {name: replace(elo(name), categories=("coding",) if n > 2 else ()) for n, name in enumerate(names)}
    return replace(catalog(*models), benchmarks=boards, tasks={"general": dict.fromkeys(names, 1.0)}), ability


def test_the_fit_finds_the_abilities_behind_the_scores():
    shown, ability = synthetic()
    fitted = fit(table(shown, "text"))
    assert np.corrcoef(fitted.mean[:, 0], ability)[0, 1] > 0.9
    assert fitted.factors == ("general", "coding")


def test_the_fit_is_the_same_every_time_and_in_every_order():
    shown, _ = synthetic()
    backwards = replace(shown, models=dict(reversed(shown.models.items())))
    one, again, other = (refit(every).positions("general") for every in (shown, shown, backwards))
    assert one.position.tobytes() == again.position.tobytes()
    assert other.position[::-1] == pytest.approx(one.position, abs=1e-6)


def test_the_prior_is_what_the_model_without_its_scores_would_get():
    shown, _ = synthetic()
    cells = table(shown, "text")
    rows = np.flatnonzero(cells.known.any(axis=1))
    state = factors._start(cells, rows)
    for _ in range(5):
        factors._maximise(cells, rows, state, factors._expect(cells, rows, state))
    found = factors._finish(cells, rows, state)
    known = cells.known.copy()
    known[3] = False
    without = factors._finish(replace(cells, known=known), np.flatnonzero(known.any(axis=1)), state)
    assert found.prior_mean[3] == pytest.approx(without.mean[3], abs=1e-8)
    assert found.prior_cov[3] == pytest.approx(without.cov[3], abs=1e-8)


def test_a_kind_without_any_score_is_equally_able_and_wide(shipped, scales):
    positions = scales.positions("embedding")
    at = [n for n, name in enumerate(positions.ids) if shipped.models[name].variant == "reranker"]
    assert set(positions.position[at]) == {0.0} and set(positions.deviation[at]) == {1.0}


# The kept file


def test_the_kept_scales_are_fitted_to_this_catalog(shipped):
    assert kept_scores.shipped().digest == digest(shipped), "run python -m assistant.choosing.fit_scores"


def test_a_changed_score_changes_the_digest(shipped):
    name, one = next((key, entry) for key, entry in shipped.models.items() if entry.scores)
    changed = replace(one, scores=(replace(one.scores[0], value=one.scores[0].value + 0.1), *one.scores[1:]))
    assert digest(replace(shipped, models={**shipped.models, name: changed})) != digest(shipped)


def test_the_file_gives_back_what_was_fitted():
    shown, _ = synthetic()
    kept = kept_scores.Kept("a", "b", fit_catalog(shown))
    text = kept_scores.encode(kept)
    back = kept_scores.decode(text)
    one, other = kept.scales["text"], back.scales["text"]
    assert (back.digest, other.models, other.factors, other.sources) == ("a", one.models, one.factors, one.sources)
    assert other.mean == pytest.approx(one.mean, rel=1e-6, abs=1e-6)
    assert other.cov == pytest.approx(one.cov, rel=1e-3, abs=1e-4)
    assert kept_scores.encode(back) == text


# What is told of a model


def test_the_prior_and_the_parts_add_up(shipped, scales):
    for name in ("qwen3-8b", "gpt-oss-20b", "llama-3.1-8b-instruct"):
        able = scales.ability(shipped.models[name], "coding")
        assert able.prior.position + sum(part.shift for part in able.parts) == pytest.approx(able.position, abs=0.01)
        assert able.prior.share + sum(part.share for part in able.parts) == pytest.approx(1)
        assert able.prior.traits + able.prior.relatives == pytest.approx(able.prior.position)
        assert all(0 <= part.share <= 1 for part in able.parts)
        assert {part.benchmark for part in able.parts} <= {score.benchmark for score in shipped.models[name].scores}
        assert set(able.measured) == {part.benchmark for part in able.parts if part.direct}
        assert able.low <= able.score <= able.high


def test_all_positions_are_those_of_each_model(shipped, scales):
    positions = scales.positions("chat", ("ja",))
    assert positions.ids == tuple(shipped.models)
    for at in range(0, len(positions.ids), 97):
        able = scales.ability(shipped.models[positions.ids[at]], "chat", ("ja",))
        assert positions.position[at] == pytest.approx(able.position, abs=1e-9)
        assert positions.deviation[at] == pytest.approx(able.deviation, abs=1e-9)
        assert positions.predictive[at] == pytest.approx(able.predictive, abs=1e-9) and able.predictive > able.deviation
        assert positions.measured[at] == len(able.measured)


def test_a_score_narrows_and_moves_towards_itself(shipped, scales):
    mine = model("mine-8b", 7, lab="Nobody", family="Mine")
    strong = replace(mine, scores=(Score("aa_coding", 60.0, "t"), Score("bigcodebench", 50.0, "t")))
    one, other = (
        scales_of(with_own(shipped, entry)).ability(replace(entry, user=True), "coding") for entry in (mine, strong)
    )
    assert other.position > one.position and other.deviation < one.deviation
    assert one.parts == () and one.prior.share == 1 and len(other.parts) == 2


def test_a_persons_own_entry_is_placed_where_the_fit_places_its_like(shipped, scales):
    known = shipped.models["qwen3-8b"]
    again = scales_of(with_own(shipped, known)).ability(replace(known, user=True), "general")
    able = scales.ability(known, "general")
    assert again.position == pytest.approx(able.position, abs=0.1)
    assert again.deviation == pytest.approx(able.deviation, abs=0.05)


def test_an_own_entry_changes_no_other_model(shipped, scales):
    more = scales_of(with_own(shipped, model("zzz-own-7b", 7, scores=(Score("aa_coding", 99.0, "t"),))))
    assert more.positions("coding").position[:-1].tobytes() == scales.positions("coding").position.tobytes()


def test_models_not_asked_about_change_nothing(shipped, scales):
    names = list(shipped.models)[::3]
    fewer = scales_of(replace(shipped, models={name: shipped.models[name] for name in names}))
    whole = dict(zip(*scales.positions("general")[:2], strict=True))
    # Sums of products may differ in the last bit with the number of rows; choices round before they compare.
    assert [whole[name] for name in names] == pytest.approx(list(fewer.positions("general").position), abs=1e-12)


# What an expert would expect of the shipped figures


def before(scales, task, *names, languages=()):
    """Tell whether models come in this order."""
    found = scales.positions(task, languages)
    places = dict(zip(found.ids, found.position, strict=True))
    order = [places[name] for name in names]
    return order == sorted(order, reverse=True)


def test_old_models_do_not_win_by_old_scales(scales):
    assert before(scales, "general", "qwen3.5-9b", "qwen3-8b", "llama-3.1-8b-instruct", "llama-2-70b-chat")
    assert before(scales, "coding", "qwen3.5-9b", "codellama-70b-instruct")


def test_a_language_is_told_by_its_own_tests(shipped, scales):
    assert before(scales, "embedding", "ruri-v3-310m", "bge-large-en-v1.5", languages=("ja",))
    assert before(scales, "embedding", "ruri-v3-310m", "multilingual-e5-small", languages=("ja",))


def test_in_an_asked_language_only_its_own_tests_measure_where_a_task_has_some(shipped, scales):
    english, japanese = shipped.models["qwen3-embedding-8b"], shipped.models["ruri-v3-310m"]
    assert scales.ability(english, "embedding").measured == ("mteb_english",)
    assert scales.ability(english, "embedding", ("ja",)).measured == ()
    assert scales.ability(japanese, "embedding").measured == ()
    assert scales.ability(japanese, "embedding", ("ja",)).measured == ("mteb_ja_retrieval",)
    assert scales.ability(english, "embedding", ("ja",)).parts[0].direct is False  # evidence all the same


def test_tests_in_a_language_nobody_asked_for_do_not_mix_in(scales):
    assert before(scales, "embedding", "qwen3-embedding-8b", "bge-large-en-v1.5", "ruri-small")


def test_a_model_that_does_not_list_a_language_is_expected_to_know_less_of_it(shipped):
    english = model("own-8b", 7, languages=("en",), user=True)
    both = replace(english, languages=("en", "ja"))
    found = [scales_of(with_own(shipped, one)).ability(one, "chat", ("ja",)) for one in (english, both)]
    assert found[0].position < found[1].position


def test_a_prediction_is_wider_in_a_language_than_where_it_was_measured(shipped, scales):
    one = shipped.models["exaone-4.5-33b"]
    assert not any("ja" in shipped.benchmarks[score.benchmark].languages for score in one.scores)
    assert scales.ability(one, "chat", ("ja",)).deviation > scales.ability(one, "chat").deviation


def test_every_task_says_why_its_benchmarks_count(shipped):
    import tomllib
    from pathlib import Path

    groups = tomllib.loads((Path(__file__).parents[1] / "knowledge" / "tasks.toml").read_text(encoding="utf-8"))
    for task, rows in groups.items():
        assert all(len(row["reason"]) > 20 for row in rows), task
        assert len(shipped.tasks[task]) == sum(len(row["benchmarks"]) for row in rows), f"{task} names one twice"
