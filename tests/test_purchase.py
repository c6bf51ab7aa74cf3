"""What to buy: no machine is taken for granted, no price invented; which hold a model, what each size runs best."""

from dataclasses import replace
from itertools import pairwise

import pytest

from assistant.calls import parse_call
from assistant.events import Reading
from assistant.memory.usual_cards import for_training, to_buy
from assistant.reader.read import tables_of
from assistant.stated.purchase import buying, weighed, with_purchase
from assistant.toolbox import Toolbox
from assistant.tools import run
from assistant.writer.write import draft
from knowledge.catalog import load_catalog

CATALOG = load_catalog()
TABLES = tables_of(CATALOG)
BOX = Toolbox(CATALOG)


def read(question, tool="recommend", args=None, confidence=0.9):
    note = {"en": "unsure", "ja": "不明"}
    return with_purchase(Reading(parse_call(tool, args or {}), confidence, "en", (note,)), question, TABLES)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("I have 15k euro, what should I buy to run a 70B model?", "open"),
        ("which GPU should I buy for a 32B model?", "open"),
        ("what hardware do I need for local coding models", "open"),
        ("can you recommend a laptop for local LLMs?", "open"),
        ("what should I upgrade to for coding?", "open"),
        ("I want to build a new rig for LLMs", "wish"),
        ("I have $8000 for a machine", "wish"),
        ("a gift for who wants to run local AI: which computer?", "open"),
        ("about 2,000 pounds to spend on a PC for local AI", "wish"),
        ("what specs should my next workstation have for 120B models?", "open"),
        ("100万円で何を買えば70Bが動く?", "open"),
        ("どのGPUを買えばいい?", "open"),
        ("LLM用におすすめのグラボは?", "open"),
        ("翻訳用に一番いいグラボを教えて", "open"),
        ("30万円の予算でローカルLLM用のPCを買いたい", "wish"),
        ("サーバーを新調したい", "wish"),
        ("which model should I get for coding?", None),
        ("what is the best GPU model to run on 16GB", None),
        ("I just bought an RTX 4070, what should I run?", None),
        ("if I buy a new GPU with 16 GB, which model?", None),
        ("16GBのグラボを買ったら何がおすすめ?", None),
        ("何を買ったらいい?", "open"),
        ("5万円以内で買えるGPUで一番マシなの", "open"),
        ("10万円までで一番いいグラボは？LLM用", "open"),
        ("if I add a graphics card, how many GB should it have?", "open"),
        ("月5000円以内で使えるモデルは?", None),
        ("is it worth upgrading from a 3090 to a 5090 for LLMs?", "open"),
        ("5090買おうか迷ってる。4090から変える意味ある?", "open"),
        ("is fine-tuning worth it?", None),
        ("RTX 4070を買ったので、おすすめのモデルを教えて", None),
        ("ノートPCで使えるおすすめのモデル", None),
        ("どのPCでも動くモデル", None),
    ],
)
def test_questions_of_what_to_buy_are_told_from_others(question, said):
    assert buying(question) == said


@pytest.mark.parametrize("question", ["what should I buy to run a 70B model?", "70Bを動かすには何を買えばいい?"])
def test_a_model_whose_machine_is_to_be_bought_is_a_question_of_fit_without_hardware(question):
    found = read(question, args={"max_params_b": 70, "hosting": "local"}, confidence=0.2)
    assert (found.call.tool, found.call.arguments()) == ("fit", {"model": "70B"})
    assert weighed(found.call.asks) == () and found.confidence >= 0.5 and found.notes == ()


@pytest.mark.parametrize(
    "question", ["worth upgrading from a 3090 to a 5090 for LLMs?", "3090から5090に買い替える価値はある？"]
)
def test_the_card_before_an_upgrade_is_weighed_with_the_new_one(question):
    found = read(question, "explain", {"query": question}).call
    assert (found.tool, found.arguments(), found.asks) == ("recommend", {}, ("purchase RTX 3090 / RTX 5090",))


@pytest.mark.parametrize("question", ["what if I bought a bigger GPU?", "もっと大きいGPUを足すなら何GB？"])
def test_what_to_buy_is_for_what_was_spoken_of_before(question):
    before = {"task": "chat", "languages": ["ja"], "hardware": {"gpu": "RTX 3060"}, "priority": "speed"}
    aside = Reading(parse_call("explain", {"query": question}), 0.9, "en", ())
    found = with_purchase(aside, question, TABLES, before=before).call
    assert found.arguments() == {"task": "chat", "languages": ["ja"], "hardware": {"gpu": "RTX 3060"}}
    anew = with_purchase(aside, f"{question} coding, コーディング用", TABLES, before=before).call
    assert anew.arguments() == {"task": "coding", "hardware": {"gpu": "RTX 3060"}}


@pytest.mark.parametrize("question", ["which GPU should I buy for coding?", "コーディング用にどのGPUを買えばいい?"])
def test_without_a_model_it_is_a_choice_per_size_of_memory(question):
    found = read(question, "explain", {"query": question})
    assert (found.call.tool, found.call.arguments()) == ("recommend", {"task": "coding"})


def test_other_readings_stay():
    here = {"model": "qwen3-8b", "hardware": {"gpu": "RTX 3060"}}
    for question, tool, args in (
        ("I have an RTX 3060, what to buy to run Qwen3 8B", "fit", here),
        ("should I buy a GPU or use an API?", "recommend", {"hosting": "api"}),
        ("which laptop should I buy for video editing?", "out_of_scope", {}),
        ("what should I buy to fine-tune an 8B model?", "finetune_memory", {}),
        ("I want to build a PC, what is quantisation?", "explain", {"query": "quantisation"}),
    ):  # fmt: skip
        assert read(question, tool, args).call == parse_call(tool, args), question


def test_of_an_unsure_reading_only_what_the_words_say_is_kept():
    assert (
        read("LLMの勉強用にグラボを買うならどれ?", args={"task": "summarization"}, confidence=0.2).call.arguments()
        == {}
    )
    assert read("GPU for coding, which to buy?", args={"task": "writing"}, confidence=0.2).call.arguments() == {
        "task": "coding"
    }


@pytest.mark.parametrize(
    ("question", "converted"),
    [
        ("which GPU should I buy?", True),
        ("どのグラボを買えばいい?", True),
        ("which GPU should I buy for gaming?", False),
    ],
)
def test_a_card_is_bought_for_models_unless_another_use_is_named(question, converted):
    assert (read(question, "out_of_scope").call.tool == "recommend") is converted


def test_cards_that_are_weighed_are_answered_for_each():
    for question in ("should I buy a 4090 or a 5090 for coding?", "4090と5090、コーディングならどっちを買うべき?"):
        call = read(question, args={"task": "coding", "hardware": {"gpu": "RTX 4090"}}).call
        assert weighed(call.asks) == ("RTX 4090", "RTX 5090") and "hardware" not in call.arguments()
        result = run(BOX, call, "en")
        assert [(row["names"], row["card_gb"]) for row in result["machines"]] == [
            (["RTX 4090"], 24),
            (["RTX 5090"], 32),
        ]
        assert "RTX 5090 (32 GB)" in draft("recommend", result, "en").text()


def test_of_weighed_cards_the_better_comes_first_and_prices_only_where_a_budget_is_spoken_of():
    abler = draft("recommend", run(BOX, read("RTX 4060と5090、どっちを買うべき？").call, "ja"), "ja")
    assert abler.verdict.startswith("実力の高いモデルを動かせるのは **RTX 5090** です（RTX 4060 は ")
    faster = draft("recommend", run(BOX, read("RTX 4070 Tiと3060、どっちを買うべき？").call, "ja"), "ja")
    assert "実力は、ほぼ同じです" in faster.verdict and "**RTX 4070 Ti** のほうが RTX 3060 より " in faster.verdict
    assert "店頭価格は分からない" not in faster.verdict and "店頭価格は分からない" in faster.body
    for question in (
        "予算10万円で4070 Tiと3060、どっちを買うべき？",
        "should I buy a 4090 or a 5090, which gives more for the money?",
    ):
        call = read(question).call
        assert "budget" in call.asks
        said = draft("recommend", run(BOX, call, "en"), "en")
        assert said.verdict.startswith("Mekiki knows no shop prices") and "times as fast" in said.lead[0]


@pytest.mark.parametrize(
    ("language", "prices", "asks"),
    [("en", "knows no shop prices", "What will you use it for?"), ("ja", "店頭価格は分からない", "何に使いますか？")],
)
def test_the_answer_names_memory_and_cards_and_asks_one_question(language, prices, asks):
    fit = run(BOX, read("what should I buy to run a 70B model?").call, language)
    said = draft("fit", fit, language).text(details=False)
    # 70 billion weights at 4.85 bits are 39.5 GiB, with 8,192 tokens of cache 42.5: more than 32 GB, 48 GB do
    assert prices in said and "48 GB" in said and "RTX 6000 Ada" in said and said.count("？") + said.count("?") == 1
    choice = run(BOX, read("which GPU should I buy?").call, language)
    said = draft("recommend", choice, language).text(details=False)
    assert prices in said and asks in said and "RTX 5080" in said


def test_each_size_holds_its_choice_and_the_ability_grows():
    result = run(BOX, read("which GPU should I buy?", args={"task": "coding"}).call, "en")
    sizes = [row["card_gb"] for row in result["machines"]]
    assert sizes == sorted(sizes) and sizes[0] == 8 and result["question"] == "model"
    for size, pick in zip(sizes, result["picks"], strict=True):
        assert pick["fit"]["fits"] and pick["fit"]["total_mib"] < size * 1024
    runs = [(pick["id"], pick["quant"]) for pick in result["picks"]]
    assert all(one != other for one, other in pairwise(runs))
    assert result["enough_gb"] in (None, sizes[-1])


def test_beside_a_card_that_is_there_only_larger_ones_are_named():
    call = read("what should I upgrade to?", args={"hardware": {"gpu": "RTX 3060"}, "task": "coding"}).call
    assert run(BOX, call, "en")["machines"][0]["card_gb"] == 16


def test_cards_to_buy_are_of_the_last_generations_and_cards_to_train_on_nvidia():
    assert "RTX 4090" in to_buy(CATALOG.gpus)[24] and "RTX 3090 Ti" in for_training(CATALOG.gpus)[24]
    assert all(CATALOG.gpus[name].vendor == "nvidia" for names in for_training(CATALOG.gpus).values() for name in names)
    assert not any(CATALOG.gpus[name].laptop for names in to_buy(CATALOG.gpus).values() for name in names)


def test_of_hardware_that_is_there_its_own_choice_and_that_with_more_ram_come_first():
    args = {"hardware": {"gpu": "RTX 2060", "ram_gb": 16}}
    call = read("RAMを増やすのとグラボを買うの、どっちがいい？ 今はRTX 2060とRAM 16GB", args=args).call
    result = run(replace(BOX, asker="ja"), call, "ja")
    now, more = result["now"], result["more_ram"]
    assert now["machine"] == "RTX 2060" and more["ram_gb"] == 64 and more["score"] > now["score"]
    said = draft("recommend", result, "ja")
    assert (
        said.verdict.startswith("今の RTX 2060 で最も適したモデルは **")
        and "RAMを 64 GB に増やすだけなら" in said.verdict
    )
    alone = run(BOX, read("今RTX 3060、どのグラボを買えばいい？", args={"hardware": {"gpu": "RTX 3060"}}).call, "en")
    assert alone["now"] and alone["more_ram"] is None  # nothing was said of RAM
    assert draft("recommend", alone, "en").verdict.startswith("On an RTX 3060 as it is, **")
    assert "now" not in run(BOX, read("which GPU should I buy?").call, "en")


def test_a_larger_card_is_listed_only_for_a_model_that_is_abler_there():
    result = run(BOX, read("which GPU should I buy?", args={"task": "coding"}).call, "en")
    for one, other in pairwise(result["picks"]):
        assert one["id"] != other["id"] or round(other["score"]) > round(one["score"])
    for left_out in (True, False):
        said = draft("recommend", {**result, "left_out": left_out}, "en").text()
        assert ("not listed runs nothing abler" in said) is left_out


def test_the_smallest_machine_that_holds_a_model_is_told_first_and_a_budget_only_where_one_is_named():
    result = run(BOX, parse_call("fit", {"model": "8B"}), "en")
    said = draft("fit", {**result, "asks": ["purchase"]}, "en")
    assert said.verdict.startswith("**One card with 8 GB (such as ") and "8B needs" in said.lead[0]
    assert not any("budget" in line for line in said.lead)
    assert any("budget" in line for line in draft("fit", {**result, "asks": ["purchase", "budget"]}, "en").lead)
    assert draft("fit", {**result, "asks": ["purchase"]}, "ja").verdict.startswith("**8 GB のGPU 1枚")


def test_of_cards_that_run_equally_able_models_the_roomier_is_named():
    call = read("used RTX 3090 or new RTX 5070 Ti, which should I buy?").call
    result = run(BOX, call, "en")
    assert [row["card_gb"] for row in result["machines"]] == [16, 24]
    able = result["picks"][0]["score"]
    result = {**result, "picks": [{**pick, "score": able} for pick in result["picks"]]}
    assert "**RTX 3090** has 8 GB more memory" in draft("recommend", result, "en").verdict
    assert "RTX 3090** はメモリが 8 GB 多く" in draft("recommend", result, "ja").verdict
    same = {**result, "machines": [{**row, "card_gb": 16} for row in result["machines"]]}
    assert "more memory" not in draft("recommend", same, "en").verdict


def weigh(*cards):
    call = replace(parse_call("recommend", {}), asks=(f"purchase {' / '.join(cards)}",))
    return run(BOX, call, "en")


def test_of_several_cards_the_memory_of_all_counts_and_speeds_are_of_one_model():
    result = weigh("RTX 5090", "2x RTX 3090", "A10G")
    assert [(row["card_gb"], row["kind"]) for row in result["machines"]] == [(24, "gpu"), (32, "gpu"), (48, "gpu")]
    said = draft("recommend", result, "en").text()
    same = result["same"]
    best = max(same["rates"], key=lambda rate: rate["mid"])
    assert same["rates"].index(best) == 1 and f"{same['model']} ({same['quant']}), runs **" in said  # 1,792 GB/s
    assert "2x RTX 3090 (48 GB)" in said
    smallest = result["picks"][0]
    assert same["model"] in {pick["model"] for pick in result["picks"]} and smallest["fit"]["total_mib"] < 24 * 1024


def test_shared_memory_counts_as_far_as_the_gpu_may_use_it_and_a_processor_by_its_ram():
    result = weigh("M4 Pro 48GB", "RTX 4090", "CPU 64GB")
    sizes = {row["names"][0]: (row["card_gb"], row["kind"]) for row in result["machines"]}
    # macOS lends the GPU three quarters of 36 GB and more
    assert sizes == {"RTX 4090": (24, "gpu"), "M4 Pro 48GB": (36, "unified"), "CPU 64GB": (64, "cpu")}
    said = draft("recommend", result, "ja").text()
    assert "M4 Pro 48GB（うちGPU用 36 GB）" in said and "GPUなし・RAM 64 GB" in said


def test_editions_of_one_card_are_told_apart_by_their_memory():
    names = [row["names"] for row in weigh("RTX 4060 Ti 8GB", "RTX 4060 Ti 16GB")["machines"]]
    assert names == [["RTX 4060 Ti 8GB"], ["RTX 4060 Ti 16GB"]]


def test_no_speed_is_compared_where_no_model_runs_on_all():
    result = weigh("RTX 4090", "RTX 3090")
    said = draft("recommend", {**result, "same": None}, "en").verdict
    assert "tokens/s" not in said and "equally able" in said
