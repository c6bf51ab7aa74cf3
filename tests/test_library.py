"""The index over folders: built at the first search, brought up to date, rebuilt, watched and read by others."""

import json
import os
import shutil
import threading
import time
from types import SimpleNamespace

from index import state
from index.library import Index
from index.store import Store
from tests.index_fakes import DOCS, NO_CATALOG, WordHashes, found, make_index, pdf, script, stored, write


def test_first_search_builds_the_index(index):
    assert found(index, "printer floor") == ["notes.txt"]
    assert found(index, "商用利用のライセンス") == ["法務/licence.md"]
    assert index.status().generation == 1


def test_hits_lead_back_to_their_place(index):
    passage = index.search("K-quants mix block")[0].passage
    assert (passage.id, passage.heading, passage.place, passage.lang, passage.origin) == (
        "user:quant.md#k-quants", "Quantization > K-quants", "l. 7", "en", "user",
    )  # fmt: skip


def test_sync_without_changes_does_nothing(index):
    first = index.sync()
    again = index.sync()
    assert (first.added, first.rebuilt, first.passages) == (3, True, 4)
    assert (again.added, again.changed, again.removed, again.unchanged, again.embedded) == (0, 0, 0, 3, 0)
    assert again.generation == first.generation


def test_adds_edits_renames_and_deletes_are_followed(index, folder):
    index.sync()
    write(folder, {"new.md": "Espresso machines need descaling.", "notes.txt": "The printer moved to the cellar room."})
    (folder / "quant.md").rename(folder / "renamed.md")
    (folder / "法務/licence.md").unlink()
    report = index.sync()
    assert (report.added, report.changed, report.removed) == (2, 1, 2)
    assert found(index, "espresso descaling") == ["new.md"]
    assert found(index, "printer cellar") == ["notes.txt"]
    assert found(index, "third floor") == []
    assert set(found(index, "quantization weights bits")) == {"renamed.md"}
    assert found(index, "商用利用") == []
    assert sorted(stored(index)) == [
        "user:new.md#1", "user:notes.txt#1", "user:renamed.md#k-quants", "user:renamed.md#quantization",
    ]  # fmt: skip


def test_only_changed_passages_are_embedded(tmp_path, folder):
    embedder = WordHashes()
    index = make_index(tmp_path / "data", folder, embedder=embedder)
    index.sync()
    embedder.embedded.clear()
    (folder / "quant.md").rename(folder / "moved.md")
    write(folder, {"moved.md": DOCS["quant.md"].replace("mix block sizes", "mix sizes of blocks")})
    assert index.sync().embedded == 1
    assert embedder.embedded == ["Quantization > K-quants\nK-quants mix sizes of blocks."]


def test_a_touched_file_with_the_same_content_is_left_alone(tmp_path, folder):
    embedder = WordHashes()
    index = make_index(tmp_path / "data", folder, embedder=embedder)
    index.sync()
    embedder.embedded.clear()
    os.utime(folder / "notes.txt", (1, 1))
    assert index.sync().embedded == 0 and embedder.embedded == []


def test_an_edit_of_the_same_size_within_the_clocks_grain_is_seen(index, folder):
    index.sync()
    about = (folder / "notes.txt").stat()
    (folder / "notes.txt").write_text(DOCS["notes.txt"].replace("third", "fifth"), encoding="utf-8")
    os.utime(folder / "notes.txt", ns=(about.st_atime_ns, about.st_mtime_ns))
    index.sync()
    assert found(index, "fifth floor") == ["notes.txt"]


def test_every_file_is_listed_with_what_became_of_it(index, folder):
    (folder / "photo.png").write_bytes(b"\x89PNG")
    (folder / "scan.pdf").write_bytes(pdf(["", ""]))
    (folder / "empty.md").write_text("", encoding="utf-8")
    (folder / "broken.json").write_text("{", encoding="utf-8")
    (folder / "outside.md").symlink_to("/etc/hostname")
    (folder / ".hidden.md").write_text("hidden", encoding="utf-8")
    index.sync()
    listed = {one.file: one for one in index.status().files}
    states = {name: one.state for name, one in listed.items()}
    assert states == {
        "photo.png": "failed", "scan.pdf": "needs_ocr", "empty.md": "empty", "broken.json": "failed",
        "outside.md": "failed", "quant.md": "indexed", "notes.txt": "indexed", "法務/licence.md": "indexed",
    }  # fmt: skip
    assert all(one.reason["ja"] and one.reason["en"] for one in listed.values() if one.state != "indexed")
    assert listed["quant.md"].passages == 2 and listed["quant.md"].indexed_at


def test_deleting_the_index_loses_nothing(tmp_path, folder):
    first = make_index(tmp_path / "data", folder)
    before = [(hit.passage, hit.score) for hit in first.search("quantization bits")]
    first.close()
    shutil.rmtree(tmp_path / "data" / "index")
    again = make_index(tmp_path / "data", folder)
    assert [(hit.passage, hit.score) for hit in again.search("quantization bits")] == before
    assert sorted(path.name for path in folder.rglob("*.*")) == ["licence.md", "notes.txt", "quant.md"]


def test_guides_user_folders_and_catalog_are_all_searched(tmp_path, folder):
    guides = write(
        tmp_path / "guides", {"en/rag.md": "---\ntitle: RAG\nlang: en\n---\n# RAG\n\nRetrieval fetches passages."}
    )
    other = write(tmp_path / "other", {"notes.txt": "A second folder with a printer manual."})
    index = make_index(tmp_path / "data", folder, other, guides=guides)
    assert {hit.passage.id for hit in index.search("printer")} == {"user:notes.txt#1", "user2:notes.txt#1"}
    assert [hit.passage.id for hit in index.search("retrieval passages", source="shipped")] == ["en/rag.md#rag"]
    assert index.search("retrieval passages", source="user") == []


def test_changing_the_embedder_rebuilds_and_never_mixes(tmp_path, folder):
    make_index(tmp_path / "data", folder, embedder=WordHashes("one")).sync()
    index = make_index(tmp_path / "data", folder, embedder=WordHashes("two"))
    assert any("one" in note["en"] for note in index.status().notes)
    assert found(index, "printer floor") == ["notes.txt"]  # by words, the vectors are of the other model
    report = index.sync()
    assert report.rebuilt and report.embedded == 4 and index.status().notes == ()
    assert len(stored(index)) == 4


def test_without_an_embedder_words_still_find(tmp_path, folder):
    index = Index(tmp_path / "data", (folder,), NO_CATALOG, None, None, None, {})
    assert found(index, "printer floor") == ["notes.txt"] and index.embedder_id == "none"


def test_rebuild_writes_a_new_collection_and_drops_the_old(index):
    index.sync()
    before = state.load(index._folder).collection
    report = index.rebuild()
    assert report.rebuilt and state.load(index._folder).collection != before
    assert len(stored(index)) == 4


def test_progress_counts_up(index):
    seen = []
    index.sync(lambda name, done, total: seen.append((name, done, total)))
    assert [done for _, done, _ in seen] == [0, 1, 2, 3] and {total for *_, total in seen} == {3}


def test_another_process_sees_the_new_generation(tmp_path, folder, index):
    assert found(index, "espresso") == []
    write(folder, {"new.md": "Espresso machines need descaling."})
    body = "make_index(Path(sys.argv[1]), Path(sys.argv[2])).sync()"
    assert script(body, tmp_path / "data", folder).wait(60) == 0
    assert found(index, "espresso") == ["new.md"]


def test_threads_may_search_while_another_syncs(index, folder):
    index.sync()
    failures = []

    def search() -> None:
        for _ in range(20):
            if "notes.txt" not in found(index, "printer floor"):
                failures.append("lost")

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    for n in range(3):
        write(folder, {f"more{n}.md": f"another page {n}"})
        index.sync()
    for thread in threads:
        thread.join()
    assert failures == []


def test_watching_follows_changes(index, folder):
    index.watch()
    index.watch()
    deadline = time.monotonic() + 30
    while index.status().generation == 0 and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.3)
    write(folder, {"new.md": "Espresso machines need descaling."})
    while found(index, "espresso") == [] and time.monotonic() < deadline:
        time.sleep(0.05)
    assert found(index, "espresso") == ["new.md"]
    (folder / "new.md").unlink()
    while found(index, "espresso") and time.monotonic() < deadline:
        time.sleep(0.05)
    assert found(index, "espresso") == []


def test_catalog_cards_are_passages(tmp_path, monkeypatch):
    from knowledge import cards

    monkeypatch.setattr(
        cards, "model_card", lambda catalog, model, language: f"# {model.name}\n\n- licence: {model.licence}\n"
    )
    model = SimpleNamespace(id="tiny-1b", name="Tiny 1B", licence="apache-2.0")
    catalog = SimpleNamespace(models={"tiny-1b": model}, licences={}, benchmarks={}, glossary=())
    index = make_index(tmp_path / "data", catalog=catalog)
    hits = index.search("Tiny 1B licence")
    assert {hit.passage.id for hit in hits} <= {"catalog/en/tiny-1b.md", "catalog/ja/tiny-1b.md"}
    assert hits[0].passage.origin == "catalog" and hits[0].passage.heading == "Tiny 1B"
    model.licence = "mit"
    assert index.sync().changed == 2
    assert "mit" in index.search("Tiny 1B licence")[0].passage.text


def test_the_users_files_are_listed_first(tmp_path, folder):
    guides = write(tmp_path / "guides", {"en/rag.md": "# RAG\n\nRetrieval fetches passages."})
    index = make_index(tmp_path / "data", folder, guides=guides)
    index.sync()
    assert [one.origin for one in index.status().files] == ["user", "user", "user", "shipped"]


def test_an_index_of_another_version_is_built_anew_without_complaint(tmp_path, folder):
    make_index(tmp_path / "data", folder).sync()
    file = tmp_path / "data" / "index" / "index.json"
    known = json.loads(file.read_text(encoding="utf-8"))
    known |= {"schema": known["schema"] - 1, "files": {"user:old.md": {"file": "old.md"}}}
    file.write_text(json.dumps(known), encoding="utf-8")
    index = make_index(tmp_path / "data", folder)
    assert found(index, "printer floor") == ["notes.txt"]
    assert index.status().notes == () and index.status().generation == 2 and len(stored(index)) == 4


def test_a_change_is_shown_before_the_store_has_it(monkeypatch, index, folder):
    index.sync()
    seen = []
    real = Store.add

    def add(*arguments):
        seen.append(found(index, "espresso"))
        real(*arguments)

    monkeypatch.setattr(Store, "add", add)
    write(folder, {"new.md": "Espresso machines need descaling."})
    index.sync()
    assert seen == [["new.md"]] and len(stored(index)) == 5
