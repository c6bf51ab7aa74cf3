"""Names in a question that only the person's own documents know."""

from tests.index_fakes import make_index


def test_a_name_that_no_guide_knows_is_the_documents_own(tmp_path):
    guides, own = tmp_path / "guides", tmp_path / "own"
    for folder, text in ((guides, "Qwen3 and Bedrock are known. Which one?"), (own, "Marlow runs Qwen3 in Arden-2.")):
        folder.mkdir()
        (folder / "a.md").write_text(text, encoding="utf-8")
    index = make_index(tmp_path / "data", own, guides=guides)
    index.sync()
    assert index.own_names("Which licence does Marlow have?") == ["Marlow"]
    assert index.own_names("Ｍａｒｌｏｗのライセンスは？") == ["Marlow"]
    for question in ("Does Qwen3 run on Bedrock?", "which one does marlow use", "Is Holloway there?", "QoS in Arden"):
        assert index.own_names(question) == (["Arden"] if "Arden" in question else [])
