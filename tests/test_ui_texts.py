"""The page's sentences: both languages have the same ones, each that the code names exists, none is left over."""

import ast
import re
import string
from pathlib import Path
from typing import get_args

import pytest

import ui
from assistant.calls import ARGUMENTS, NESTED, TASKS, TOOLS, Hosting, InfoField, Method, Priority, VariantWish
from assistant.memory.report import Basis, Bottleneck, Placement
from index.types import FileStatus
from ui.words import LANGUAGES, has, label, say

FOLDER = Path(ui.__file__).parent
SOURCE = {path.name: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.py"))}


def named() -> tuple[set[str], set[str]]:
    """Keys that the code names whole, and beginnings of keys that it completes."""
    whole: set[str] = set()
    beginnings: set[str] = set()
    for source in SOURCE.values():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                if re.fullmatch(r"[a-z]+(\.[a-z_0-9]+)+(?<!\.js)(?<!\.css)(?<!\.svg)", node.value):
                    whole.add(node.value)
            elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                start = str(node.values[0].value)
                if re.fullmatch(r"[a-z]+\.[a-z_.]*", start):
                    beginnings.add(start)
    return whole, beginnings


def test_both_languages_have_the_same_keys_and_placeholders():
    ja, en = (say.table(language) for language in LANGUAGES)
    assert sorted(ja) == sorted(en)
    for key in ja:
        places = [{name for _, name, _, _ in string.Formatter().parse(table[key]) if name} for table in (ja, en)]
        assert places[0] == places[1], key


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_empty_and_japanese_is_japanese(language):
    table = say.table(language)
    assert all(text.strip() for text in table.values())
    if language == "en":
        foreign = [key for key, text in table.items() if re.search(r"[\u3040-\u30ff]", text)]
        assert foreign == ["page.title"]  # it carries the name, 目利き


def test_every_key_that_the_code_names_exists():
    whole, beginnings = named()
    table = say.table("ja")
    sections = {key.split(".")[0] for key in table}
    missing = [key for key in whole if key.split(".")[0] in sections and key not in table]
    assert missing == []
    assert [start for start in beginnings if not any(key.startswith(start) for key in table)] == []


def test_no_key_is_left_over():
    whole, beginnings = named()
    source = "".join(SOURCE.values())
    unused = [
        key
        for key in say.table("ja")
        if key not in whole and not any(key.startswith(start) for start in beginnings) and f'"{key}"' not in source
    ]
    assert unused == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_tool_argument_value_state_and_placement_has_words(language):
    keys = [f"tool.{tool}" for tool in TOOLS]
    keys += [f"value.task.{one}" for one in TASKS]
    for name, kind in (("hosting", Hosting), ("variant", VariantWish), ("priority", Priority), ("method", Method)):
        keys += [f"value.{name}.{one}" for one in get_args(kind)]
    keys += [f"value.field.{one}" for one in get_args(InfoField)]
    keys += [f"state.{one}" for one in get_args(FileStatus.__annotations__["state"])]
    keys += [f"place.{one}" for one in get_args(Placement)] + [f"basis.{one}" for one in get_args(Basis)]
    keys += [f"value.bottleneck.{one}" for one in get_args(Bottleneck)]
    for model in (*ARGUMENTS.values(), *NESTED.values()):
        keys += [f"arg.{name}" for name in model.model_fields]
    assert [key for key in keys if not has(language, key)] == []
    assert label(language, "hardware.vram_gb") == say(language, "arg.vram_gb")
