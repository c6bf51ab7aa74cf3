"""The prose of memory answers: verdict first, proof, what to change, what else one wants to know; both languages."""

import re

import pytest

from assistant.calls import Fit, Hardware, MaxSize
from assistant.toolbox import Toolbox
from assistant.tools import fit, max_size
from assistant.writer.fitting import commands, fitting, largest
from knowledge.catalog import load_catalog


@pytest.fixture(scope="module")
def box():
    return Toolbox(load_catalog())


def answer(box, language, hardware=None, **values):
    """Return (tool result, the whole answer) for a stated machine, or none."""
    stated = None if hardware is None else Hardware.model_validate(hardware)
    result = fit(box, Fit(hardware=stated, **{"model": "qwen3-8b", **values}), language)
    return result, fitting(result, language).text()


QUESTIONS = [
    ({"gpu": "RTX 4060"}, {}),
    ({"gpu": "RTX 4060", "ram_gb": 32}, {"quant": "Q8_0"}),
    ({"gpu": "RTX 4060", "ram_gb": 64}, {"model": "qwen3-30b-a3b", "context_tokens": 32768}),
    ({"gpu": "RTX 3090", "gpu_count": 2}, {"model": "llama-3.3-70b-instruct", "kv_type": "q8_0", "users": 2}),
    ({"gpu": "M3 Max", "ram_gb": 36}, {"model": "gemma-3-27b-it"}),
    ({"gpu": None, "ram_gb": 8}, {"model": "qwen3-14b"}),
    ({"gpu": "RTX 4060"}, {"model": "deepseek-v3"}),
    ({"vram_gb": 12}, {"model": "bge-base-en-v1.5"}),
    (None, {"kv_type": "q4_0", "users": 3}),
]


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize(("hardware", "values"), QUESTIONS)
def test_answers_are_short_complete_and_in_their_language(box, language, hardware, values):
    result, text = answer(box, language, hardware, **values)
    before_commands = text.split("```")[0].splitlines()
    assert len(before_commands) <= 45 and len(text) < 4500
    assert not re.search(r"\{\w+\}|None|True|False,", text.split("```")[0])
    assert result["model"] in before_commands[0]
    japanese = re.search(r"[\u3040-\u30ff]", before_commands[0]) is not None
    assert japanese == (language == "ja")


def test_the_verdict_comes_first_and_the_total_is_the_sum(box):
    result, text = answer(box, "en", {"gpu": "RTX 4060"})
    assert text.startswith("**Yes, it fits.** Qwen3 8B")
    parts = sum(result[f"{part}_mib"] for part in ("weights", "kv_cache", "compute", "overhead"))
    assert result["total_mib"] == pytest.approx(parts, abs=0.31)
    assert f"| total | {result['total_mib'] / 1024:.1f} | {result['total_mib']:,.1f} |" in text


def test_what_does_not_fit_names_what_would(box):
    result, text = answer(box, "en", {"gpu": "RTX 4060"}, quant="Q8_0")
    assert text.startswith("**No, it does not fit.**") and "Any one of these makes it fit whole, by itself" in text
    assert "Q5_K_M instead of Q8_0" in text and "a card with 12 GB" in text
    assert "its amount was not stated" in text  # of the RAM
    assert f"{result['missing_mib'] / 1024:.1f} GiB are missing" in text


def test_contexts_users_and_four_gigabytes_more_are_told(box):
    result, text = answer(box, "en", {"gpu": "RTX 3060"}, model="qwen3-14b")
    by_type = result["max_context_by_kv_type"]
    assert f"f16 {by_type['f16']:,}, q8_0 {by_type['q8_0']:,}, q4_0 {by_type['q4_0']:,} tokens" in text
    assert f"Users at once with 8,192 tokens each: {result['max_users']}" in text
    gain = result["four_gb_more"]
    assert f"4 GB more: {gain['best_quant']} instead of {result['quant']}" in text


def test_each_gpu_of_several_has_a_row(box):
    result, text = answer(box, "ja", {"gpu": "RTX 3090", "gpu_count": 2}, model="llama-3.3-70b-instruct")
    assert sum(one["layers"] for one in result["devices"]) == result["layers"] == 80
    assert all(f"| {n}: RTX 3090 | {one['layers']} |" in text for n, one in enumerate(result["devices"], 1))
    assert sum(one["total_mib"] for one in result["devices"]) == pytest.approx(result["total_mib"], abs=0.5)


def test_without_hardware_there_is_a_table_that_respects_cache_type_and_users(box):
    plain, _ = answer(box, "en")
    small, text = answer(box, "en", kv_type="q4_0", users=3)
    assert {row["quant"] for row in plain["table"]} == {row["quant"] for row in small["table"]}
    for one, other in zip(plain["table"], small["table"], strict=True):
        assert other["kv_cache_mib"] == pytest.approx(3 * 0.28125 * one["kv_cache_mib"], abs=0.2)  # 4.5 of 16 bits
    assert "3 users" in text and "q4_0" in text


def test_commands_for_every_runtime_are_in_one_block(box):
    result, text = answer(box, "en", {"gpu": "RTX 4060"})
    block = commands(result, "en")
    assert block in text and block.count("```") == 2
    names = re.findall(r"^# (llama\.cpp|Ollama|LM Studio|llama-cpp-python)$", block, re.MULTILINE)
    assert names == ["llama.cpp", "Ollama", "LM Studio", "llama-cpp-python"]


def test_what_lm_studio_has_no_option_for_is_told_in_the_answers_language(box):
    assert "# choose in the load settings: Flash Attention" in answer(box, "en", {"gpu": "RTX 4060"})[1]
    assert "# 読み込み設定で選ぶ項目: Flash Attention" in answer(box, "ja", {"gpu": "RTX 4060"})[1]


def test_contexts_by_cache_type_are_told_only_where_they_differ(box):
    result, text = answer(box, "en", {"gpu": "H100"})
    assert set(result["max_context_by_kv_type"].values()) == {40_960} and "by KV cache type" not in text


def test_the_speed_of_several_users_is_said_to_be_one_users(box):
    assert "while one user is served" in answer(box, "en", {"gpu": "H100"}, users=4)[1]
    assert "while one user is served" not in answer(box, "en", {"gpu": "H100"})[1]


def test_what_is_kept_free_is_told_beside_what_is_available(box):
    result, text = answer(box, "ja", {"gpu": "RTX 4060"})
    assert f"余裕 {result['margin_mib'] / 1024:.1f} GiB を除いた値" in text


def test_without_hardware_the_smallest_machines_that_hold_it_are_named(box):
    result, text = answer(box, "en")
    assert "one card with 8 GB" in text and "a Mac with 16 GB of memory" in text  # tests/test_holders.py
    assert [row["kind"] for row in result["machines"]] == ["card", "mac"]
    assert "8 GB のGPU 1枚" in answer(box, "ja")[1]


def test_a_context_above_the_maximum_is_answered_as_asked_with_a_warning(box):
    result, text = answer(box, "en", {"gpu": "RTX 4090"}, context_tokens=65536)
    assert result["context_tokens"] == 65536 and "Warning: 65,536 tokens are more than the 40,960" in text
    assert "注意: 65,536 トークン" in answer(box, "ja", {"gpu": "RTX 4090"}, context_tokens=65536)[1]


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_largest_size_is_told_without_the_rule_of_thumb(box, language):
    result = max_size(box, MaxSize(hardware=Hardware(gpu="RTX 4090")), language)
    text = largest(result, language).text()
    assert result["rule_of_thumb_params_b"] == 6.9  # 24 x 0.75 / 1.3 / 2, as in the guide: for --json alone
    assert f"{result['max_params_b']['Q4_K_M']:g}B" in text and "6.9B" not in text


def test_this_computer_is_told_apart_from_what_a_model_needs(box):
    result, text = answer(box, "en", None)
    assert result["available_mib"] is None and "On this computer" not in text
    own = {**result, "available_mib": 6144.0, "fits": False, "device": "RTX 2060"}
    told = fitting(own, "en").text(details=False)
    assert "On this computer" in told and "6.0 GiB is available (RTX 2060)" in told  # 6,144 / 1,024


def test_a_yes_in_fewer_than_four_bits_says_so_first(box):
    small = {"model": "mixtral-8x7b-instruct-v0.1"}
    result, text = answer(box, "en", {"vram_gb": 24}, **small)
    assert result["quant"] == "Q3_K_M" and text.startswith("**Yes, but only as Q3_K_M:** Mixtral")
    assert answer(box, "ja", {"vram_gb": 24}, **small)[1].startswith("**Q3_K_M でなら収まります。**")
    assert answer(box, "en", {"vram_gb": 24}, quant="Q3_K_M", **small)[1].startswith("**Yes, it fits.**")


@pytest.mark.parametrize(
    ("ask", "told"), [("speed", "tokens/s"), ("context", "a context of"), ("quant", "Qwen3 14B (Q4_K_M) needs")]
)
def test_what_is_told_first_is_not_told_again(box, ask, told):
    result, _ = answer(box, "en", {"gpu": "RTX 3060"}, model="qwen3-14b")
    draft = fitting({**result, "asks": [ask]}, "en")
    plain = fitting(result, "en")
    lead = " ".join(draft.lead)
    assert told.casefold() not in lead.casefold()
    assert told.casefold() in " ".join([plain.verdict, *plain.lead]).casefold()


def test_the_longest_context_of_what_does_not_fit_is_told_first(box):
    result, _ = answer(box, "en", {"vram_gb": 24}, model="qwen3-32b", quant="Q5_K_M")
    shorter = next(row for row in result["changes"] if row["change"] == "context")
    draft = fitting({**result, "asks": ["context"]}, "en")
    assert draft.verdict.startswith(f"**A context of at most {shorter['value']:,} tokens** fits whole")
    assert "8,192 tokens it needs 23.9 GiB" in draft.verdict and "does not fit" not in " ".join(draft.lead)


def test_a_number_of_cards_is_not_followed_by_a_no_or_by_how_one_of_them_would_do(box):
    hardware = Hardware.model_validate({"gpu": "H100"})
    result = fit(box, Fit(model="llama-3.1-405b-instruct", hardware=hardware), "ja")
    draft = fitting({**result, "asks": ["cards"]}, "ja")
    assert "**H100 4 枚**で収まります" in draft.verdict and "H100で使えるのは" in draft.verdict
    assert not draft.lead and "llama-server" not in draft.body
    assert "収まりません" in fitting(result, "ja").verdict


def test_the_next_questions_are_not_what_was_just_answered(box):
    def following(model, **values):
        hardware = Hardware.model_validate({"gpu": "RTX 4070"})
        return fitting(fit(box, Fit(model=model, hardware=hardware, **values), "ja"), "ja").next_questions

    assert any("コンテキスト32k" in one for one in following("qwen3-8b"))
    assert not any("コンテキスト32k" in one for one in following("qwen3-8b", context_tokens=32_768))
    assert following("deepseek-r1")[0] == "RTX 4070で日本語チャットにおすすめは？"  # nothing makes it fit


def test_that_no_context_is_short_enough_is_said_where_the_longest_is_asked_for(box):
    hardware = Hardware.model_validate({"gpu": "RX 9070 XT"})
    result = fit(box, Fit(model="qwen3-32b", quant="Q5_K_M", hardware=hardware), "ja")
    draft = fitting({**result, "asks": ["context"]}, "ja")
    assert draft.verdict.startswith(
        "**コンテキストを短くしても、全体は収まりません。** Qwen3 32B (Q5_K_M) は 8,192 トークンで "
    )
    assert not draft.lead[0].startswith("収まりません")


def test_on_a_phone_no_command_is_shown(box):
    result, text = answer(box, "ja", {"gpu": "Smartphone", "ram_gb": 12}, model="gemma-3-4b-it")
    assert result["fits"] and "```" not in text
    assert answer(box, "ja", {"gpu": "RTX 4060"})[1].count("```") == 4


def test_experts_in_ram_of_unknown_size_are_told_in_one_bracket(box):
    _, text = answer(box, "ja", {"vram_gb": 12}, model="gpt-oss-20b")
    assert re.search(r"層分のエキスパートを RAM（[\d.]+ GiB、容量は未指定）に、残りを GPU に", text)
    _, known = answer(box, "ja", {"vram_gb": 12, "ram_gb": 32}, model="gpt-oss-20b")
    assert re.search(r"層分のエキスパートを RAM（[\d.]+ GiB）に、残りを GPU に", known)


def test_a_verdict_that_is_told_second_has_no_gap(box):
    hardware = Hardware.model_validate({"gpu": "RTX 4090"})
    result = fit(box, Fit(model="qwen3-8b", hardware=hardware), "ja")
    assert fitting({**result, "asks": ["speed"]}, "ja").lead[0].startswith("収まります。Qwen3 8B")


def test_users_at_once_come_with_the_settings_that_serve_them(box):
    result, _ = answer(box, "en", {"gpu": "H100"}, model="llama-3.1-8b-instruct", context_tokens=8000)
    most = result["max_users"]
    assert f"(`-np {most} -c {most * 8192}`)" in fitting({**result, "asks": ["users"]}, "en").verdict  # 8,000 padded


def test_what_is_estimated_is_called_so_in_the_verdict(box):
    rough = {"model": "deepseek-v3.2"}
    result, text = answer(box, "en", {"gpu": "H100", "gpu_count": 4}, **rough)
    assert result["basis"] == "rough" and "needs an estimated " in text.splitlines()[0]
    assert re.search(r"the KV cache is a range, [\d.]+ GiB to [\d.]+ GiB", text)
    assert "推定 " in answer(box, "ja", {"gpu": "H100", "gpu_count": 4}, **rough)[1].splitlines()[0]
    assert "estimated" not in answer(box, "en", {"gpu": "RTX 4060"})[1].splitlines()[0]
