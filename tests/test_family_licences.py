"""The licences of a family whose generations are licensed differently."""

import pytest

from assistant.calls import parse_call
from assistant.writer.draft import Draft
from assistant.writer.family_licences import other_licences, with_family_licences
from knowledge.catalog import load_catalog
from tests.reading import TABLES

CATALOG = load_catalog()


def body(question, field="licence", language="en"):
    span = next(one for one in TABLES.models.scan(question.casefold()))
    call = parse_call("model_info", {"model": span.value, "field": field})
    return with_family_licences(Draft(".", body="-"), call, question, CATALOG, TABLES, language).body


def test_the_bare_name_of_a_family_tells_the_licences_of_the_others():
    told = body("what licence has gemma?")
    assert told.startswith("Others of the family are licensed differently: Gemma 3")
    assert CATALOG.licences["gemma"].name in told
    assert "Gemma 4" not in told  # which is what the answer is about
    assert "ライセンスの違うもの" in body("llamaのライセンス", language="ja")


@pytest.mark.parametrize(
    ("question", "field"),
    [("gemma 3 licence", "licence"), ("phi licence", "licence"), ("gemma languages", "languages")],
)
def test_a_generation_one_licence_or_another_property_tells_none(question, field):
    assert body(question, field) == "-"


def test_no_licence_of_the_model_is_among_the_others():
    for name in ("gemma-4-e4b-it", "llama-3.1-8b-instruct", "deepseek-v4-pro"):
        model = CATALOG.models[name]
        rows = other_licences(model, CATALOG)
        assert rows
        assert CATALOG.licences[model.licence].name not in rows
        for licence, told in rows.items():
            members = [one for one in CATALOG.models.values() if one.name in told or one.family in told]
            known = [CATALOG.licences[one.licence].name for one in members if one.licence in CATALOG.licences]
            assert licence in known
