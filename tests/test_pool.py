"""Reading processes, with converters made to misbehave."""

import os
import time
from pathlib import Path

import numpy as np
import pytest

from index.formats import pool
from index.formats.pool import Pool
from index.reading import Job, read
from tests.index_fakes import pdf, write, zipped


@pytest.fixture
def readers():
    opened = Pool(2, seconds=60.0)
    yield opened
    opened.close()
    assert opened._all == set()


def jobs(folder: Path) -> list[Job]:
    return [Job(f"user:{one.name}", one.name, path=str(one)) for one in sorted(folder.iterdir())]


def test_readings_come_in_order_and_are_those_of_this_process(readers, tmp_path):
    folder = write(tmp_path / "docs", {f"{n:03}.md": f"# Title {n}\n\ntext 量子化 {n}" for n in range(150)})
    found = list(readers.read(jobs(folder)))
    assert found == [read(job) for job in jobs(folder)]
    assert [one.records[0].text for one in found] == [f"text 量子化 {n}" for n in range(150)]


def test_terms_travel_with_their_numbers_and_weights(readers, tmp_path):
    many = " ".join(f"w{n:04}" for n in range(300))
    write(tmp_path, {"a.md": f"# Head\n\n{'word ' * 300}\n\n# Rest\n\n{many}"})
    (found,) = readers.read(jobs(tmp_path))
    bags, here = found.bags, read(jobs(tmp_path)[0]).bags
    assert dict(bags.numbers) == dict(here.numbers) and bags.numbers["word"] == 0
    for name, kind in (("starts", np.int64), ("columns", np.int32), ("values", np.float32)):
        assert getattr(bags, name).tolist() == getattr(here, name).tolist() and getattr(bags, name).dtype == kind
    assert bags.values[0] == 300 and len(bags.numbers) > 300  # neither fits into a byte


def test_a_module_in_the_current_folder_is_not_ours(tmp_path, monkeypatch):
    (tmp_path / "json.py").write_text("raise SystemExit('run')", encoding="utf-8")
    (tmp_path / "note.txt").write_text("quietly read", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    pool = Pool(1)
    try:
        (found,) = pool.read([Job("user:note.txt", "note.txt", path=str(tmp_path / "note.txt"))])
    finally:
        pool.close()
    assert found.reason is None and found.records[0].text == "quietly read"


def test_the_same_bytes_are_not_read_again(readers, tmp_path):
    write(tmp_path, {"a.md": "text"})
    (job,) = jobs(tmp_path)
    (first,) = readers.read([job])
    (again,) = readers.read([Job(job.key, job.file, path=job.path, sha=first.sha)])
    assert again.records is None and again.sha == first.sha


def test_catalog_cards_travel_as_text(readers):
    job = Job("catalog:ja/x", "catalog/ja/x.md", "catalog", card=("ja", "# 名前 X\n\n**太字**の本文"))
    (found,) = readers.read([job])
    (one,) = found.records
    assert (one.id, one.heading, one.text, one.lang) == ("catalog/ja/x.md", "名前 X", "# 名前 X\n\n太字の本文", "ja")


def misbehaving(monkeypatch, body: str) -> None:
    """Let the reading processes do `body` for a file named bad.md."""
    code = f"""
import index.reading as reading
real = reading.read
def read(job):
    if job.file == "bad.md":
        {body}
    return real(job)
reading.read = read
"""
    monkeypatch.setattr(pool, "_CODE", pool._CODE.replace("; main()", "") + "\n" + code + "\nmain()")


@pytest.mark.parametrize("body, told", [
    ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "crashed (exit code -11)"),
    ("import sys; sys.exit(3)", "crashed (exit code 3)"),
    ("import no_such_converter", "needs a Python package that is missing: no_such_converter"),
    ("raise KeyError('x')", "the reader failed: KeyError"),
    ("x = bytearray(3 * 1024**3)", "too large or too deeply nested (MemoryError)"),
    ("again = lambda: again(); again()", "too large or too deeply nested (RecursionError)"),
])  # fmt: skip
def test_what_a_bad_document_does_stays_with_it(monkeypatch, tmp_path, readers, body, told):
    misbehaving(monkeypatch, body)
    folder = write(tmp_path / "docs", {"a.md": "good a", "bad.md": "bad", "c.md": "good c"})
    first, bad, last = readers.read(jobs(folder))
    assert told in bad.reason["en"] and bad.reason["ja"] != bad.reason["en"] and bad.records == ()
    assert first.records[0].text == "good a" and last.records[0].text == "good c"


def test_a_converter_that_hangs_is_ended(monkeypatch, tmp_path):
    misbehaving(monkeypatch, "import time; time.sleep(60)")
    folder = write(tmp_path / "docs", {"bad.md": "bad"})
    readers, began = Pool(1, seconds=1.0), time.monotonic()
    (bad,) = readers.read(jobs(folder))
    readers.close()
    assert "longer than 1 s" in bad.reason["en"] and time.monotonic() - began < 30


def test_a_converter_that_prints_does_not_garble_the_answers(monkeypatch, tmp_path, readers):
    misbehaving(monkeypatch, "print('noise'); import os; os.write(2, b'more')")
    folder = write(tmp_path / "docs", {"bad.md": "text"})
    assert [one.records[0].text for one in readers.read(jobs(folder))] == ["text"]


HOSTILE = {
    "bomb.docx": lambda: zipped({"word/document.xml": b"0" * 30_000_000}),
    "bomb.xlsx": lambda: zipped({"xl/workbook.xml": b"0" * 30_000_000}),
    "bomb.epub": lambda: zipped({"META-INF/container.xml": b"0" * 30_000_000}),
    "bomb.pptx": lambda: zipped({f"ppt/slides/slide{n}.xml": "" for n in range(5_001)}),
    "password.docx": lambda: b"\xd0\xcf\x11\xe0" + bytes(600),
    "password.pdf": lambda: pdf(["secret"], password=True),
    "deep.json": lambda: b"[" * 10_000 + b"]" * 10_000,
    "entities.xlsx": lambda: zipped({"xl/workbook.xml": '<!DOCTYPE x [<!ENTITY a "aaaa">]><a>&a;</a>'}),
    "nul.txt": lambda: b"inside" + bytes(3) + b"text" * 4_000,
    "noise.pdf": lambda: b"%PDF-1.4\n" + os.urandom(20_000),
}
READABLE = {
    "deep.html": lambda: b"<div>" * 10_000 + b"<p>inside</p>" + b"</div>" * 10_000,
    "table.html": lambda: b"<table><tr><td>" * 10_000 + b"inside",
    "comment.html": lambda: b"<p>inside</p>" + b"<!--" * 200_000,
    "attributes.html": lambda: b"<p>inside</p><a " + b'x="' * 200_000,
    "deep.md": lambda: b"> " * 10_000 + b"inside",
    "list.md": lambda: b"\n".join(b" " * n + b"- inside" for n in range(2_000)),
    "long.md": lambda: b"inside " + b"x" * 2_000_000,
    "marks.md": lambda: b"inside " + b"**" * 100_000 + b"[" * 50_000 + b"`" * 50_001,
    "rows.csv": lambda: b'inside,b\n' + b'"' + b"x," * 400_000,
}  # fmt: skip


@pytest.mark.slow
def test_hostile_files_are_told_and_bounded(tmp_path):
    """Within ten seconds each: their cost grows with their size, not with its square."""
    for name, make in {**HOSTILE, **READABLE}.items():
        (tmp_path / name).write_bytes(make())
    readers = Pool(2, seconds=10.0)
    found = dict(zip(sorted(p.name for p in tmp_path.iterdir()), readers.read(jobs(tmp_path)), strict=True))
    readers.close()
    assert {name for name, one in found.items() if one.reason is None} == set(READABLE)
    for name in READABLE:
        assert any("inside" in record.text for record in found[name].records), name
    assert "password" in found["password.pdf"].reason["en"] and "password" in found["password.docx"].reason["en"]
    for name in ("bomb.docx", "bomb.xlsx", "bomb.epub", "bomb.pptx"):
        assert "zip bomb" in found[name].reason["en"], name
