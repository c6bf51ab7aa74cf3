"""What a later turn replaces, keeps, or has nothing to do with: the shipped reader and catalog, nothing is run."""

import pytest

from assistant.events import Conversation
from tests.reading import calls


@pytest.mark.parametrize(
    ("before", "text", "hardware"),
    [
        ("How fast is Qwen3 14B on an L40S?", "best small model for translation, 8 GB VRAM", {"vram_gb": 8}),
        ("chat model for an L40S", "which model for coding on a laptop with 16 GB of RAM?", {"ram_gb": 16}),
        ("chat model for two A100", "what about 24GB VRAM?", {"vram_gb": 24}),
        ("RTX 4090でチャット用", "やっぱり16GBのMacBookで", {"ram_gb": 16}),
        ("RTX 4090でチャット用", "メモリ32GBのノートPCだと？", {"ram_gb": 32}),
        ("M3 Max 64GBで翻訳", "8GBのグラボだと？", {"vram_gb": 8}),
        ("chat model for an RTX 3060", "my PC has 64 GB of RAM", {"gpu": "RTX 3060", "ram_gb": 64}),
        ("RTX 4090でチャット用", "PCのメモリは64GBです", {"gpu": "RTX 4090", "ram_gb": 64}),
        ("RTX 3060でチャット", "12GBです", {"gpu": "RTX 3060", "vram_gb": 12}),  # which it is sold with
    ],
)
def test_a_machine_that_is_stated_whole_replaces_the_one_before(mekiki, before, text, hardware):
    assert calls(mekiki, before, text)[1].arguments()["hardware"] == hardware


@pytest.mark.parametrize("text", ["iPhone 15 Proなら？", "スマホで動くのは？", "what about my MacBook?"])
def test_a_phone_or_mac_is_not_the_card_before(mekiki, text):
    second = calls(mekiki, "RTX 4090でチャット用のモデル", text)[1]
    assert second.tool == "recommend"
    assert "hardware" not in second.arguments()


@pytest.mark.parametrize("text", ["no wait, I have 16GB", "sorry, it's 16 GB", "あ、ごめん16GBだった", "16GBです"])
@pytest.mark.parametrize(
    ("before", "tool"),
    [
        (("best coding model for 8GB VRAM",), "recommend"),
        (("8GBのVRAMでコーディング用のモデルは？", "ライセンスは？"), "recommend"),
        (("8GB VRAM for coding", "does Qwen3 14B fit?"), "fit"),
        (("how big a model fits in 8GB of VRAM?",), "max_size"),
    ],
)
def test_a_corrected_size_asks_the_same_again(mekiki, before, tool, text):
    last = calls(mekiki, *before, text)[-1]
    assert last.tool == tool
    assert last.arguments()["hardware"] == {"vram_gb": 16}


def test_a_whole_wish_keeps_nothing_of_the_wish_before(mekiki):
    first = "Recommend a small model for translating English to Japanese, 8 GB VRAM"
    second = calls(mekiki, first, "Which model should I run for coding on an RTX 3060?")[1]
    assert second.arguments() == {"task": "coding", "hardware": {"gpu": "RTX 3060"}, "hosting": "local"}


TALKS = {
    "en": (
        "Compare Qwen3 32B and Gemma 3 27B",
        "Can I use Llama 3.3 70B commercially?",
        "coding model for an RTX 3060",
    ),
    "ja": ("Qwen3 32BとGemma 3 27Bを比較して", "Llama 3.3 70Bは商用で使える？", "RTX 3060でコーディング用のモデル"),
}


@pytest.mark.parametrize("talk", [0, 1, 2])
@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "When will I get my biopsy results?"),
        ("en", "When are bonfires allowed on the allotments?"),
        ("en", "when does the pharmacy open on sundays"),
        ("en", "How much is the entrance fee for the zoo?"),
        ("ja", "生検の結果はいつ出ますか？"),
        ("ja", "健康診断の予約はどこでできますか"),
    ],
)
def test_a_question_about_something_else_is_no_follow_up(mekiki, language, text, talk):
    assert calls(mekiki, TALKS[language][talk], text)[1].tool == "out_of_scope"


@pytest.mark.parametrize(
    ("talk", "text", "tool"),
    [
        (0, "when were they released?", "compare"),
        (0, "when?", "compare"),
        (1, "When was it released?", "model_info"),
        (1, "release date?", "model_info"),
        (1, "how much does it cost?", "model_info"),
        (2, "it's for a paying client by the way", "recommend"),
        (2, "I signed an NDA so nothing online", "recommend"),
        (2, "Two of them then.", "recommend"),
        (2, "and for bedtime stories about dragons?", "recommend"),
    ],
)
def test_a_follow_up_without_a_word_of_the_field_stays_one(mekiki, talk, text, tool):
    assert calls(mekiki, TALKS["en"][talk], text)[1].tool == tool


@pytest.mark.parametrize(
    ("before", "text", "language"),
    [
        ("コーディング用のおすすめは？", "RTX 3060", "ja"),
        ("コーディング用のおすすめは？", "???", "ja"),
        ("a model for coding?", "RTX 3060 12GB", "en"),
        ("a model for coding?", "？？？", "en"),
        ("a model for coding?", "もっと速いのは？", "ja"),
    ],
)
def test_a_turn_without_words_keeps_the_language(mekiki, before, text, language):
    conversation = Conversation()
    for _ in mekiki.answer(before, conversation):
        pass
    event = next(mekiki.answer(text, conversation))
    assert event.reading.language == language


@pytest.mark.parametrize(
    ("text", "language"), [("？？？", "ja"), ("???", "en"), ("RTX 3060", "en"), ("「Qwen3 8B」", "ja")]
)
def test_marks_alone_are_of_the_language_they_are_written_in(mekiki, text, language):
    assert next(mekiki.answer(text, Conversation())).reading.language == language


def test_a_bare_amount_beside_a_card_that_is_not_sold_with_it_is_ram(mekiki):
    second = calls(mekiki, "chat model for an RTX 3060", "64GB")[1]
    assert second.arguments()["hardware"] == {"gpu": "RTX 3060", "ram_gb": 64}
    unified = calls(mekiki, "chat model for an M3 Max", "64GB")[1]
    assert unified.arguments()["hardware"] == {"gpu": "M3 Max", "ram_gb": 64}


def texts(mekiki, *questions):
    conversation, out = Conversation(), []
    for question in questions:
        *_, done = mekiki.answer(question, conversation)
        out.append(done.answer)
    return out


@pytest.mark.parametrize(
    ("asked", "because"),
    [
        ("why not Llama 3.3 70B?", "available"),  # 42 GiB as Q4_K_M
        ("why isn't there any Llama in the list?", "weaker"),
        ("Why did you leave out Meta? Why not them?", "weaker"),
    ],
)
def test_why_a_named_model_is_not_among_the_picks(mekiki, asked, because):
    *_, again = texts(mekiki, "Which model for chat on an RTX 4090?", asked)
    against, why = again.text.split("**Why ")[1:]
    assert "Llama" in against
    assert because in against
    assert "(ability" in why


@pytest.mark.parametrize("asked", ["why not the second one?", "なぜ2番目じゃないんですか"])
def test_why_a_place_of_the_list_is_not_the_first(mekiki, asked):
    first, again = texts(mekiki, "Which model for coding on an RTX 3090?", asked)
    second = first.calls[0].result["picks"][1]
    assert f"{second['model']} ({second['quant']}) [2]: " in again.text
    assert (second["id"] in first.calls[0].result["ties"]) == ("within the noise" in again.text or "誤差" in again.text)


def test_why_not_the_first_tells_why_it_is(mekiki):
    first, again = texts(mekiki, "Which model for coding on an RTX 3090?", "why not the first?")
    assert again.text.startswith(f"Why {first.calls[0].result['picks'][0]['model']}")


def test_why_the_second_of_the_list_is_not_the_first(mekiki):
    conversation = Conversation()
    for _ in mekiki.answer("RTX 4090でチャット用のモデルは？", conversation):
        pass
    second = conversation.picks[1]["model"]
    *_, done = mekiki.answer(f"なんで{second}じゃないの？", conversation)
    assert f"- {second} (" in done.answer.text and "一覧の 2 番目にあります" in done.answer.text


def test_a_card_of_one_model_leaves_the_list_as_it_was(mekiki):
    conversation = Conversation()
    for question in ("RTX 4090でおすすめのモデルを5つ", "2番目の候補を詳しく"):
        for _ in mekiki.answer(question, conversation):
            pass
    listed = conversation.listed
    assert len(listed) > 2
    *_, done = mekiki.answer("1番目と比べて", conversation)
    assert [one["id"] for one in done.answer.calls[0].result["models"]] == [listed[1], listed[0]]


@pytest.mark.parametrize(
    ("before", "text", "field"),
    [
        ("gpt-4oとSonnetの料金を比べて", "gemini 2.5 flashは？", "price"),
        ("gpt-4oの料金は？", "gemini 2.5 flashは？", "price"),
    ],
)
def test_the_same_is_asked_of_a_model_named_alone(mekiki, before, text, field):
    second = calls(mekiki, before, text)[1]
    assert (second.tool, second.arguments().get("field")) == ("model_info", field)


@pytest.mark.parametrize(
    ("before", "text"), [("KVキャッシュとは", "Qwen3 8Bだといくつ"), ("What is a KV cache?", "and for Qwen3 8B?")]
)
def test_how_much_a_model_has_of_what_was_explained(mekiki, before, text):
    assert calls(mekiki, before, text)[1].asks == ("cache", "amount")


def test_how_good_a_model_is_at_a_language_is_told_by_its_tests(mekiki):
    good, unknown, speaks = texts(
        mekiki, "Mistral Small 3.2 24Bは日本語が得意？", "Qwen3 8Bはフランス語が上手？", "Qwen3 8Bは日本語に対応？"
    )
    skill = good.calls[0].result["skills"]["ja"]
    assert f"日本語の実力は {skill['score']:.0f} です" in good.text
    assert skill["tests"][0] in good.text
    assert unknown.calls[0].result["skills"] == {"fr": None}
    assert "フランス語がどれくらい得意かは分かりません" in unknown.text
    assert "skills" not in speaks.calls[0].result


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ("APIでおすすめのモデルは？", "それ中国製？"),
        ("RTX 3060でチャット用", "これは国産ですか？"),
        ("chat model for an RTX 3060", "is it Chinese?"),
        ("chat model for an RTX 3060", "where is it from?"),
    ],
)
def test_where_a_pick_is_from(mekiki, before, text):
    last = calls(mekiki, before, text)[1]
    assert (last.tool, last.asks, last.arguments()) == ("model_info", ("maker",), {"model": "@1"})


def test_a_country_that_is_ruled_out_is_still_a_wish(mekiki):
    second = calls(mekiki, "RTX 3060でチャット用", "中国製以外で")[1]
    assert (second.tool, second.arguments()["exclude"]) == ("recommend", ["China"])


@pytest.mark.parametrize("text", ["Qwen3 8Bだといくつ", "Qwen3 8Bだとどれくらい？", "Qwen3 8Bは？"])
def test_the_cache_of_another_model(mekiki, text):
    first, second = calls(mekiki, "Llama 3.1 8BのKVキャッシュは8kでどれくらい？", text)
    assert first.asks == second.asks == ("cache", "amount")
    assert second.arguments()["model"] == "qwen3-8b"


@pytest.mark.parametrize(
    ("before", "why", "proof"),
    [
        ("Does Qwen3 14B fit on an RTX 3060?", "why?", "| weights |"),
        ("Gemma 3 12BとQwen3 14B、どっちが賢い？", "なんで？", "**共通のベンチマーク**"),
        ("how large a model runs on an RTX 4070?", "what is that based on?", "| Model |"),
    ],
)
def test_why_after_figures_unfolds_them(mekiki, before, why, proof):
    first, second = texts(mekiki, before, why)
    assert proof in second.text and second.text.startswith(first.text[:30])
