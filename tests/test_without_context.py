"""Models that hold no tokens (speech, images, small embedders): no sentence about their memory speaks of a context."""

import re

import pytest

from assistant.calls import parse_call
from assistant.toolbox import Toolbox
from assistant.tools import run
from assistant.writer.write import draft
from knowledge.catalog import load_catalog

BOX = Toolbox(load_catalog())
WORDS = {"en": re.compile("context|tokens"), "ja": re.compile("コンテキスト|トークン")}


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("model", ["whisper-large-v3", "flux.1-dev", "bge-m3"])
@pytest.mark.parametrize("hardware", [None, {"vram_gb": 16}, {"vram_gb": 1}])
def test_no_context_is_named(model, hardware, language):
    # of the folded commands, those of runtimes have settings with such names
    arguments = {"model": model} | ({"hardware": hardware} if hardware else {})
    answer = draft("fit", run(BOX, parse_call("fit", arguments), language), language)
    assert not WORDS[language].search(answer.text(details=hardware is None))
    assert not any("32k" in question for question in answer.next_questions)


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("task", ["speech", "image"])
def test_a_choice_names_none_where_its_pick_has_none(task, language):
    call = parse_call("recommend", {"task": task, "hardware": {"vram_gb": 8}})
    result = run(BOX, call, language)
    answer = draft("recommend", result, language)
    without = [pick for pick in result["picks"] if not pick["fit"]["kv_cache_mib"]]
    assert without
    if result["picks"][0] in without:
        assert not WORDS[language].search(answer.verdict)
        assert not any("32k" in question for question in answer.next_questions)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_language_models_still_name_it(language):
    for model in ("qwen3-8b", "qwen3-embedding-8b"):
        answer = draft("fit", run(BOX, parse_call("fit", {"model": model}), language), language)
        assert WORDS[language].search(answer.verdict)
