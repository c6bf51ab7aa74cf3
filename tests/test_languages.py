"""Languages: each that a model lists or a question may name has a name, and publishers' lists reach the entries."""

import tomllib
from pathlib import Path

from knowledge.catalog import load_catalog
from knowledge.languages import language_name

ROOT = Path(__file__).parent.parent


def test_every_listed_language_and_every_one_that_is_understood_has_a_name_in_both_languages():
    listed = {code for model in load_catalog().models.values() for code in model.languages}
    lexicon = tomllib.loads((ROOT / "assistant/reader/lexicon.toml").read_text(encoding="utf-8"))
    wanted = listed | set(lexicon["languages"])
    assert [code for code in sorted(wanted) if code in (language_name("en", code), language_name("ja", code))] == []
    assert (language_name("en", "tr"), language_name("ja", "tr")) == ("Turkish", "トルコ語")
    assert language_name("en", "xx") == "xx"


def test_what_publishers_list_stands_in_the_entries_with_its_source():
    models = load_catalog().models
    assert {"tr", "pl", "uk", "nl", "th", "vi"} <= set(models["qwen3-32b"].languages)
    assert models["qwen3-32b"].sourced["languages"] == "hand"
    assert len(models["aya-expanse-8b"].languages) == 23
    assert models["whisper-base.en"].languages == ("en",)


def test_the_publishers_lists_are_sorted_codes_without_doubles():
    rules = tomllib.loads((ROOT / "knowledge/importer/languages.toml").read_text(encoding="utf-8"))["rule"]
    for one in rules:
        codes = one["languages"].split()
        assert codes == sorted(set(codes)), one["match"]
