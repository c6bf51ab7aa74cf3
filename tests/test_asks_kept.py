"""What a question is after stays when its call is completed by what it states: a Mac, a processor, RAM."""

import pytest

from assistant.calls import Hardware
from assistant.chat import Assistant
from assistant.settings import Settings
from assistant.stated.machines import on_machine
from assistant.tools import run
from tests.reading import calls


@pytest.fixture(scope="module")
def mekiki(tmp_path_factory):
    return Assistant(Settings(data=tmp_path_factory.mktemp("data")), use_machine=False)


@pytest.mark.parametrize(
    "question",
    ["how fast is Qwen3 32B on a Mac Studio with 64GB?", "Qwen3 8Bは毎秒何トークン出る？ DDR5-5600のCPUのみ",
     "Llama 3.3 70BをMac Studio 128GBで動かすと何トークン？"],
)  # fmt: skip
def test_a_speed_is_told_first_on_a_computer_that_is_named(mekiki, question):
    call = calls(mekiki, question)[-1]
    assert "speed" in on_machine(call, question, [], mekiki.catalog).call.asks


def test_a_speed_without_a_gpu_is_told_with_the_ram_that_holds_the_model(mekiki):
    question = "how many tokens per second does Qwen3 32B get on CPU only?"
    result = run(mekiki.toolbox(), calls(mekiki, question)[-1], "en")
    assert result["fits"] and result["tokens_per_second"]
    assert "32 GB are taken" in result["notes"][0]["en"]


def test_whether_it_fits_is_not_answered_with_more_ram_than_is_assumed(mekiki):
    call = calls(mekiki, "does Qwen3 32B run without a GPU?")[-1]
    assert call.args.hardware == Hardware(gpu=None)
    assert run(mekiki.toolbox(), call, "en")["fits"] is False
