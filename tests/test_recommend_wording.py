"""What a recommendation tells whom: on a phone, at several users, without a test of it, without a command line."""

import re

import pytest

from assistant.calls import Recommend
from assistant.choosing.constraints import resolve
from assistant.choosing.recommend import recommend
from assistant.choosing.utility import thinking
from assistant.toolbox import Toolbox
from assistant.writer.recommendation import recommendation
from tests.small_catalog import catalog, ladder, model

PHONE = {"gpu": "Pixel 8", "ram_gb": 8}


def told(models, language="ja", **arguments):
    result = recommend(Toolbox(catalog(*models), None), Recommend.model_validate(arguments), language)
    return recommendation(result, language)


def test_a_phone_is_named_once_and_gets_an_app_instead_of_a_command():
    small = [model("tiny-3b", 3, 40.0, hf_id="maker/tiny-3b")]
    for language, start in (("ja", "Pixel 8で動かすなら **Tiny 3B"), ("en", "On a Pixel 8, choose **Tiny 3B")):
        draft = told(small, language, hardware=PHONE, task="edge")
        assert draft.verdict.startswith(start)
        assert "llama-server" not in draft.body and "Android" in draft.body


def test_a_speed_is_that_of_one_user_alone():
    several = told(ladder(), hardware={"gpu": "RTX 4090"}, users=4)
    assert "1人だけが使うとき毎秒約" in several.verdict and "同時に使うと1人あたりは遅くなります" in several.verdict
    assert "1人だけ" not in told(ladder(), hardware={"gpu": "RTX 4090"}).verdict


def test_what_was_never_measured_is_not_ranked_among_all_models():
    draft = told([model("reranks", 1, variant="reranker")], task="embedding", variant="reranker", hardware=PHONE)
    (reason,) = draft.lead[:1]
    assert reason.startswith("この用途での測定値は公表されておらず、実力 ") and "上回ります" not in reason
    assert not any("これよりはっきり上のものはありません" in line for line in draft.lead)


def test_a_language_without_a_test_in_it_is_said_to_have_none():
    listed = [model("small-7b", 7, 50.0, languages=("en", "ja"))]
    said = "日本語は対応言語として公表されていますが、日本語で測った結果はカタログにありません。"
    assert said in told(listed, hardware={"vram_gb": 24}, languages=["ja"]).lead
    result = recommend(Toolbox(catalog(*listed), None, asker="ja"), Recommend(), "ja")
    assert said in recommendation(result, "ja").lead  # it was not stated, but the question is in Japanese
    assert not any("対応言語" in line for line in told(listed, hardware={"vram_gb": 24}).lead)


def test_who_types_no_commands_is_told_of_a_program_with_windows():
    card = {"vram_gb": 24}
    assert "LM Studio" in told(ladder(), hardware=card).body
    embeds = [model("embeds", 1, 50.0, variant="embedding")]
    assert "LM Studio" not in told(embeds, task="embedding", hardware=card).body


def test_what_llama_cpp_does_not_run_points_to_its_page():
    hears = model("hears", 1, variant="speech", inputs=("audio",), outputs=("text",), hf_id="maker/hears")
    draft = told([hears], task="speech", hardware={"vram_gb": 24})
    assert draft.body.startswith("入手先と動かし方は Hugging Face のページで確認してください: maker/hears")


def test_without_a_gpu_the_size_of_an_embedder_counts():
    # a page takes the 8B 25 times as long as 0.32B: log2 of it x 0.25 is 1.2 deviations, the 0.3B is less behind
    models = [
        model("embeds-8b", 8, 60.0, variant="embedding"),
        model("embeds-300m", 0.3, 57.0, variant="embedding"),
    ]
    slow = told(models, "en", task="embedding", hardware={"gpu": None, "ram_gb": 32})
    assert "**Embeds 300M" in slow.verdict and any("smaller ones come first" in line for line in slow.lead)
    fast = told(models, "en", task="embedding", hardware={"gpu": "RTX 4090"})
    assert "**Embeds 8B" in fast.verdict and not any("smaller ones come first" in line for line in fast.lead)


@pytest.mark.parametrize(
    ("per_second", "en", "ja"),
    [
        (6.5, "500 words take 100 seconds", "900字に100秒ほど"),  # 650 tokens / 6.5
        (0.9, "500 words take 12 minutes", "900字に12分ほど"),  # 722 s
    ],
)
def test_what_is_slower_than_reading_is_told_in_time(per_second, en, ja):
    result = recommend(
        Toolbox(catalog(*ladder()), None), Recommend.model_validate({"hardware": {"gpu": "RTX 4090"}}), "en"
    )
    rates = {"low": per_second * 0.7, "mid": per_second, "high": per_second * 1.3}
    result["picks"][0]["fit"]["tokens_per_second"] = rates
    assert en in recommendation(result, "en").verdict and ja in recommendation(result, "ja").verdict


def test_a_model_that_thinks_first_tells_how_long():
    def verdict(language, **values):
        draft = told([model("thinker-8b", 8, 50.0, **values)], language, hardware={"gpu": None, "ram_gb": 16})
        return draft.verdict

    thinking = verdict("en", variant="reasoning")
    (minutes,) = re.findall(r"some 2,000 tokens, which take (\d+) minutes here", thinking)
    (speed,) = re.findall(r"about ([\d.]+) tokens/s", thinking)
    assert abs(int(minutes) - 2000 / float(speed) / 60) <= 0.6
    assert "2,000トークンほど考える" in verdict("ja", variant="reasoning")
    assert "think" not in verdict("en") + verdict("en", thinks=False)
    able = verdict("en", thinks=True)
    assert f"some 2,000 tokens, {minutes} minutes here" in able and "with that turned off" in able
    assert "オフにするとすぐ答えますが" in verdict("ja", thinks=True)


def test_who_wants_no_thoughts_is_told_to_turn_them_off_and_who_wants_them_gets_what_can_think():
    models = [model("plain-8b", 8, 52.0), model("able-8b", 8, 51.0, thinks=True)]
    hardware = {"gpu": "RTX 4090"}
    assert "**Able 8B" in told(models, "en", variant="reasoning", hardware=hardware).verdict
    assert "Turn its thinking mode off" in told(models[1:], "en", variant="instruct", hardware=hardware).verdict


def test_a_model_that_always_thinks_is_slower_than_its_tokens_where_nobody_asked_for_thoughts():
    box = Toolbox(catalog(*ladder()), None)  # that the order heeds it is compared in tests/test_candidates.py
    for wish, times in (({"task": "chat"}, 4.0), ({"task": "math"}, 1.0), ({"variant": "reasoning"}, 1.0)):
        needs = resolve(box, Recommend.model_validate(wish))
        assert (thinking(needs, "reasoning"), thinking(needs, "instruct")) == (times, 1.0)
