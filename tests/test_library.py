import os
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from assistant.errors import DocumentError
from index import state
from index.library import Index, add_document, delete_document
from index.store import Store
from tests.index_fakes import NO_CATALOG, WordHashes, make_index, pdf, write
from tests.killing import PHASES, Folder

ROOT = Path(__file__).resolve().parent.parent
DOCS = {
    "quant.md": "# Quantization\n\nQuantization stores weights with fewer bits.\n\n"
    "## K-quants\n\nK-quants mix block sizes.",
    "法務/licence.md": "# ライセンス\n\n商用利用できるかどうかはライセンスで決まります。",
    "notes.txt": "The office printer stands on the third floor.",
}


@pytest.fixture
def folder(tmp_path) -> Path:
    return write(tmp_path / "docs", DOCS)


@pytest.fixture
def index(tmp_path, folder):
    opened = make_index(tmp_path / "data", folder)
    yield opened
    opened.close()


def found(index: Index, query: str) -> list[str]:
    return [hit.passage.file for hit in index.search(query)]


def stored(index: Index) -> list[str]:
    """The ids that Chroma itself holds, not what the index remembers."""
    known = state.load(index._folder)
    store = Store(index._folder / "chroma")
    try:
        assert store.names() == [known.collection], "no collection may be left behind"
        return [record.id for record in store.load(known.collection)[0]]
    finally:
        store.close()


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


def test_a_folder_that_links_to_itself_does_not_hang(index, folder):
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    assert index.sync().passages == 4


def test_deeply_nested_folders_are_bounded(index, folder):
    deep = folder
    for _ in range(80):
        deep = deep / "d"
    deep.mkdir(parents=True)
    (deep / "far.md").write_text("far away", encoding="utf-8")
    index.sync()
    assert [one.state for one in index.status().files if one.file.startswith("d/")] == ["failed"]


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


def damaged(home: Path, damage: str) -> None:
    database = home / "chroma" / "chroma.sqlite3"
    if damage == "garbage":
        database.write_bytes(b"garbage" * 10_000)
    elif damage == "truncated":
        database.write_bytes(database.read_bytes()[:5_000])
    elif damage == "state":
        (home / "index.json").write_text('{"generation": 1, "files": [', encoding="utf-8")
    else:
        shutil.rmtree(home / "chroma")


DAMAGES = ["garbage", "truncated", "state", "missing"]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_index_is_moved_aside_and_rebuilt(tmp_path, folder, damage):
    make_index(tmp_path / "data", folder).sync()
    damaged(tmp_path / "data" / "index", damage)
    (tmp_path / "data" / "index" / "snapshot.npz").unlink()
    index = make_index(tmp_path / "data", folder)
    assert found(index, "printer floor") == ["notes.txt"]
    assert any("damaged" in note["en"] and "壊れ" in note["ja"] for note in index.status().notes)
    assert index.status().passages == 4


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_found_at_the_next_change_and_search_goes_on_until_then(tmp_path, folder, damage):
    make_index(tmp_path / "data", folder).sync()
    damaged(tmp_path / "data" / "index", damage)
    index = make_index(tmp_path / "data", folder)
    assert found(index, "printer floor") == ["notes.txt"]
    write(folder, {"new.md": "Espresso machines need descaling."})
    assert index.sync().rebuilt == (damage != "state") and found(index, "espresso") == ["new.md"]
    assert len(stored(index)) == 5 and index._place.temporary is None


@pytest.mark.parametrize("content", [b"PK nonsense", b""])
def test_a_damaged_snapshot_file_is_done_without(tmp_path, folder, content):
    make_index(tmp_path / "data", folder).sync()
    (tmp_path / "data" / "index" / "snapshot.npz").write_bytes(content)
    index = make_index(tmp_path / "data", folder)
    assert found(index, "printer floor") == ["notes.txt"] and index.status().notes == ()


def test_an_older_snapshot_file_is_brought_up_to_date(tmp_path, folder):
    """As after small changes to a large index: the file is some generations old."""
    home = tmp_path / "data" / "index"
    writer = make_index(tmp_path / "data", folder)
    writer.sync()
    old = (home / "snapshot.npz").read_bytes()
    write(folder, {"new.md": "Espresso machines need descaling.", "notes.txt": "The printer moved to the cellar."})
    (folder / "quant.md").unlink()
    writer.sync()
    (home / "snapshot.npz").write_bytes(old)
    reader = make_index(tmp_path / "data", folder)
    for query in ("espresso", "printer cellar", "quantization weights", "third floor", "商用利用"):
        assert [hit.passage for hit in reader.search(query)] == [hit.passage for hit in writer.search(query)]
    assert found(reader, "espresso") == ["new.md"] and found(reader, "quantization weights") == []


def test_a_data_folder_that_cannot_be_written(tmp_path, folder):
    (tmp_path / "file").write_text("", encoding="utf-8")
    index = make_index(tmp_path / "file" / "data", folder)
    assert found(index, "printer floor") == ["notes.txt"]
    note = index.status().notes[0]
    assert "temporary folder" in note["en"] and "一時フォルダー" in note["ja"]
    temporary = index._folder
    index.close()
    assert not temporary.exists()


def test_a_server_that_does_not_answer_is_replaced_by_the_folder(tmp_path, folder):
    index = Index(tmp_path / "data", (folder,), NO_CATALOG, None, WordHashes(), "http://127.0.0.1:9", {})
    assert found(index, "printer floor") == ["notes.txt"]
    assert any("127.0.0.1:9" in note["en"] for note in index.status().notes)


SERVER_WORK = """
    from index.library import Index
    from tests.index_fakes import NO_CATALOG, WordHashes
    data, folder, url = Path(sys.argv[1]), Path(sys.argv[2]), "http://127.0.0.1:" + sys.argv[3]
    def files(index, query):
        return [hit.passage.file for hit in index.search(query)]
    index = Index(data, (folder,), NO_CATALOG, None, WordHashes(), url, {})
    assert files(index, "printer floor") == ["notes.txt"] and index.status().notes == ()
    (folder / "notes.txt").unlink()
    assert index.sync().removed == 1 and files(index, "printer floor") == []
    other = Index(data, (folder,), NO_CATALOG, None, WordHashes(), url, {})
    assert files(other, "quantization bits")[0] == "quant.md" and other.rebuild().rebuilt
"""


@pytest.mark.slow
def test_a_real_chroma_server(tmp_path, folder):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).parent / "chroma"), "run", "--path", str(tmp_path / "server")]
    server = subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(port)
        assert script(SERVER_WORK, tmp_path / "data", folder, Path(str(port))).wait(90) == 0
    finally:
        server.kill()
        server.wait()
    url = f"http://127.0.0.1:{port}"
    later = Index(tmp_path / "data", (folder,), NO_CATALOG, None, WordHashes(), url, {})
    assert found(later, "quantization bits")[0] == "quant.md" and later.status().notes == ()  # from the file
    write(folder, {"new.md": "Espresso machines need descaling."})
    assert later.sync().rebuilt and found(later, "espresso") == ["new.md"]
    assert any(url in note["en"] for note in later.status().notes)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError(port)


START = "import os, signal, sys\nfrom pathlib import Path\nfrom tests.index_fakes import make_index\n"


def script(body: str, *arguments: Path) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", START + textwrap.dedent(body), *map(str, arguments)], cwd=ROOT)


def test_another_process_sees_the_new_generation(tmp_path, folder, index):
    assert found(index, "espresso") == []
    write(folder, {"new.md": "Espresso machines need descaling."})
    body = "make_index(Path(sys.argv[1]), Path(sys.argv[2])).sync()"
    assert script(body, tmp_path / "data", folder).wait(60) == 0
    assert found(index, "espresso") == ["new.md"]


KILLS = {
    "build, first add": "Store.add",
    "build, before the pointer": "state.save",
    "edit, after the delete": "Store.delete",
    "edit, after the add": "Store.add",
    "edit, before the end": "state.save",
}


@pytest.mark.slow
@pytest.mark.parametrize("moment", KILLS)
def test_killed_while_writing(tmp_path, folder, moment):
    data = tmp_path / "data"
    if moment.startswith("edit"):
        make_index(data, folder).sync()
        write(folder, {"notes.txt": "The printer moved to the cellar room.", "new.md": "Espresso machines."})
        (folder / "quant.md").unlink()
    body = f"""
        from index import state
        from index.store import Store
        calls = 0
        def killing(real, after):
            def call(*args, **kwargs):
                global calls
                calls += 1
                if after:
                    real(*args, **kwargs)
                if calls == {2 if moment == "edit, before the end" else 1}:
                    os.kill(os.getpid(), signal.SIGKILL)
                if not after:
                    return real(*args, **kwargs)
            return call
        owner, name = {KILLS[moment].split(".")[0]}, {KILLS[moment].split(".")[1]!r}
        setattr(owner, name, killing(getattr(owner, name), {KILLS[moment].startswith("Store")}))
        make_index(Path(sys.argv[1]), Path(sys.argv[2])).sync()
    """
    assert script(body, data, folder).wait(60) == -signal.SIGKILL
    index = make_index(data, folder)
    index.sync()
    assert found(index, "printer") == ["notes.txt"]
    expected = {"user:notes.txt#1", "user:法務/licence.md#ライセンス"}
    expected |= (
        {"user:new.md#1"} if moment.startswith("edit") else {"user:quant.md#quantization", "user:quant.md#k-quants"}
    )
    assert set(stored(index)) == expected and len(stored(index)) == len(expected)


@pytest.mark.slow
def test_killed_at_random_moments(tmp_path):
    """Twenty of them: tests/benchmarks/bench_index.py."""
    folder = Folder(tmp_path, files=5, seed=7)
    assert {phase: folder.kill_once(phase) for phase in PHASES} == dict.fromkeys(PHASES, "")


@pytest.mark.slow
def test_two_at_once_on_one_folder(tmp_path, folder):
    body = """
        index = make_index(Path(sys.argv[1]), Path(sys.argv[2]))
        for n in range(3):
            (Path(sys.argv[2]) / f"{sys.argv[3]}-{n}.md").write_text(f"espresso {sys.argv[3]} {n}", encoding="utf-8")
            index.sync()
    """
    running = [script(body, tmp_path / "data", folder, Path(name)) for name in ("left", "right")]
    assert [one.wait(90) for one in running] == [0, 0]
    index = make_index(tmp_path / "data", folder)
    index.sync()
    assert len(stored(index)) == len(set(stored(index))) == 4 + 6
    assert index.status().passages == 10


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


def test_adding_and_deleting_documents(index, folder):
    path = add_document(folder, "議事録 2026.md", "会議の結論はエスプレッソです。".encode())
    assert path == folder / "議事録 2026.md"
    index.sync()
    assert found(index, "エスプレッソ") == ["議事録 2026.md"]
    delete_document(folder, "議事録 2026.md")
    delete_document(folder, "法務/licence.md")
    index.sync()
    assert found(index, "エスプレッソ") == [] and not (folder / "法務/licence.md").exists()


HOSTILE = [
    "../evil.md", "..\\evil.md", "/etc/evil.md", "C:evil.md", "C:\\evil.md", "\\\\host\\share\\evil.md", "a/b.md",
    "a\0b.md", "CON", "nul.txt", "com1.md", "LPT9", ".env", "~$lock.docx", "", " ", ".", "..", "name.", "name ",
    "a\nb.md", "a:b.md",
    "x" * 300 + ".md", "文" * 100 + ".md", "evil\u202egpj.md", "\ud800.md",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_refused(tmp_path, name):
    folder = tmp_path / "in"
    folder.mkdir()
    with pytest.raises(DocumentError) as caught:
        add_document(folder, name, b"x")
    assert caught.value.text("ja") != caught.value.text("en")
    assert list(tmp_path.rglob("*")) == [folder]


@pytest.mark.parametrize(
    "name", ["../keep.md", "..", ".", "", "/etc/hostname", "sub/../../keep.md", "link/keep.md", "a\0b", "gone.md"]
)
def test_deleting_stays_inside_the_folder(tmp_path, name):
    folder = write(tmp_path / "in", {"sub/inside.md": "x"})
    (tmp_path / "keep.md").write_text("keep", encoding="utf-8")
    (folder / "link").symlink_to(tmp_path, target_is_directory=True)
    with pytest.raises(DocumentError):
        delete_document(folder, name)
    assert (tmp_path / "keep.md").exists()


def test_uploading_over_a_link_does_not_write_through_it(tmp_path):
    folder = write(tmp_path / "in", {})
    folder.mkdir()
    (tmp_path / "victim.md").write_text("safe", encoding="utf-8")
    (folder / "a.md").symlink_to(tmp_path / "victim.md")
    with pytest.raises(DocumentError):
        add_document(folder, "a.md", b"overwritten")
    assert (tmp_path / "victim.md").read_text(encoding="utf-8") == "safe"


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


def test_a_file_growing_while_it_is_read(index, folder):
    """What is read between two writes is read again: the second sync sees the whole file."""
    with (folder / "log.txt").open("w", encoding="utf-8") as stream:
        stream.write("espresso first line\n")
        stream.flush()
        index.sync()
        stream.write("descaling second line\n")
    index.sync()
    assert found(index, "descaling") == ["log.txt"] and index.status().passages == 5


def test_names_that_are_no_text(index, folder):
    for name in (b"caf\xe9.md", b"caf\xe8.md", b"\xff\xfe.txt"):
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_text(f"espresso {name!r}", encoding="utf-8")
    index.sync()
    names = {one.file for one in index.status().files}
    assert {"caf\\xe9.md", "caf\\xe8.md", "\\xff\\xfe.txt"} <= names
    assert len(found(index, "espresso")) == 3 and len(stored(index)) == 7


def test_a_huge_sparse_file_is_listed_and_not_read(index, folder):
    with (folder / "huge.txt").open("wb") as stream:
        stream.truncate(2 * 1024**3)
    index.sync()
    (huge,) = [one for one in index.status().files if one.file == "huge.txt"]
    assert huge.state == "failed" and "2,048 MiB" in huge.reason["en"] and index.status().passages == 4


def test_the_users_files_are_listed_first(tmp_path, folder):
    guides = write(tmp_path / "guides", {"en/rag.md": "# RAG\n\nRetrieval fetches passages."})
    index = make_index(tmp_path / "data", folder, guides=guides)
    index.sync()
    assert [one.origin for one in index.status().files] == ["user", "user", "user", "shipped"]


LIMITED = """
    import resource
    from assistant.errors import IndexBroken
    index = make_index(Path(sys.argv[1]), Path(sys.argv[2]))
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
    try:
        index.sync()
        print([hit.passage.file for hit in index.search("espresso")])
    except IndexBroken as error:
        print("told:", error.text("en"))
    print([hit.passage.file for hit in index.search("printer floor")])
"""


@pytest.mark.slow
def test_no_room_to_write(tmp_path, folder):
    """Nothing can be written, also not elsewhere: told in one line, and what was indexed is still found."""
    make_index(tmp_path / "data", folder).sync()
    write(folder, {"new.md": "Espresso machines need descaling."})
    done = subprocess.run(
        [sys.executable, "-c", START + textwrap.dedent(LIMITED), tmp_path / "data", folder, "4096"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    first, second = done.stdout.splitlines()
    assert first.startswith("told: ") and second == "['notes.txt']", done.stdout
    later = make_index(tmp_path / "data", folder)
    later.sync()
    assert found(later, "espresso") == ["new.md"] and len(stored(later)) == 5


def test_an_upload_that_finds_no_room_leaves_nothing(tmp_path):
    body = """
        import resource
        from assistant.errors import DocumentError
        from index.library import add_document
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        try:
            add_document(Path(sys.argv[1]), "large.md", b"x" * 5000)
        except DocumentError as error:
            assert "cannot be written" in error.text("en")
            sys.exit(7)
    """
    assert script(body, tmp_path / "in").wait(60) == 7
    assert list((tmp_path / "in").iterdir()) == []
