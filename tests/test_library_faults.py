"""What goes wrong around the index: damage, kills, full disks, odd files. Nothing is lost, nothing hangs."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from index import build, reading
from index.reading import Reading
from index.store import Store
from tests.index_fakes import ROOT, START, found, make_index, script, stored, write
from tests.killing import PHASES, Folder


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


def test_a_collection_left_by_a_rebuild_that_was_killed_at_the_end_is_dropped(tmp_path, folder, monkeypatch):
    index = make_index(tmp_path / "data", folder)
    index.sync()

    def killed(self, name):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Store, "drop", killed)
        with pytest.raises(KeyboardInterrupt):
            index.rebuild()
    index.close()
    again = make_index(tmp_path / "data", folder)
    again.sync()
    store = Store(tmp_path / "data" / "index" / "chroma")
    names = store.names()
    store.close()
    assert len(names) == 1 and len(stored(again)) == 4 and found(again, "printer floor") == ["notes.txt"]


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


def test_two_names_that_are_shown_alike_are_two_documents(index, folder):
    (folder / r"inv\xff.txt").write_text("apples", encoding="utf-8")
    (Path(os.fsdecode(os.fsencode(folder) + b"/inv\xff.txt"))).write_text("pears", encoding="utf-8")
    index.sync()
    files = sorted(one.file for one in index.status().files if one.file.startswith("inv"))
    assert files == [r"inv\xff.txt", r"inv\xff.txt (2)"]
    assert {file for word in ("apples", "pears") for file in found(index, word)} == set(files)


def test_an_edit_that_keeps_size_and_time_is_seen(index, folder):
    path = folder / "pet.txt"
    for word in ("alpaca", "vicuna"):
        path.write_text(word, encoding="utf-8")
        os.utime(path, (1_700_000_000, 1_700_000_000))
        index.sync()
        assert found(index, word) == ["pet.txt"]


def test_what_failed_is_read_again_on_request(index, folder, monkeypatch):
    path = write(folder, {"late.txt": "marmots"}) / "late.txt"
    real = build._outcome
    busy = Reading(reason={"en": "took longer than 120 s", "ja": "120 秒を超えました"})

    def fail(source, entry, reading, before):
        return real(source, entry, busy if source.file == path.name else reading, before)

    with monkeypatch.context() as patched:
        patched.setattr(build, "_outcome", fail)
        index.sync()
    index.sync()
    assert [one.state for one in index.status().files if one.file == "late.txt"] == ["failed"]
    index.sync(again=True)
    assert found(index, "marmots") == ["late.txt"]


def test_a_document_of_endless_sections_is_bounded(monkeypatch, tmp_path):
    monkeypatch.setattr(reading, "MAX_PASSAGES", 3)
    (tmp_path / "heads.md").write_text("# a\nb\n" * 5, encoding="utf-8")
    whole = reading.read(reading.Job("user:heads.md", "heads.md", path=str(tmp_path / "heads.md")))
    assert len(whole.records) == 3 and "first 3 passages" in whole.notes[0]["en"]


def test_a_huge_sparse_file_is_listed_and_not_read(index, folder):
    with (folder / "huge.txt").open("wb") as stream:
        stream.truncate(2 * 1024**3)
    index.sync()
    (huge,) = [one for one in index.status().files if one.file == "huge.txt"]
    assert huge.state == "failed" and "2,048 MiB" in huge.reason["en"] and index.status().passages == 4


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


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such files")
def test_pipes_and_sockets_are_listed_with_a_reason(index, folder, monkeypatch):
    os.mkfifo(folder / "pipe.txt")
    monkeypatch.chdir(folder)  # the name of a socket is short
    with socket.socket(socket.AF_UNIX) as one:
        one.bind("talk.md")
    index.sync()
    told = {one.file: (one.state, one.reason["en"]) for one in index.status().files if one.reason}
    assert told["pipe.txt"] == told["talk.md"] == ("failed", "not a file but a pipe, a socket or a device")
    os.unlink("pipe.txt")
    assert index.sync().removed == 1
