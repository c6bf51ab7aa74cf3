"""Documents added and deleted through the page: only inside the folder, and whole or not at all."""

from types import SimpleNamespace

import pytest

from assistant.errors import DocumentError
from index.uploads import add_document, delete_document
from tests.fakes import FakeAssistant
from tests.index_fakes import found, script, write
from ui.knowledge_tab import _add


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


def test_an_upload_that_finds_no_room_leaves_nothing(tmp_path):
    body = """
        import resource
        from assistant.errors import DocumentError
        from index.uploads import add_document
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        try:
            add_document(Path(sys.argv[1]), "large.md", b"x" * 5000)
        except DocumentError as error:
            assert "cannot be written" in error.text("en")
            sys.exit(7)
    """
    assert script(body, tmp_path / "in").wait(60) == 7
    assert list((tmp_path / "in").iterdir()) == []


def test_the_page_tells_which_upload_cannot_be_searched(tmp_path):
    fake = FakeAssistant(tmp_path)  # its index finds no text in scan.pdf
    uploads = [tmp_path / "notes.md", tmp_path / "scan.pdf"]
    for path in uploads:
        path.write_bytes(b"x")
    told = _add(SimpleNamespace(assistant=fake, folder=lambda: tmp_path / "knowledge"), uploads, "en")
    assert "Added notes.md." in told
    assert "scan.pdf is in the folder, but its text cannot be searched: no text on 3 pages" in told
