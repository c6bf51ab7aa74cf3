"""What a later turn of a conversation means: the shipped reader and catalog, nothing is run."""

import pytest

from assistant.calls import parse_call
from assistant.events import Conversation
from assistant.list_places import resolve_items
from assistant.reader.asks import asks_why
from assistant.stated.beside import place_among
from tests.reading import calls


@pytest.mark.parametrize(
    ("before", "text", "speed"),
    [
        ("coding on an RTX 4090, at least 30 tokens/s", "50 instead", 50),
        ("M3 Max 64GBでチャット、毎秒30トークン以上", "やっぱり15で", 15),
        ("chat model for an M3 Max 64GB, at least 20 tok/s", "make that 40", 40),  # none is sold with 40 GB
        ("coding on a 4090 at 30 t/s", "what about 60 t/s?", 60),
        ("3090でコーディング", "100トークン以上だと？", 100),
        ("summaries on a 3060 12GB", "it has to do 25 tokens per second", 25),
    ],
)
def test_a_turn_changes_the_least_speed(mekiki, before, text, speed):
    first, second = calls(mekiki, before, text)
    assert first.tool == second.tool == "recommend"
    assert second.arguments() == {**first.arguments(), "min_speed": speed}


@pytest.mark.parametrize(
    ("before", "text"),
    [("biggest model on a 3090", "and at 20 t/s or more?"), ("3090で最大何B？", "毎秒20トークン以上なら？")],
)
def test_a_turn_adds_a_least_speed_to_the_largest_size(mekiki, before, text):
    first, second = calls(mekiki, before, text)
    assert second.tool == "max_size"
    assert second.arguments() == {**first.arguments(), "min_speed": 20}


def test_memory_that_the_machine_is_sold_with_is_no_speed(mekiki):
    _, second = calls(mekiki, "chat model for an M3 Max 64GB, at least 20 tok/s", "make that 96")
    assert second.arguments()["hardware"] == {"gpu": "M3 Max", "ram_gb": 96}
    assert second.arguments()["min_speed"] == 20


def test_a_speed_that_no_longer_matters_is_dropped(mekiki):
    _, second = calls(mekiki, "チャット用、RTX 4080、毎秒30トークン以上", "速度はどうでもいい")
    assert second.tool == "recommend"
    assert "min_speed" not in second.arguments()


COMPARED = ("Compare Qwen3 32B and Gemma 3 27B", "Qwen3 32BとGemma 3 27Bを比較して")


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("which is freer?", "licence"),
        ("which one may I use commercially?", "licence"),
        ("which one is open source?", "licence"),
        ("what about licences", "licence"),
        ("how much do they cost", "price"),
        ("context?", "context"),
        ("which is newer?", "release"),
        ("商用で使えるのはどっち？", "licence"),
        ("ライセンスがいちばんゆるいのは", "licence"),
        ("仕事で使ってもいいのはどれ？", "licence"),
        ("料金は？", "price"),
        ("コンテキスト長は?", "context"),
    ],
)
def test_a_property_after_a_comparison_is_asked_of_both(mekiki, text, asks):
    first, second = calls(mekiki, COMPARED[not text.isascii()], text)
    assert (second.tool, second.arguments()) == ("compare", first.arguments())
    assert second.asks == (asks,)


def test_why_one_is_better_is_no_property(mekiki):
    assert calls(mekiki, COMPARED[0], "why is the first better?")[1].tool == "explain"


PICKED = ("coding model for an RTX 3090", "RTX 3090でコーディング")


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("And is that one allowed for commercial work?", "licence"),
        ("can i ship it inside the game legally", "licence"),
        ("is it free?", "licence"),
        ("is there anything I must pay?", "licence"),
        ("is it any good for maths though", "benchmarks"),
        ("does it speak Japanese?", "languages"),
        ("それって無料？", "licence"),
        ("商用で使っていいの？", "licence"),
        ("会社で使っても大丈夫？", "licence"),
        ("数学も得意？", "benchmarks"),
        ("日本語しゃべれる？", "languages"),
    ],
)
def test_a_question_of_the_pick_is_about_it(mekiki, text, field):
    _, second = calls(mekiki, PICKED[not text.isascii()], text)
    assert (second.tool, second.arguments()) == ("model_info", {"model": "@1", "field": field})


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("it has to be commercially usable", {"commercial_use": True}),
        ("and for maths?", {"task": "math"}),
        ("also in Japanese", {"languages": ["ja"]}),
        ("商用利用できるのがいい", {"commercial_use": True}),
        ("日本語が得意なやつは？", {"languages": ["ja"]}),
        ("商用NGのものも含めて", {}),
    ],
)
def test_what_the_pick_should_be_changes_the_choice(mekiki, text, changed):
    first, second = calls(mekiki, PICKED[not text.isascii()], text)
    assert (second.tool, second.arguments()) == ("recommend", {**first.arguments(), **changed})


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("how much context can I give it?", "context"),
        ("how big is the download", "file"),
        ("どれくらい長い文章を読める？", "context"),
        ("ダウンロードはどれくらい？", "file"),
    ],
)
def test_a_figure_of_the_pick_is_told_for_the_machine(mekiki, text, asks):
    _, second = calls(mekiki, PICKED[not text.isascii()], text)
    assert (second.tool, second.arguments()) == ("fit", {"model": "@1", "hardware": {"gpu": "RTX 3090"}})
    assert second.asks[0] == asks


@pytest.mark.parametrize(("text", "asks"), [("how big is the download", "file"), ("速度は？", "speed")])
def test_a_figure_is_told_after_a_fact_too(mekiki, text, asks):
    *_, third = calls(mekiki, PICKED[0], "is it free?", text)
    assert third.tool == "fit" and third.asks[0] == asks
    assert third.arguments() == {"model": "@1", "hardware": {"gpu": "RTX 3090"}}
    *_, length = calls(mekiki, PICKED[0], "is it free?", "and its context length?")
    assert (length.tool, length.arguments()["field"]) == ("model_info", "context")


@pytest.mark.parametrize(
    "text", ["which licence do these have?", "what's the difference between them?", "もう一つの候補との違いは？"]
)
def test_several_of_the_list_are_compared(mekiki, text):
    _, second = calls(mekiki, PICKED[not text.isascii()], text)
    assert second.tool == "compare" and second.arguments()["models"] == ["@1", "@2"]
    assert second.arguments()["hardware"] == {"gpu": "RTX 3090"}


def test_the_reasons_of_a_pick_are_asked_for_in_other_words():
    assert asks_why("それの根拠は？") and not asks_why("目利きの根拠は？")


@pytest.mark.parametrize(
    ("before", "text", "left"),
    [
        ("RTX 4080 and RTX 3060 12GB, 64GB RAM, chat", "and without the 3060?", {"gpu": "RTX 4080", "ram_gb": 64}),
        ("4080と3060で要約", "3060なしだと？", {"gpu": "RTX 4080"}),
    ],
)
def test_one_of_several_cards_is_taken_out(mekiki, before, text, left):
    first, second = calls(mekiki, before, text)
    assert " + " in first.arguments()["hardware"]["gpu"]
    assert second.arguments() == {**first.arguments(), "hardware": left}


@pytest.mark.parametrize(
    ("before", "text"),
    [("speech model for a phone", "it's an iPhone 16 Pro"), ("スマホで文字起こし", "iPhone 16 Proです")],
)
def test_the_name_of_a_phone_leaves_the_task(mekiki, before, text):
    first, second = calls(mekiki, before, text)
    assert (second.tool, second.arguments()) == (first.tool, first.arguments())


@pytest.mark.parametrize("text", ["クラウドならどれ？", "and in the cloud?", "what about an API instead"])
def test_the_same_from_a_service(mekiki, text):
    first, second = calls(mekiki, PICKED[not text.isascii()], text)
    assert (second.tool, second.arguments()) == ("recommend", {**first.arguments(), "hosting": "api"})


def test_a_larger_card_to_buy_keeps_the_task(mekiki):
    _, second = calls(mekiki, "要約、RTX 3060", "じゃあもっと大きいGPUを買うとしたら")
    assert second.asks == ("purchase",) and second.arguments()["task"] == "summarization"
    _, added = calls(mekiki, "要約、GPUなし、メモリ16GB", "じゃあグラボ足すなら何GB？")
    assert added.asks == ("purchase",) and added.arguments()["task"] == "summarization"


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ("法律事務所で要約、RTX 4090", "依頼者の情報を入れても平気？"),
        ("summaries for my law firm", "is it safe to use for client files?"),
    ],
)
def test_fears_for_data_after_a_recommendation_go_to_the_guides(mekiki, before, text):
    assert calls(mekiki, before, text)[1].tool == "explain"


def test_a_pick_is_asked_about_as_it_was_recommended(mekiki):
    pick = {"id": "qwen3-8b", "quant": "Q6_K"}
    hardware = {"gpu": "RTX 3090"}
    before = parse_call("recommend", {"hardware": hardware})
    conversation = Conversation(call=before, listed=("qwen3-8b",), picks=[pick])
    same = resolve_items(parse_call("fit", {"model": "@1", "hardware": hardware}), conversation)
    assert same.arguments() == {"model": "qwen3-8b", "quant": "Q6_K", "hardware": hardware}
    other = resolve_items(parse_call("fit", {"model": "@1", "hardware": {"gpu": "RTX 3060"}}), conversation)
    assert "quant" not in other.arguments()
    conversation.picks = [{**pick, "fit": {"kv_type": "q8_0"}}]
    tight = resolve_items(parse_call("fit", {"model": "@1", "hardware": hardware}), conversation)
    assert tight.arguments() == {**same.arguments(), "kv_type": "q8_0"}
    stated = resolve_items(parse_call("fit", {"model": "@1", "quant": "Q4", "hardware": hardware}), conversation)
    assert stated.arguments()["quant"] == "Q4"


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ("Does Llama 3.3 70B fit a 3090?", "which card would do?"),
        ("Llama 3.3 70Bは3090で動く？", "じゃあどのGPUなら足りる？"),
        ("how much VRAM for full fine-tuning of Qwen3 8B on a 4090", "which gpu would be enough for that?"),
    ],
)
def test_which_card_would_do_is_about_the_model_and_no_machine(mekiki, before, text):
    first, second = calls(mekiki, before, text)
    assert second.tool == first.tool
    assert second.arguments() == {name: one for name, one in first.arguments().items() if name != "hardware"}


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("max context then?", "context"),
        ("how many users at once?", "users"),
        ("how much is the KV cache alone?", "cache"),
    ],
)
def test_a_figure_is_asked_for_though_the_turn_before_stated_another(mekiki, text, asks):
    _, second = calls(mekiki, "Does Qwen3 14B fit a 3090 at Q5 with 16k?", text)
    assert second.tool == "fit" and asks in second.asks


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ("chat for 20 concurrent users on an H100", "and with 30 people?"),
        ("H100で同時20人のチャット", "30人に増えたら？"),
    ],
)
def test_more_people_are_as_many_at_once(mekiki, before, text):
    first, second = calls(mekiki, before, text)
    assert second.arguments() == {**first.arguments(), "users": 30}


@pytest.mark.parametrize("text", ["the reason for that?", "what's that based on?", "その根拠は？", "根拠を教えて"])
def test_the_reasons_are_told_and_the_talk_stays_with_the_picks(mekiki, text):
    conversation = Conversation()
    answers = [list(mekiki.answer(one, conversation))[-1].answer for one in (PICKED[not text.isascii()], text)]
    assert answers[1].reading.call.tool == "explain" and not answers[1].calls
    assert conversation.picks[0]["model"] in answers[1].text
    assert conversation.call == answers[0].reading.call


@pytest.mark.parametrize(
    "text", ["and in the cloud which one?", "which one would it be in the cloud?", "APIならどれ？"]
)
def test_the_service_that_would_be_chosen(mekiki, text):
    first, second = calls(mekiki, PICKED[not text.isascii()], text)
    assert (second.tool, second.arguments()) == ("recommend", {**first.arguments(), "hosting": "api"})


@pytest.mark.parametrize("text", ["how is the second one different?", "2番目のとどう違う？"])
def test_a_place_in_the_list_is_compared_with_the_first(mekiki, text):
    _, second = calls(mekiki, PICKED[not text.isascii()], text)
    assert second.tool == "compare" and second.arguments()["models"] == ["@1", "@2"]


COMPARED = "Compare Qwen3 8B and Llama 3.1 8B", "Qwen3 8BとLlama 3.1 8Bを比べて"


@pytest.mark.parametrize(
    ("text", "hardware"),
    [
        ("which of them fits on a 3060?", {"gpu": "RTX 3060"}),
        ("RTX 3060に入るのは？", {"gpu": "RTX 3060"}),
        ("スマホに入るのは", None),
        ("which one runs on a phone?", None),
    ],
)
def test_which_of_the_compared_runs_somewhere_compares_them_there(mekiki, text, hardware):
    first, second = calls(mekiki, COMPARED[not text.isascii()], text)
    assert second.tool == "compare" and second.arguments()["models"] == first.arguments()["models"]
    assert second.arguments().get("hardware") == hardware


@pytest.mark.parametrize(("licence", "text"), [("which licence is freer?", "and for Japanese?"),
                                               ("ライセンスがゆるいのは？", "日本語ならどれ")])  # fmt: skip
def test_what_compared_models_were_asked_by_is_not_asked_of_something_else(mekiki, licence, text):
    _, second, third = calls(mekiki, COMPARED[not text.isascii()], licence, text)
    assert second.asks == ("licence",)
    assert third.tool == "compare" and third.asks == ("language ja",) and third.arguments() == second.arguments()


@pytest.mark.parametrize("text", ["just the KV cache, how many GB?", "KVキャッシュは何GB？"])
def test_the_cache_alone_is_asked_for_after_the_users(mekiki, text):
    users = "何人まで同時に使える？" if not text.isascii() else "how many people at once?"
    *_, third = calls(mekiki, "RTX 4090でQwen3 32Bは動く？", users, text)
    assert third.tool == "fit" and "cache" in third.asks and "users" not in third.asks


@pytest.mark.parametrize("text", ["the same PC, for translation too, same model?", "同じモデルで翻訳もできる？"])
def test_the_place_of_the_same_model_is_told_for_another_task(mekiki, text):
    _, second, third = calls(mekiki, PICKED[not text.isascii()], text, "and for maths?")
    assert (second.tool, second.arguments()["task"]) == ("recommend", "translation")
    assert second.asks == ("beside @1",) and third.asks == ()
    found = {"picks": [{"id": "qwen3-14b"}, {"id": "qwen3-8b"}]}
    place = [place_among(second, found, [name], mekiki.catalog)[0] for name in ("qwen3-8b", "qwen3-4b")]
    assert place[0] == {"en": "Qwen3 8B is number 2 of these.", "ja": "Qwen3 8B は、この中の 2 番目です。"}
    assert place[1]["en"] == "Qwen3 4B is not among these."
    assert (
        place_among(second, found, [], mekiki.catalog) == place_among(third, found, ["qwen3-8b"], mekiki.catalog) == ()
    )


@pytest.mark.parametrize("text", ["which is the newest of these?", "この中で一番新しいのは？"])
def test_one_of_these_is_sought_among_all_that_were_listed(mekiki, text):
    before = parse_call("recommend", {"task": "coding"})
    for listed, places in ((("a", "b", "c"), ["@1", "@2", "@3"]), ((), ["@1", "@2"])):
        call = mekiki.read(text, Conversation(call=before, listed=listed)).call
        assert call.tool == "compare" and call.arguments()["models"] == places and call.asks == ("release",)


@pytest.mark.parametrize("text", ["so which one?", "which should I take then?", "結局どっち？", "で、どっちがいい？"])
def test_a_comparison_is_told_again_when_its_outcome_is_asked(mekiki, text):
    first, second = calls(mekiki, COMPARED[not text.isascii()], text)
    assert (second.tool, second.arguments()) == ("compare", first.arguments())


@pytest.mark.parametrize("text", ["how long can my prompt be?", "プロンプトはどれくらい長くできる？"])
def test_how_long_a_prompt_may_be_is_asked_of_the_machine(mekiki, text):
    _, second = calls(mekiki, "RTX 4090でQwen3 32Bは動く？", text)
    assert second.tool == "fit" and second.asks[0] == "context"


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ("I edit video too, is a 3090 or a 4080 the better buy for local models?", "what about a used 4090?"),
        ("3090と4080、LLM用にどっち買うべき？", "じゃあ中古の4090だと？"),
    ],
)
def test_another_card_is_weighed_with_those_before(mekiki, before, text):
    first, second = calls(mekiki, before, text)
    assert first.asks == ("purchase RTX 3090 / RTX 4080",)
    assert second.asks == ("purchase RTX 3090 / RTX 4080 / RTX 4090",)
    assert "hardware" not in second.arguments()


@pytest.mark.parametrize(
    ("before", "text", "users"),
    [
        ("chatbot for 50 employees, 10 at a time, H100", "what if it grows to 40 at a time?", 40),
        ("H100で社内チャット、同時に10人", "40人に増えても足りる？", 40),
        ("can an H100 run Qwen3 32B for 4 users at once?", "is that enough if it ends up as 12 users?", 12),
    ],
)
def test_a_number_of_people_that_grows_keeps_the_question(mekiki, before, text, users):
    first, second = calls(mekiki, before, text)
    assert (second.tool, second.arguments()) == (first.tool, {**first.arguments(), "users": users})
