from pathlib import Path

import pytest

from assistant.errors import CatalogError
from knowledge.glossary import load_glossary

GOOD = 'ja = "量子化"\nen = "quantization"\ndefinition_ja = "小さくする。"\ndefinition_en = "Makes it smaller."\n'


def write(folder: Path, *entries: str) -> Path:
    path = folder / "glossary.toml"
    path.write_text("".join(f"[[term]]\n{entry}\n" for entry in entries), encoding="utf-8")
    return path


def test_every_term_has_both_names_and_one_line_definitions() -> None:
    for term in load_glossary():
        for language in ("ja", "en"):
            definition = term.definition[language]
            assert "\n" not in definition, term.en
            assert definition.endswith(("。", ".")), term.en
        assert term.definition["ja"] != term.definition["en"], term.en


def test_there_are_terms_enough_to_search_by() -> None:
    assert len(load_glossary()) >= 400


MET = """
KV cache|GQA|MLA|MoE|active parameters|TTFT|speculative decoding|imatrix|GGUF|safetensors|AWQ|GPTQ|EXL2|MXFP4|NVFP4
LoRA|QLoRA|DoRA|DPO|GRPO|RLHF|RoPE|YaRN|context rot|needle in a haystack|SWE-bench|GPQA|MCP|agent|RAG|embedding|reranker
tokenizer|HBM|NVLink|PCIe|MIG|TDP|PUE|top-k|min-p|latency|jailbreak|JMTEB|JGLUE|Nejumi|ELYZA-tasks-100|Apache 2.0
OpenRAIL|コンテキスト長|量子化|蒸留|幻覚|投機的デコード|回転位置埋め込み|合成データ|脱獄|検索拡張生成|推論モデル|商用利用
"""


@pytest.mark.parametrize("name", MET.strip().replace("\n", "|").split("|"))
def test_a_term_people_meet_is_there(name: str) -> None:
    spellings = {one.casefold() for term in load_glossary() for one in (term.ja, term.en, *term.aliases)}
    assert name.casefold() in spellings


def test_definitions_are_one_short_sentence_or_two() -> None:
    for term in load_glossary():
        assert len(term.definition["ja"]) <= 90 and len(term.definition["en"]) <= 170, term.en


def test_terms_are_ordered_by_english_name() -> None:
    names = [term.en.casefold() for term in load_glossary()]
    assert names == sorted(names)


def test_no_spelling_leads_to_two_terms() -> None:
    owners: dict[str, str] = {}
    for term in load_glossary():
        for spelling in {term.ja.casefold(), term.en.casefold(), *(alias.casefold() for alias in term.aliases)}:
            assert owners.setdefault(spelling, term.en) == term.en, spelling


def test_a_term_is_read_as_written(tmp_path: Path) -> None:
    (term,) = load_glossary(write(tmp_path, GOOD + 'aliases = ["quant"]'))
    assert (term.ja, term.en, term.aliases) == ("量子化", "quantization", ("quant",))
    assert term.definition == {"ja": "小さくする。", "en": "Makes it smaller."}


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        ('ja = "量子化"\nen = "quantization"\ndefinition_ja = "小さくする。"', "quantization.definition_en"),
        (GOOD + 'aliases = "quant"', "quantization.aliases"),
        (GOOD + 'colour = "red"', "quantization"),
    ],
)
def test_a_malformed_term_names_file_and_field(tmp_path: Path, entry: str, field: str) -> None:
    path = write(tmp_path, entry)
    with pytest.raises(CatalogError) as caught:
        load_glossary(path)
    assert str(path) in str(caught.value)
    assert caught.value.values["field"] == field


def test_a_repeated_term_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="each term once"):
        load_glossary(write(tmp_path, GOOD, GOOD))
