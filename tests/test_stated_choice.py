"""Which of several cards is to run a model: read as alternatives, answered on each of them in both languages."""

import pytest

from assistant.calls import parse_call
from assistant.stated.choice import alternatives, machine
from assistant.toolbox import Toolbox
from assistant.tools import run
from assistant.writer.write import draft
from knowledge.catalog import load_catalog
from tests.reading import calls, marked

CATALOG = load_catalog()


@pytest.mark.parametrize(
    ("text", "cards"),
    [
        ("5060 Ti or 3090 for a 27B?", ("RTX 5060 Ti", "RTX 3090")),
        ("27B動かすなら5060 Tiと3090どっち", ("RTX 5060 Ti", "RTX 3090")),
        ("4060 Ti 16GB vs 3060 12GB for Gemma 3 12B", ("RTX 4060 Ti 16GB", "RTX 3060 12GB")),
        ("which is better for 70B, two 3090s or an M3 Ultra?", ("2x RTX 3090", "M3 Ultra")),
        ("RTX 5090かM3 Max 128GB、70Bならどっち？", ("RTX 5090", "M3 Max 128GB")),
        ("which of the 3080, the 4080 and the 5080 runs a 14B?", ("RTX 3080", "RTX 4080", "RTX 5080")),
        ("RTX 5090と3090 2枚、どっち", ("RTX 5090", "2x RTX 3090")),
        ("2x 3060 vs 1x 4060 ti", ("2x RTX 3060", "RTX 4060 Ti")),
        ("Mac mini M4 16GBと24GBどっち", ("M4 16GB", "M4 24GB")),
        ("M1 Max 64GB MacBook Pro vs M4 16GB mac mini", ("M1 Max 64GB", "M4 16GB")),
        ("a Mac mini with an M4 and 24GB or a Mac Studio 64GB", ("M4 24GB", "Mac Studio 64GB")),
        ("M2 Ultra 192GB or M9 Ultra 256GB?", ("M2 Ultra 192GB", "M9 Ultra 256GB")),
        ("RTX 4070Ti SUPERと4080 SUPERで迷っています", ("RTX 4070 Ti Super", "RTX 4080 Super")),
        ("MacBook 16GB or 24GB?", ("MacBook 16GB", "MacBook 24GB")),
        ("4060 Ti 8GB or 16GB for a 14B?", ("RTX 4060 Ti 8GB", "RTX 4060 Ti 16GB")),
        ("12GBの3060と8GBの4060どっち", ("RTX 3060 12GB", "RTX 4060 8GB")),
        ("6 GB or 10 GB of VRAM?", ("GPU 6GB", "GPU 10GB")),
        ("VRAM 12GBと16GBはどちらを買うべき？", ("GPU 12GB", "GPU 16GB")),
        ("24 or 32 GB of VRAM for local AI?", ("GPU 24GB", "GPU 32GB")),
        ("is 16GB of VRAM enough or should I get 24GB?", ("GPU 16GB", "GPU 24GB")),
        ("メモリは32GBと64GBどっちがいい？", ("CPU 32GB", "CPU 64GB")),
        ("Ryzen 5 with 64GB or an RTX 4060?", ("CPU 64GB", "RTX 4060")),
        ("i7-9700 + 16GB vs RTX 2070", ("CPU 16GB", "RTX 2070")),
        ("3090は5090より何倍遅い？", ("RTX 3090", "RTX 5090")),
        ("3080より4070のほうが速い？", ("RTX 3080", "RTX 4070")),
        ("i5-12400 32GB RTX 3060 which model is better?", ()),
        ("VRAM 12GBとRAM 64GBでどっちのモデルがいい？", ()),
        ("RTX 2060 6GB vs CPU 64GB", ("RTX 2060 6GB", "CPU 64GB")),
        ("CPUでRAM 128GBか4090か、どっちがいい?", ("CPU 128GB", "RTX 4090")),
        ("g5.xlarge or g6.xlarge?", ("g5.xlarge", "g6.xlarge")),
        ("RTX 3060 12GB with 16GB or 32GB RAM, which model?", ()),
        ("3090 and 5060 Ti together for a 27B?", ()),
        ("27Bは3090と5060 Tiの2枚で動く？", ()),
        ("why is a 4090 or 5090 faster than a Mac for 7B models?", ()),
        ("4090と3090の違いは？", ()),
        ("I replaced my 3060 with a 4090, which 14B?", ()),
        ("a 14B on a 4090?", ()),
    ],
)
def test_alternatives_are_told_from_cards_of_one_machine(text, cards):
    assert alternatives(marked(text)) == cards


def test_a_name_holds_number_and_size():
    assert machine("2x RTX 3090").model_dump(exclude_unset=True) == {"gpu": "RTX 3090", "gpu_count": 2}
    (card,) = Toolbox(CATALOG).machine_for(machine("RTX 4060 Ti 16GB")).gpus
    assert card.total_mib == 16 * 1024


@pytest.mark.parametrize(
    ("text", "model", "asks"),
    [
        ("should I use my 3080 or my 4060 Ti for Qwen3 8B?", "qwen3-8b", "each RTX 3080 / RTX 4060 Ti"),
        ("32Bには4090と7900 XTXどちらが向いてる？", "32B", "each RTX 4090 / RX 7900 XTX"),
        ("should I buy a 4090 or a 5090 for a 70B?", "70B", "each RTX 4090 / RTX 5090"),
    ],
)
def test_a_model_is_asked_for_on_each(mekiki, text, model, asks):
    (call,) = calls(mekiki, text)
    assert (call.tool, call.arguments(), call.asks) == ("fit", {"model": model}, (asks,))


@pytest.mark.parametrize(
    "text",
    ["I have a 3090 or a 4080 available, which model for RAG?", "RAGに使うなら3090か4080か、どっちで動かすべき？"],
)
def test_without_a_model_one_is_chosen_on_each(mekiki, text):
    (call,) = calls(mekiki, text)
    assert (call.tool, call.arguments()) == ("recommend", {"task": "rag"})
    assert call.asks == ("purchase RTX 3090 / RTX 4080",)


def test_the_next_turn_asks_of_the_same_cards_until_another_is_named(mekiki):
    first, longer, other = calls(
        mekiki, "3090 vs M2 Max 64GB for Llama 3.3 70B", "and with 32k context?", "and on a 5090?"
    )
    assert longer.asks == first.asks and longer.arguments()["context_tokens"] == 32_000
    assert "each" in run(Toolbox(CATALOG), longer, "en")
    assert "each" not in run(Toolbox(CATALOG), other, "en")


def on(model, *cards, language="en", **values):
    call = parse_call("fit", {"model": model, **values})
    asked = type(call)(call.tool, call.args, ("each " + " / ".join(cards),))
    return draft("fit", run(Toolbox(CATALOG), asked, language), language)


@pytest.mark.parametrize(
    ("language", "some", "finest", "every", "nowhere", "faster", "alike"),
    [
        ("en", "cannot", "finest", "Both of them", "Neither", "times as fast", "about equally fast"),
        ("ja", "載りきりません", "いちばん細かい", "どちらにも", "どちらにも", "倍の見込み", "ほぼ同じ"),
    ],
)
def test_the_answer_tells_which_holds_it_how_well_and_how_fast(language, some, finest, every, nowhere, faster, alike):
    one = on("27B", "RTX 5060 Ti", "RTX 3090", language=language)
    assert some in one.verdict and "**RTX 3090**" in one.verdict
    assert finest in on("14B", "RTX 3060", "RTX 3090", language=language).verdict
    both = on("qwen3-8b", "RTX 4060", "RTX 4090", language=language, quant="Q4_K_M")
    assert every in both.verdict and "Q4_K_M" in both.verdict
    assert faster in both.lead[0] and "RTX 4090" in both.lead[0]
    none = on("70B", "RTX 3080", "RTX 4080", language=language)
    assert nowhere in none.verdict and "70B" in none.verdict
    assert alike in on("qwen3-8b", "RTX 3090", "RTX 3090 Ti", language=language, quant="Q8_0").lead[0]


def test_the_table_has_a_row_for_each():
    text = on("27B", "RTX 5060 Ti", "2x RTX 3090").text()
    assert "| RTX 5060 Ti | Q4_K_M |" in text and "| 2x RTX 3090 |" in text


@pytest.mark.parametrize(
    "text",
    ["What's better value for local AI, a used 3090 or a new 5070 Ti?", "ローカルLLM用に3090と5070 Tiどっちがいい？"],
)
def test_cards_weighed_for_models_are_chosen_for_on_each(mekiki, text):
    (call,) = calls(mekiki, text)
    assert (call.tool, call.asks) == ("recommend", ("purchase RTX 3090 / RTX 5070 Ti",))


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("5090 vs 2x 3090", "purchase RTX 5090 / 2x RTX 3090"),
        ("RTX 4060 8GBと3060 12GBならどっち", "purchase RTX 4060 8GB / RTX 3060 12GB"),
        ("Mac mini M4 16GBと24GBどっち", "purchase M4 16GB / M4 24GB"),
        ("4060 8GB or 3060 12GB?", "purchase RTX 4060 8GB / RTX 3060 12GB"),
        ("M4 Pro 48GBとRTX 4090どっち", "purchase M4 Pro 48GB / RTX 4090"),
        ("7900 XTX or 4080 Super, which is better?", "purchase RX 7900 XTX / RTX 4080 Super"),
    ],
)
def test_machines_that_are_only_set_against_one_another_are_weighed_for_models(mekiki, text, asks):
    (call,) = calls(mekiki, text)
    assert (call.tool, call.arguments(), call.asks) == ("recommend", {}, (asks,))


def test_cards_are_not_weighed_for_something_else(mekiki):
    for text in ("RTX 4090 vs 3090 for gaming", "4090と3090、動画編集にはどっち?"):
        (call,) = calls(mekiki, text)
        assert not call.asks, text


def test_speeds_on_each_are_of_one_quantisation():
    said = on("qwen3-32b", "CPU 128GB", "RTX 4090")
    assert "With the same quantisation, Q4_K_M, **RTX 4090**" in said.lead[0]


def test_cards_beat_one_another():
    text = "Would 2x 5060 Ti 16GB beat one 3090 for a 70B?"
    assert alternatives(marked(text)) == ("2x RTX 5060 Ti 16GB", "RTX 3090")


def test_the_speed_comes_first_where_it_is_asked_and_is_none_of_cards_that_nobody_names(mekiki):
    asked = calls(mekiki, "how much faster is a 4080 than a 4060?")[-1]
    said = draft("recommend", run(mekiki.toolbox(), asked, "en"), "en")
    assert said.verdict.startswith("One and the same model")
    sizes = run(mekiki.toolbox(), calls(mekiki, "VRAM 16GBと24GBどっちがいい？")[-1], "ja")
    assert sizes["same"] is None and "VRAM 24 GB のGPU" in draft("recommend", sizes, "ja").text()


@pytest.mark.parametrize("text", ["12GB VRAM and 48GB RAM, qwen3 14b or gemma 3 12b?",
                                  "VRAM 12GB、RAM 48GBで qwen3 14b と gemma 3 12b を比較"])  # fmt: skip
def test_graphics_memory_and_ram_are_both_taken(mekiki, text):
    assert calls(mekiki, text)[-1].arguments()["hardware"] == {"vram_gb": 12, "ram_gb": 48}
