"""`model_info`: each property with where it was read and when; unknown is said as unknown."""

from typing import get_args

import pytest

from assistant.calls import InfoField, ModelInfo
from assistant.sentences import licence_name
from assistant.toolbox import Toolbox
from assistant.tools import model_info
from assistant.writer.facts import information
from knowledge.schema import Price
from tests.small_catalog import SOURCE, api, catalog, model

READ = [{"ref": SOURCE.ref, "date": "2026-01-01"}]
FIELDS = get_args(InfoField)


@pytest.fixture(scope="module")
def box():
    full = model(
        "full-7b", 7, 50.0, price=Price("lab", 0.1, 0.4, None, "test"),
        sourced=dict.fromkeys(
            ("licence", "context_tokens", "parameters", "released", "languages"), "test"
        ),
    )  # fmt: skip
    bare = model("bare-x", None, released=None, context_tokens=None, languages=(), architecture=None)
    return Toolbox(catalog(full, bare))


def ask(box, name, field, language="en"):
    result = model_info(box, ModelInfo(model=name, field=field), language)
    return result, information(result, language).text()


@pytest.mark.parametrize("field", FIELDS)
def test_each_property_is_told_with_source_and_date(box, field):
    result, text = ask(box, "full-7b", field)
    assert result["sourced"][field] == READ and result[field]
    assert SOURCE.ref in text and "2026-01-01" in text


@pytest.mark.parametrize("field", [one for one in FIELDS if one not in ("licence", "price")])
def test_what_is_unknown_is_said_to_be_unknown(box, field):
    assert "unknown" in ask(box, "bare-x", field)[1]
    assert "不明" in ask(box, "bare-x", field, "ja")[1]


def test_a_licence_answers_whether_commercial_use_is_allowed(box):
    assert ask(box, "full-7b", "licence", "ja")[1].startswith("Full 7B のライセンスは **")
    assert "で、**商用利用できます**[1]。" in ask(box, "full-7b", "licence", "ja")[1]
    assert "**allows commercial use**[1]." in ask(box, "full-7b", "licence")[1]


def test_what_runs_on_no_machine_is_not_asked_whether_it_does():
    closed = Toolbox(catalog(api("cloud-x", 50.0, 2.0)))
    draft = information(model_info(closed, ModelInfo(model="cloud-x", field="price"), "ja"), "ja")
    assert draft.next_questions == ("Cloud X のコンテキスト長は？", "Cloud X のライセンスは？")
    assert licence_name("ja", "Proprietary (API or service)") == "提供元の規約（API・サービス）"
    assert licence_name("ja", "MIT License") == "MIT License"


def test_a_licence_tells_when_its_terms_were_read(box):
    assert ask(box, "full-7b", "licence")[0]["licence"]["checked"] == "2026-01-01"


def test_open_weights_with_a_price_are_said_to_cost_no_fee_on_ones_own_machine(box):
    text = ask(box, "full-7b", "price", "ja")[1]
    assert text.startswith("手元で動かすぶんには、料金はかかりません。Full 7B の価格は lab で")


def test_open_weights_without_a_price_cost_no_fee(box):
    assert "no fee" in ask(box, "bare-x", "price")[1]


def test_scores_carry_value_unit_source_and_date(box):
    (row,) = ask(box, "full-7b", "benchmarks")[0]["benchmarks"]
    assert row == {
        "id": "general_test", "benchmark": "general_test", "value": 50.0, "unit": "percent", "source": SOURCE.ref,
        "date": "2026-01-01",
    }  # fmt: skip


def test_without_a_field_the_card_and_every_property_are_told(box):
    result, text = ask(box, "full-7b", None)
    assert set(FIELDS) <= set(result) and set(result["sourced"]) == set(FIELDS)
    assert text.startswith("What is known of **Full 7B** (Lab).")
