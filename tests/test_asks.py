"""What of an answer a question is after: properties, figures, follow-ups, other tasks; and that it is told first."""

import pytest

from assistant.calls import Compare, FinetuneMemory, Fit, Hardware, parse_call
from assistant.commands.options import option
from assistant.events import Conversation
from assistant.memory.report import gib
from assistant.reader.asks import asks_mekiki, fears_for_data, searched_for
from assistant.reader.marking import mark
from assistant.reader.read import Reader
from assistant.reader.second_task import listed_with
from assistant.reader.text import clean
from assistant.stated.values import with_memory_in_use
from assistant.toolbox import Toolbox
from assistant.tools import run
from assistant.writer.write import draft
from knowledge.catalog import load_catalog


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(load_catalog())


@pytest.fixture(scope="module")
def box() -> Toolbox:
    return Toolbox(load_catalog())


def told(box, reader, question: str) -> str:
    """Return the first paragraph of the answer to a question."""
    reading = reader.read(question)
    return draft(reading.call.tool, run(box, reading.call, reading.language), reading.language).verdict


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("does pixtral 12b accept screenshots?", "reads text and images"),
        ("Qwen3 4Bは写真を見られますか", "対応していません"),
        ("can llama 3.1 70b use function calling", "supports tool calling"),
        ("Qwen3 32Bはツール呼び出しに対応してる？", "ツール呼び出しが使えます"),
        ("knowledge cutoff of Gemma 3 27B?", "does not hold the knowledge cutoff"),
        ("GPT-5の最大出力トークン数は？", "最大出力トークン数は、カタログにありません"),
        ("is Gemma 4 31B a thinking model?", "can think before it answers"),
        ("Qwen3 14Bに思考モードはある？", "思考モードがあります"),
        ("does Gemma 3 27B have a reasoning mode", "without a thinking mode"),
        ("who developed Qwen3 14B?", "Alibaba"),
        ("how many layers does llama 3.1 8b have", "32 layers"),
        ("does Llama 3.1 8B speak Thai?", "Thai is among the languages"),
        ("gpqa of qwen3 32b?", "GPQA"),
    ],
)
def test_a_property_is_told_first(box, reader, question, first):
    verdict = told(box, reader, question)
    assert first in verdict and "context length" not in verdict


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("how many people can qwen3 8b serve at once on a 4090 with 4k each", "users at once"),
        ("RTX 4090でQwen3 8Bを4kずつ、何人まで使える？", "人まで使えます"),
        ("max context of llama 3.1 8b on an RTX 3090", "context of"),
        ("which quant of qwen3 32b fits in 24gb", "is the best quantisation of Qwen3 32B"),
        ("how big is the gguf file of qwen3 14b q4", "file of Qwen3 14B is"),
        ("how fast is qwen3 8b on an RTX 3090", "tokens/s** are expected"),
        ("what context can qwen3 8b reach on an RTX 3090", "context of"),
        ("how long would it take qwen3 8b to write an essay on an RTX 3090", "tokens/s** are expected"),
        ("how many 4090s for llama 3.3 70b q4", "2x RTX 4090"),
        ("how many a100 80gb to full fine-tune llama 3.1 70b", "x A100 80GB** share"),
    ],
)
def test_a_figure_is_told_first(box, reader, question, first):
    assert first in told(box, reader, question)


def test_a_cache_at_a_precision_is_the_caches(box, reader):
    reading = reader.read("kv cache of llama 3.1 8b at 16k fp16")
    assert reading.call.arguments() == {"model": "llama-3.1-8b-instruct", "context_tokens": 16000, "kv_type": "f16"}
    assert "KV cache takes 2.0 GiB" in told(box, reader, "kv cache of llama 3.1 8b at 16k fp16")  # 16,128 x 128 KiB


def test_what_is_asked_for_is_no_argument(reader):
    call = reader.read("does pixtral 12b accept screenshots?").call
    assert call.asks == ("images",) and set(call.arguments()) == {"model"}
    assert call.with_arguments({"model": "qwen3-8b"}).asks == ("images",)


def test_a_no_names_the_smaller_file_that_fits(box):
    hardware = Hardware(vram_gb=24)
    call = parse_call("fit", {"model": "llama-3.3-70b-instruct", "hardware": {"vram_gb": 24}})
    result = run(box, call, "en")
    assert draft("fit", result, "en").verdict.startswith("**No as Q4_K_M, but IQ2_XS fits (")
    assert "IQ2_XS（" in draft("fit", result, "ja").verdict
    stated = run(box, parse_call("fit", {**call.arguments(), "quant": "Q4_K_M"}), "en")
    assert draft("fit", stated, "en").verdict.startswith("**No, it does not fit.**")
    assert Fit(model="x", hardware=hardware).hardware == hardware


def test_japanese_verdicts_fit_negative_questions_too(box):
    call = parse_call("fit", {"model": "qwen3-8b", "hardware": {"gpu": "RTX 4060"}})
    assert draft("fit", run(box, call, "ja"), "ja").verdict.startswith("**収まります。**")


@pytest.mark.parametrize(
    ("question", "smaller"), [("something lighter", True), ("もう少し小さいのは？", True), ("faster?", False)]
)
def test_a_smaller_one_is_smaller_than_the_pick(reader, question, smaller):
    conversation = Conversation(
        call=parse_call("recommend", {"task": "chat", "hardware": {"gpu": "RTX 3090"}}), picks=[{"parameters_b": 32.0}]
    )
    found = reader.read(question, conversation).call.arguments().get("max_params_b")
    assert found == (24.0 if smaller else None)  # 0.75 x 32


@pytest.mark.parametrize(
    ("question", "field", "asks"),
    [
        ("and what's its licence?", "licence", ()),
        ("コンテキスト長は？", "context", ()),
        ("can it also read images?", None, ("images",)),
        ("画像も読める？", None, ("images",)),
    ],
)
def test_a_property_after_a_choice_is_the_first_picks(reader, question, field, asks):
    conversation = Conversation(call=parse_call("recommend", {"task": "chat", "hardware": {"gpu": "RTX 3090"}}))
    call = reader.read(question, conversation).call
    assert (call.tool, call.arguments().get("model"), call.arguments().get("field")) == ("model_info", "@1", field)
    assert call.asks == asks


def test_a_wish_after_a_choice_stays_a_choice(reader):
    conversation = Conversation(call=parse_call("recommend", {"task": "chat", "hardware": {"gpu": "RTX 3090"}}))
    assert reader.read("画像も読めるのがいい", conversation).call.tool == "recommend"


@pytest.mark.parametrize(
    ("language", "question"), [("en", "which needs less memory?"), ("ja", "メモリが少ないのはどっち？")]
)
def test_a_comparison_answers_which_is_lighter(box, reader, language, question):
    before = parse_call("compare", {"models": ["qwen3-14b", "qwen3-4b"]})
    call = reader.read(question, Conversation(call=before)).call
    assert (call.tool, call.arguments()["models"], call.asks) == ("compare", ["qwen3-14b", "qwen3-4b"], ("memory",))
    assert "**Qwen3 4B**" in draft("compare", run(box, call, language), language).verdict
    assert Compare(models=["qwen3-14b"]).models == ["qwen3-14b"] and FinetuneMemory().model is None


@pytest.mark.parametrize(
    ("text", "tasks"),
    [
        ("要約と翻訳とコーディング全部", ["summarization", "translation", "coding"]),
        ("summarize and translate mails", ["summarization", "translation"]),
        ("a model to summarize mails", []),
        ("要約用。社内文書は日本語です", []),
    ],
)
def test_tasks_listed_together_are_found(text, tasks):
    assert listed_with("summarization", text) == tasks


def test_the_task_left_aside_is_named(reader):
    notes = [note["en"] for note in reader.read("要約と翻訳に使えるモデルは？").notes]
    assert any("was not weighed" in note for note in notes)  # either of the two is read


@pytest.mark.parametrize(
    ("question", "about"),
    [
        ("who are you?", "can"),
        ("使い方を教えて", "can"),
        ("how reliable are your numbers", "rests"),
        ("what are you wearing", None),
    ],
)
def test_questions_about_mekiki_are_known(question, about):
    assert asks_mekiki(mark(clean(question), [])) == about


def test_data_given_to_a_service_is_a_matter_of_privacy(reader):
    call = reader.read("社外秘の資料をChatGPTに入れても大丈夫？").call
    assert call.tool == "explain" and call.arguments()["query"] == "社外秘の資料をクラウドのAPIに入れても大丈夫?"
    other = mark(clean("does ChatGPT support images?"), [])
    assert not fears_for_data(other) and searched_for(other, "as written", "en") == "as written"


def test_what_whole_layers_leave_unused_is_told_and_each_remedy_fits(box):
    hardware = {"gpu": "RTX 3090", "gpu_count": 2}
    values = {"model": "llama-3.3-70b-instruct", "quant": "Q4_K_M", "context_tokens": 16_000, "hardware": hardware}
    result = run(box, parse_call("fit", values), "en")
    assert not result["fits"] and any("stay unused" in note["en"] for note in result["notes"])
    remedies = [row for row in result["changes"] if row["fits"] and row["change"] not in ("card", "ram")]
    assert remedies and all(row["total_mib"] <= row["available_mib"] for row in remedies)


def test_users_are_part_of_what_is_needed(box):
    result = run(box, parse_call("fit", {"model": "qwen3-8b", "users": 20, "context_tokens": 2_000}), "en")
    assert "for 20 users at once with a context of 2,000 tokens each" in draft("fit", result, "en").verdict


def test_less_than_a_tenth_of_a_gibibyte_is_told_in_mebibytes():
    assert (gib(30 * 2**20), gib(1), gib(2**30)) == ("30 MiB", "1 MiB", "1.0 GiB")


def test_errors_name_the_option_as_typed():
    names = [option(one) for one in ("hardware.vram_gb", "context_tokens", "languages.0", "usage.input_tokens")]
    assert names == ["--vram-gb", "--context", "--languages", "--tokens-per-month"]


CHOICE = parse_call("recommend", {"task": "writing", "hardware": {"gpu": "RTX 3080"}, "hosting": "local"})
VERDICT = parse_call("fit", {"model": "qwen3-8b", "hardware": {"vram_gb": 12}})


@pytest.mark.parametrize(
    ("call", "question", "model"),
    [
        (CHOICE, "and how fast is that one?", "@1"),
        (CHOICE, "速度はどのくらい?", "@1"),
        (VERDICT, "speed?", "qwen3-8b"),
        (VERDICT, "how big is the kv cache there?", "qwen3-8b"),
        (VERDICT, "何人まで同時に使える?", "qwen3-8b"),
    ],
)
def test_a_figure_asked_for_after_an_answer_is_of_its_model(reader, call, question, model):
    found = reader.read(question, Conversation(call=call)).call
    assert (found.tool, found.arguments()["model"]) == ("fit", model)


@pytest.mark.parametrize("question", ["any other models?", "ほかの候補は?", "show more please"])
def test_more_of_a_choice_is_the_same_choice_with_more(reader, question):
    found = reader.read(question, Conversation(call=CHOICE)).call
    assert found.arguments() == CHOICE.arguments() | {"count": 6}


@pytest.mark.parametrize(
    ("hardware", "question", "left"),
    [
        ({"gpu": "RTX 3090"}, "a 3090, but 5 gb are taken by the desktop", {"gpu": "RTX 3090", "vram_gb": 19}),
        ({"gpu": "RTX 3090", "vram_gb": 5}, "a 3090, 5 GB of it in use", {"gpu": "RTX 3090", "vram_gb": 19}),
        ({"vram_gb": 12}, "VRAM 12GBのうち2GBは画面表示に使われています", {"vram_gb": 10}),
        ({"gpu": None, "ram_gb": 32}, "32 GB RAM, 12 GB already used by the database", {"gpu": None, "ram_gb": 20}),
        ({"gpu": "RTX 3090", "gpu_count": 2}, "two 3090s, 5 gb are taken", {"gpu": "RTX 3090", "gpu_count": 2}),
        ({"vram_gb": 24}, "24GBを使っています", {"vram_gb": 24}),
    ],
)
def test_memory_that_others_use_is_taken_off(hardware, question, left):
    call, notes = with_memory_in_use(parse_call("recommend", {"hardware": hardware}), question, load_catalog())
    assert call.arguments()["hardware"] == left
    assert bool(notes) == (left != hardware)
