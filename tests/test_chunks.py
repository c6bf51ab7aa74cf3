import pytest

from index import chunks as chunking
from index.chunks import MAX_UNITS, TARGET_UNITS, language, split, units
from index.documents import read_bytes
from index.formats.text import read_markdown
from tests.index_fakes import pdf


def chunks(text, name="quantization.md"):
    return split(read_bytes(text.encode(), ".md"), name)


def test_ids_come_from_headings_and_stay_when_other_sections_change():
    before = chunks("# 量子化\n\n前置き。\n\n## K-quants\n\nいちばん使われます。\n\n## AWQ & GPTQ\n\nGPU向け。")
    after = chunks(
        "# 量子化\n\n前置き。\n\n## 新しい節\n\n追加。\n\n## K-quants\n\n書き直し。\n\n## AWQ & GPTQ\n\nGPU向け。"
    )
    assert [one.anchor for one in before] == ["量子化", "k-quants", "awq-gptq"]
    assert [one.anchor for one in after] == ["量子化", "新しい節", "k-quants", "awq-gptq"]


def test_heading_path_is_kept():
    found = chunks("# A\n\n## B\n\n### C\n\ntext\n\n## D\n\nmore")
    assert [one.heading for one in found] == ["A > B > C", "A > D"]


def test_a_heading_with_nothing_below_is_text():
    notice = "# Clean-up\n\nAs every year.\n\n## Date: 6 July\n\n## Place: the park\n\n## Fee: none\n\nSee you there."
    assert [(one.heading, one.text) for one in chunks(notice)] == [
        ("Clean-up", "As every year.\n\nDate: 6 July\n\nPlace: the park\n\nFee: none\n\nSee you there.")
    ]
    one = chunks("# A\n\n## B\n\ntext\n\n### C\n\n## D\n\nmore\n\n## E")
    assert [(part.heading, part.text) for part in one] == [
        ("A > B", "text\n\nC"), ("A > D", "more"), ("A", "E")
    ]  # fmt: skip


def test_two_sections_of_one_name_have_two_ids():
    assert [one.anchor for one in chunks("## 例\n\n一。\n\n## 例\n\n二。")] == ["例", "例-2"]


def test_no_two_passages_have_one_id():
    for text in (
        "# Step\n\na\n\n# Step\n\nb\n\n# Step 2\n\nc",
        "intro\n\n# 1\n\none\n\n# 2\n\ntwo",
        "# 例-2\n\na\n\n# 例\n\nb\n\n# 例\n\nc",
    ):
        anchors = [one.anchor for one in chunks(text)]
        assert len(anchors) == 3 and len(set(anchors)) == 3


def test_front_matter_is_searched_but_not_shown():
    found = chunks(
        "---\ntitle: 題\nsummary: 要約文\nquestions:\n  - KVは何\n  - AWQは何\n---\n## KV\n\nKVの説明。"
        "\n\n## AWQ\n\nAWQの説明。"
    )
    assert "要約文" not in " ".join(one.text for one in found)
    assert [("KVは何" in one.extra, "AWQは何" in one.extra) for one in found] == [(True, False), (False, True)]
    assert all("要約文" in one.extra and "quantization" in one.extra for one in found)


def test_long_japanese_is_cut_at_sentence_ends():
    sentence = "量子化とは重みを少ないビット数で保存することです。"
    found = chunks("## 節\n\n" + sentence * 60)
    assert len(found) > 2
    assert all(one.text.endswith("。") and units(one.text) <= MAX_UNITS for one in found)
    assert "".join(one.text for one in found) == sentence * 60


def test_quoted_sentence_end_stays_with_its_bracket():
    text = "彼は「終わり。」と言いました。" * 40
    assert all(not one.text.startswith("」") for one in chunks(text))


def test_table_stays_whole_or_repeats_its_header():
    small = "| 名前 | GB |\n|---|---|\n" + "| a | 1 |\n" * 10
    assert len(chunks(small)) == 1
    large = chunks("| 名前 | GB |\n|---|---|\n" + "".join(f"| モデル{n} | {n} |\n" for n in range(200)))
    assert len(large) > 1 and all(one.text.startswith("| 名前 | GB |\n|---|---|\n") for one in large)


def test_code_is_cut_at_lines_only():
    lines = [f"value_{n} = compute({n})" for n in range(200)]
    found = chunks("```\n" + "\n".join(lines) + "\n```")
    assert [line for one in found for line in one.text.split("\n")] == lines


def test_text_without_any_sentence_end_is_still_bounded():
    for text in ("あ" * 5_000, "x" * 20_000, "語、" * 3_000):
        found = chunks(text)
        assert "".join(one.text for one in found) == text
        assert max(units(one.text) for one in found) <= MAX_UNITS


def test_units():
    assert units("日本語") == 3 and units("abcd") == 1.4 and TARGET_UNITS < MAX_UNITS


def test_language():
    assert [language(one) for one in ("これはVRAMです", "English text", "量子化", "123", "GPU の VRAM を見る")] == [
        "ja", "en", "ja", "", "ja",
    ]  # fmt: skip


def test_page_numbers_are_kept():
    pages = [f"Page {n} " + "word " * 60 for n in (1, 2)]
    found = split(read_bytes(pdf(pages), ".pdf"), "a.pdf")
    assert [one.place for one in found] == ["p. 1", "p. 2"]


def test_each_part_of_a_csv_says_in_which_line_its_first_row_is():
    rows = [f"N-{n},{'x' * 200}" for n in range(2, 30)]  # one row a line, too long for one part
    rows[9] = ""  # line 11 is blank
    chunks = split(read_bytes("\n".join(["code,text", *rows]).encode(), ".csv"), "list.csv")
    starts = [(chunk.text.split(" | ")[0], chunk.place) for chunk in chunks]
    assert len(starts) > 2
    assert all(place == f"l. {code.removeprefix('code: N-')}" for code, place in starts)


def test_a_long_numbered_list_is_cut_between_its_items():
    items = [f"{n}. Rule {n}. " + "Boats are tied up with two ropes before dark. " * 4 for n in range(1, 9)]
    chunks = split(read_markdown("# Harbour\n\n" + "\n".join(items)), "harbour.md")
    assert len(chunks) > 1
    lines = [line for chunk in chunks for line in chunk.text.split("\n")]
    assert [line.split(" ")[0] for line in lines] == [f"{n}." for n in range(1, 9)]


@pytest.mark.parametrize("word", ["日本語 ", "日本語", "word ", "(1,'東京'),"])
def test_a_text_without_sentence_ends_is_looked_through_a_few_times_only(monkeypatch, word):
    looked_at = 0
    count = chunking._wide

    def counted(text):
        nonlocal looked_at
        looked_at += len(text)
        return count(text)

    monkeypatch.setattr(chunking, "_wide", counted)
    text = word * 50_000
    pieces = chunking._hard_cut(text)
    assert "".join(pieces) == text
    assert all(units(one) <= MAX_UNITS for one in pieces)
    assert looked_at < 8 * len(text)
