"""Every sentence exists in both languages, with the same values in it, and every key used in code exists."""

import re
import string
from pathlib import Path

import pytest

from assistant.sentences import count
from assistant.texts import Texts

ROOT = Path(__file__).parent.parent
ROOMS = {"assistant.texts": ROOT / "assistant", "ui.texts": ROOT / "ui"}


@pytest.mark.parametrize("package", ROOMS)
def test_both_languages_have_the_same_keys_and_values(package):
    texts = Texts(package)
    ja, en = texts.table("ja"), texts.table("en")
    assert set(ja) == set(en)
    for key in ja:
        fields = [{name for _, name, _, _ in string.Formatter().parse(table[key]) if name} for table in (ja, en)]
        assert fields[0] == fields[1], key


def test_every_literal_key_of_the_assistant_exists():
    table = Texts("assistant.texts").table("en")
    used = set()
    for path in (ROOT / "assistant").rglob("*.py"):
        code = path.read_text(encoding="utf-8")
        used |= set(re.findall(r'\bsay\(\s*\w+(?:\(\w+(?:\.\w+)?\)|\.\w+)?,\s*"([\w.]+)"', code))
        used |= set(re.findall(r'\bboth\("([\w.]+\w)"', code))
        used |= {f"doctor.{key}" for key in re.findall(r'\b_told\("([\w.]+)"', code)}
    assert len(used) > 60
    assert used <= set(table), used - set(table)


def test_japanese_sentences_are_japanese():
    ja = Texts("assistant.texts").table("ja")
    plain = {"stop", "why.conditions", "recommend.scored", "method.lora", "method.qlora", "memory.item", "memory.sum"}
    plain |= {"doctor.name.Python", "doctor.name.llama_cpp", "constraint.which", "compare.sized"}
    english = [key for key, text in ja.items() if not re.search(r"[\u3040-\u9fff]", text) and key not in plain]
    assert english == []


def test_a_device_and_its_particle_stand_together_in_japanese():
    assert [key for key, text in Texts("assistant.texts").table("ja").items() if "{device} で" in text] == []


def test_errors_have_both_languages():
    from assistant import errors

    model = errors.UnknownModel("qwen-8", ("qwen3-8b",))
    assert str(model).startswith("no model 'qwen-8' in the catalog; nearest: 'qwen3-8b'; `mekiki fit` also takes")
    assert model.text("ja").startswith(
        "カタログにモデル 'qwen-8' はありません。近い名前: 'qwen3-8b'。`mekiki fit` には"
    )
    assert "`mekiki catalog list`" in errors.UnknownModel("x").text("ja")
    argument = errors.BadArguments("users", 0, "1 or more", "1以上")
    assert str(argument) == "argument users: found 0, expected 1 or more"
    assert argument.text("ja") == "引数 users: 0 は使えません。必要な値: 1以上"


def test_names_prices_and_unnamed_cards_stand_in_sentences_as_people_write_them():
    from assistant.sentences import device_name, enumerate_names, rate

    assert [rate(usd) for usd in (0.7, 0.075, 10, 1_250.0)] == ["$0.70", "$0.075", "$10", "$1,250"]
    assert enumerate_names("en", ["a", "b", "c"]) == "a, b and c" and enumerate_names("en", ["a"]) == "a"
    assert enumerate_names("ja", ["a", "b", "c"]) == "a、b、c"
    assert device_name("en", "2x GPU 12 GB") == "2 GPUs with 12 GB each"
    with_articles = ["an RTX 3060", "a GTX 1080", "an M3 Max", "an Arc A770", "a Radeon RX 7900 XTX", "2x RTX 4090"]
    assert [device_name("en", name.removeprefix("an ").removeprefix("a ")) for name in with_articles] == with_articles
    assert device_name("en", "CPU") == "a computer without a GPU"
    assert device_name("ja", "GPU 7.5 GB") == "7.5 GBのGPU" and device_name("ja", "RTX 3060") == "RTX 3060"
    assert device_name("ja", "2x L40S") == "L40S 2枚" and device_name("ja", "2x GPU 12 GB") == "12 GBのGPU 2枚"
    assert device_name("ja", "RTX 4070 + 2x RTX 3060") == "RTX 4070 + RTX 3060 2枚"


@pytest.mark.parametrize(
    ("billions", "told"),
    [(0.033, "33M"), (0.4, "400M"), (0.494, "0.5B"), (0.6, "0.6B"), (8.19, "8.2B"), (1026, "1,026B")],
)
def test_small_models_are_counted_in_millions(billions, told):
    assert count(billions) == told
