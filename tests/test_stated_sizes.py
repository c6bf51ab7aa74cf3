"""Bare sizes that are compared: read with their quantisations, answered by the best model of each and what it takes."""

import pytest

from assistant.calls import Compare, Hardware
from assistant.chat import Assistant
from assistant.choosing.sizes_compared import compare_sizes, sizes_of
from assistant.settings import Settings
from assistant.stated.sizes import compared_sizes
from assistant.toolbox import Toolbox
from assistant.writer.write import draft
from knowledge.catalog import load_catalog
from tests.reading import calls, marked

CATALOG = load_catalog()


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("3B or 8B on a GTX 1660?", ("3B", "8B")),
        ("34BのQ3か14BのQ6、16GBならどっち", ("34B Q3", "14B Q6")),
        ("which is better, an 8-bit 7B or a 4-bit 14B?", ("7B Q8", "14B Q4")),
        ("is a 32b worth it over a 14b?", ("32B", "14B")),
        ("RTX 3080で8Bと14B、どちらがいい？", ("8B", "14B")),
        ("7Bと70Bの違いは？", ()),
        ("why is a 70B better than a 7B?", ()),
        ("Qwen3 8B or Qwen3 14B?", ()),
        ("a model of 7B to 14B for a 3060", ()),
    ],
)
def test_sizes_are_read_with_their_quantisations(text, sizes):
    assert compared_sizes(marked(text)) == sizes


def test_a_question_of_sizes_is_a_comparison_on_its_machine(tmp_path):
    mekiki = Assistant(Settings(data=tmp_path), use_machine=False)
    call = calls(mekiki, "4060で8Bと14Bどっち")[-1]
    assert call.tool == "compare"
    assert call.arguments() == {"models": ["8B", "14B"], "hardware": {"gpu": "RTX 4060"}}


def test_the_larger_size_is_taken_where_its_best_model_is_abler():
    box = Toolbox(CATALOG, None)
    rows = sizes_of(["14B", "3B"])
    result = compare_sizes(box, rows, Compare(models=["14B", "3B"], hardware=Hardware(gpu="RTX 3060")))
    small, large = result["sizes"]
    assert (small["model"], large["model"]) == ("3B", "14B")
    assert small["fit"]["fits"] and large["fit"]["fits"]
    assert large["best"]["score"] > small["best"]["score"] + 2
    said = draft("compare", result, "en")
    assert "**take 14B**" in said.verdict and large["best"]["model"] in said.body
    assert all(one["best"]["model"] in {source.heading for source in said.sources} for one in (small, large))
    assert "14B を選びます" in draft("compare", result, "ja").verdict


def test_a_coarse_quantisation_is_told_and_a_size_that_brings_nothing_is_not_taken():
    box = Toolbox(CATALOG, None)
    args = Compare(models=["70B Q2", "32B Q4"], hardware=Hardware(vram_gb=24))
    said = draft("compare", compare_sizes(box, sizes_of(["70B Q2", "32B Q4"]), args), "en")
    assert "**32B is enough**" in said.verdict
    assert said.lead[0].startswith("70B: quantised this coarsely")


def test_other_names_are_no_sizes():
    assert sizes_of(["qwen3-8b", "14B"]) is None
