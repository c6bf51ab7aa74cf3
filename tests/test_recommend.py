"""Choosing: constraints hold, the answer to "none" says what to relax, reasons name what they rest on."""

from datetime import date

import pytest

from assistant.calls import Recommend
from assistant.choosing.constraints import resolve
from assistant.choosing.recommend import recommend
from assistant.errors import BadArguments
from assistant.toolbox import Toolbox
from assistant.writer.recommendation import recommendation
from knowledge.schema import Architecture, Score
from tests.small_catalog import catalog, ladder, model

LAPTOP = {"gpu": "RTX 4060 Laptop", "vram_gb": 8}


def ask(models, machine=None, language="en", **arguments):
    return recommend(Toolbox(catalog(*models), machine), Recommend.model_validate(arguments), language)


def ids(result):
    return [pick["id"] for pick in result["picks"]]


def test_nothing_is_picked_that_does_not_fit():
    result = ask(ladder(), hardware=LAPTOP)
    assert result["picks"]
    for pick in result["picks"]:
        assert pick["fit"]["fits"] is True
        assert pick["fit"]["total_mib"] <= pick["fit"]["available_mib"]
    assert not {"large-32b", "huge-70b"} & set(ids(result))


def test_more_memory_gives_a_stronger_first_pick():
    first = [ask(ladder(), hardware={"vram_gb": gb})["picks"][0]["score"] for gb in (4, 8, 12, 24, 80)]
    assert first == sorted(first)
    assert ids(ask(ladder(), hardware={"vram_gb": 80}))[0] == "huge-70b"


def test_better_known_models_are_left_out_with_the_reason():
    left_out = {row["id"]: row["because"] for row in ask(ladder(), hardware=LAPTOP)["excluded"]}
    assert "needs" in left_out["large-32b"]
    assert "API" in left_out["cloud-best"]


def test_hosting_chooses_the_side():
    assert set(ids(ask(ladder(), hosting="api"))) == {"cloud-best", "cloud-cheap"}
    assert ids(ask(ladder(), hosting="any", hardware=LAPTOP))[0] == "cloud-best"
    assert all(pick["fit"] is None for pick in ask(ladder(), hosting="api")["picks"])


def test_commercial_use_excludes_what_forbids_it():
    models = [*ladder(), model("research-7b", 7, 95.0, licence="cc-by-nc-4.0")]
    assert ids(ask(models, hardware=LAPTOP))[0] == "research-7b"
    result = ask(models, hardware=LAPTOP, commercial_use=True)
    assert "research-7b" not in ids(result)
    assert "commercial" in {row["id"]: row["because"] for row in result["excluded"]}["research-7b"]


def test_an_unknown_licence_is_not_commercial():
    models = [model("mystery-7b", 7, 95.0, licence="unheard-of"), *ladder()]
    assert "mystery-7b" not in ids(ask(models, hardware=LAPTOP, commercial_use=True))


def test_a_language_needs_evidence():
    japanese = model("nihongo-7b", 7, 40.0, languages=("ja", "en"))
    measured = model("measured-7b", 7, 40.0)
    measured = model("measured-7b", 7, scores=(Score("japanese_test", 70.0, "test"),), languages=())
    assert set(ids(ask([*ladder(), japanese, measured], hardware=LAPTOP, languages=["ja"]))) == {
        "nihongo-7b", "measured-7b"
    }  # fmt: skip


@pytest.mark.parametrize(
    "arguments, out",
    [
        ({"exclude": ["Small"]}, "small-7b"),
        ({"exclude": ["small 7b"]}, "small-7b"),
        ({"max_params_b": 3}, "small-7b"),
        ({"context_tokens": 100_000}, "small-7b"),
        ({"licences": ["MIT"]}, "small-7b"),
        ({"variant": "reasoning"}, "small-7b"),
    ],
)
def test_each_constraint_excludes(arguments, out):
    assert "small-7b" in ids(ask(ladder(), hardware=LAPTOP, count=10))
    assert out not in ids(ask(ladder(), hardware=LAPTOP, count=10, **arguments))


@pytest.mark.parametrize("word", ["China", "中国", "Panda", "panda2"])
def test_what_is_named_out_takes_its_descendants_along(word):
    panda = model("panda2-7b", 7, 90.0, family="Panda2", country="CN")
    tuned = model("kuma-7b", 7, 92.0, family="Kuma", country="JP", base_model="panda2-7b")
    assert {"panda2-7b", "kuma-7b"} <= set(ids(ask([*ladder(), panda, tuned], hardware=LAPTOP, count=10)))
    left = ids(ask([*ladder(), panda, tuned], hardware=LAPTOP, count=10, exclude=[word]))
    assert left and not {"panda2-7b", "kuma-7b"} & set(left)


def test_max_price_is_about_output_tokens():
    assert ids(ask(ladder(), hosting="api", max_price=2)) == ["cloud-cheap"]


def test_when_nothing_is_left_it_says_what_to_relax():
    result = ask(ladder(), hardware=LAPTOP, licences=["MIT"])
    assert result["picks"] == []
    relax = {row["constraint"]: row for row in result["relax"]}
    assert relax["licences"]["would_allow"] >= 4
    assert "hardware" not in relax  # without the card there is still no MIT model


def test_a_licence_that_does_not_exist_is_no_condition_to_relax():
    with pytest.raises(BadArguments, match=r"found 'MIIT', expected a licence such as apache-2\.0, .*\bmit\b"):
        ask(ladder(), hardware=LAPTOP, licences=["MIIT"])


def test_the_own_machine_counts_as_hardware_to_relax():
    from assistant.calls import Hardware
    from assistant.hardware.stated import stated

    tiny = stated(Hardware(vram_gb=1), catalog())
    result = ask([model("huge-70b", 70, 80.0)], machine=tiny)
    assert [row["constraint"] for row in result["relax"]] == ["hardware"]


def test_order_does_not_depend_on_the_catalogs_order():
    forwards, backwards = ask(ladder(), hardware=LAPTOP), ask(list(reversed(ladder())), hardware=LAPTOP)
    assert forwards == backwards


def test_equal_models_are_a_tie_in_the_order_of_ids():
    twins = [model("b-twin-7b", 7, 50.0, family="b"), model("a-twin-7b", 7, 50.0, family="a")]
    result = ask([*ladder(), *twins], hardware=LAPTOP, count=5)
    order = ids(result)
    assert order.index("a-twin-7b") < order.index("b-twin-7b")
    assert result["ties"]


MANY = ("ar", "de", "en", "es", "fr", "ja", "ko", "zh")


def test_without_evidence_of_a_language_those_with_many_come_last_and_say_so():
    models = [
        model("many-7b", 7, 60.0, languages=MANY), model("two-7b", 7, 90.0, languages=("en", "ja")),
        model("turkish-7b", 7, 30.0, languages=("en", "tr")),
    ]  # fmt: skip
    result = ask(models, hardware=LAPTOP, languages=["tr"])
    assert ids(result) == ["turkish-7b", "many-7b"]
    assert [pick["unproven"] for pick in result["picks"]] == [[], ["tr"]]
    assert "there is no evidence that it handles Turkish" in result["picks"][1]["why"]
    text = recommendation(result, "en").text(details=False)
    assert "Turkish is listed as supported, but the catalog has no test in it." in text
    assert "Many 7B (Q5_K_M) [2]" not in text  # nothing speaks for it, unless two were asked for
    two = recommendation(ask(models, hardware=LAPTOP, languages=["tr"], count=2), "en").text(details=False)
    assert "within the noise; but there is no evidence that it handles Turkish" in two
    alone = ask(models[:2], hardware=LAPTOP, languages=["tr"])
    assert ids(alone) == ["many-7b"]
    assert recommendation(alone, "en").verdict.startswith("For Turkish no model that meets the other conditions")
    assert recommendation(alone, "ja").verdict.startswith("ほかの条件を満たすモデルに、トルコ語に対応している根拠")
    assert not ids(ask([model("two-7b", 7, 90.0)], hardware=LAPTOP, languages=["tr"]))


def test_a_prediction_is_not_called_a_rating():
    models = [*ladder(), model("unknown-32b", 32, released=date(2026, 1, 1))]
    result = ask(models, hardware={"vram_gb": 24}, count=9)
    (guess,) = [pick for pick in result["picks"] if pick["guess"]]
    assert guess["id"] == "unknown-32b" and ids(result)[0] != "unknown-32b"
    higher = {**guess, "score": 99.0}
    told = {**result, "picks": [result["picks"][0], higher], "ties": [], "front": []}
    text = recommendation(told, "en").text(details=False)
    assert "Predicted higher, but no test of it is published: Unknown 32B (predicted 99)." in text
    assert "Rated higher" not in text


def test_for_images_the_projector_is_named():
    seeing = model("seeing-7b", 7, 50.0, inputs=("text", "image"), variant="vision", parameters=7_600_000_001)
    draft = recommendation(ask([seeing], hardware={"vram_gb": 24}, task="vision"), "en")
    assert "--mmproj mmproj-seeing-7b-F16.gguf" in draft.body and "a file of its own" in draft.body
    assert "--mmproj" not in recommendation(ask([seeing], hardware={"vram_gb": 24}), "en").body


def test_users_are_told_and_in_the_command():
    draft = recommendation(ask(ladder(), hardware={"vram_gb": 24}, users=4), "en")
    assert "That is for 4 users at once, each with a context of 8,192 tokens." in draft.verdict
    assert "-c 32768" in draft.body and "-np 4" in draft.body


def test_rerankers_and_voices_are_chosen_where_they_are_wished_for():
    models = [
        model("embeds", 1, variant="embedding"), model("reranks", 1, variant="reranker"),
        model("hears", 1, variant="speech", inputs=("audio",), outputs=("text",)),
        model("speaks", 1, variant="speech", outputs=("audio",)),
    ]  # fmt: skip
    for task, variant, expected in (
        ("embedding", None, "embeds"), ("embedding", "reranker", "reranks"), ("speech", None, "hears"),
        ("speech", "tts", "speaks"),
    ):  # fmt: skip
        assert ids(ask(models, task=task, variant=variant)) == [expected]
    draft = recommendation(ask(models, task="speech", variant="tts"), "en")
    assert draft.verdict.startswith("For text to speech, choose **Speaks**")


def test_conditions_are_named_by_what_was_asked():
    result = ask([model("small-7b", 7, 50.0)], hosting="api", languages=["fr"])
    assert {row["text"] for row in result["conflicts"]} == {
        "No model for this task meets this condition alone: through an API.",
        "No model for this task meets this condition alone: language (French).",
    }


def test_an_unmeasured_model_says_so():
    result = ask([*ladder(), model("unknown-14b", 14)], hardware={"vram_gb": 16}, count=9)
    reasons = {pick["id"]: pick["why"][0] for pick in result["picks"]}
    assert "predicted" in reasons["unknown-14b"]
    assert "general_test" in reasons["small-7b"]
    widths = {pick["id"]: pick["interval"][1] - pick["interval"][0] for pick in result["picks"]}
    assert widths["unknown-14b"] > widths["small-7b"]


def test_the_needs_are_shown_with_what_was_assumed():
    result = ask(ladder(), hardware=LAPTOP)
    assert result["needs"]["task"] == "general"
    assert result["needs"]["hosting"] == "local"
    assert any("8,192" in line for line in result["assumptions"])


def test_reasons_come_in_both_languages():
    assert "余ります" in " ".join(ask(ladder(), hardware=LAPTOP, language="ja")["picks"][0]["why"])
    assert "leaves" in " ".join(ask(ladder(), hardware=LAPTOP, language="en")["picks"][0]["why"])


def test_speed_matters_when_it_is_asked_for():
    quality = ask(ladder(), hardware={"gpu": "RTX 4090"}, priority="quality")["picks"][0]
    fast = ask(ladder(), hardware={"gpu": "RTX 4090"}, priority="speed")["picks"][0]
    assert fast["fit"]["tokens_per_second"]["mid"] > quality["fit"]["tokens_per_second"]["mid"]


MOE = Architecture("qwen3moe", 48, 2048, 32, 4, 128, 6144, 151_936, experts=128, experts_used=8, moe_ffn=768)


def test_a_mixture_of_experts_may_need_ram_where_the_ram_is_known():
    expert = model("expert-30b", None, 90.0, architecture=MOE, parameters=30_532_122_624)
    assert "expert-30b" not in ids(ask([*ladder(), expert], hardware=LAPTOP))
    result = ask([*ladder(), expert], hardware={**LAPTOP, "ram_gb": 64})
    assert ids(result)[0] == "expert-30b"
    fit = result["picks"][0]["fit"]
    assert fit["placement"] == "expert_offload" and fit["tokens_per_second"]["mid"] >= 5
    assert fit["gpu_mib"] <= 8192 and fit["ram_mib"] <= 0.75 * 62 * 1024  # 2 GiB are the system's
    assert fit["fits"] and fit["total_mib"] <= fit["available_mib"]  # of GPU and RAM together
    assert any("RAM" in reason for reason in result["picks"][0]["why"])
    assert f"--n-cpu-moe {fit['settings']['n_cpu_moe']}" in fit["settings"]["commands"]["llama.cpp"]


def test_of_equally_able_models_the_one_that_fits_whole_comes_first():
    expert = model("expert-30b", None, 50.0, architecture=MOE, parameters=30_532_122_624)
    result = ask([model("small-7b", 7, 50.0), expert], hardware={**LAPTOP, "ram_gb": 64})
    assert ids(result) == ["small-7b", "expert-30b"] and "expert-30b" in result["ties"]


def test_at_most_one_pick_needs_ram_beside_the_card():
    experts = [model(f"expert{n}-30b", None, 90.0 + n, architecture=MOE, parameters=30_532_122_624) for n in range(3)]
    picks = ask([*ladder(), *experts], hardware={**LAPTOP, "ram_gb": 64})["picks"]
    assert [pick["fit"]["placement"] for pick in picks].count("expert_offload") == 1 and len(picks) == 3


def test_too_little_or_too_slow_ram_suggests_nothing_split():
    expert = model("expert-30b", None, 90.0, architecture=MOE, parameters=30_532_122_624)
    assert "expert-30b" not in ids(ask([*ladder(), expert], hardware={**LAPTOP, "ram_gb": 12}))
    dense = ask(ladder(), hardware={**LAPTOP, "ram_gb": 128}, count=9)  # 70B dense from RAM: about 1 token/s
    assert "huge-70b" not in ids(dense)


def test_a_well_known_model_that_fits_but_is_weaker_is_named_with_both_abilities():
    famous = model(
        "famous-7b", 7, scores=(Score("general_test", 20.0, "test"), Score("japanese_test", 20.0, "board")),
        family="famous",
    )  # fmt: skip
    result = ask([*ladder(), famous], hardware=LAPTOP)
    rows = {row["id"]: row for row in result["excluded"]}
    best = f"{result['picks'][0]['score']:.0f}"
    assert f"({rows['famous-7b']['score']:.0f} against {best})" in rows["famous-7b"]["because"]


def test_what_has_a_successor_is_not_wondered_about():
    old = model("large-32b", 32, 70.0, successor="huge-70b")
    models = [one for one in ladder() if one.id != "large-32b"]
    assert "large-32b" not in {row["id"] for row in ask([*models, old], hardware=LAPTOP)["excluded"]}


def test_boards_and_years_make_a_model_well_known():
    from datetime import date

    from assistant.choosing.left_out import known_by

    two = (Score("general_test", 50.0, "test"), Score("japanese_test", 50.0, "board"))
    found = known_by(
        catalog(
            model("new-1b", 1, 50.0, released=date(2025, 1, 1)),
            model("old-1b", 1, scores=two, released=date(2023, 1, 1)),
            model("unscored-1b", 1),
        )
    )
    # One board today; two boards two years ago (731 days): 2 * 0.5 ** (731 / 365.25) = 0.4995
    assert list(found) == ["new-1b", "old-1b"] and found["new-1b"] == 1.0
    assert found["old-1b"] == pytest.approx(0.4995, abs=0.0001)


@pytest.mark.parametrize(("task", "tongues"), [("writing", ("ja",)), ("coding", ())])
def test_who_asks_in_japanese_is_taken_to_work_in_it(task, tongues):
    box = Toolbox(catalog(*ladder()), asker="ja")
    args = Recommend.model_validate({"task": task, "hardware": LAPTOP})
    assert resolve(box, args).languages == tongues
    assert any("日本語" in line for line in recommend(box, args, "ja")["assumptions"]) is bool(tongues)
    stated = Recommend.model_validate({"task": task, "hardware": LAPTOP, "languages": ["en"]})
    assert resolve(box, stated).languages == ("en",)
