"""The wheel carries everything that Mekiki needs at run time, and works from an empty folder."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("assistant", "knowledge", "index", "ui")
TRAINING = {
    ".jsonl",
    ".tsv",
    ".xz",
}  # phrases, pairs, word lists: what the built-in models were trained on, not needed to run them

pytestmark = pytest.mark.slow


def repository_files() -> list[str]:
    """Return what a commit of the working tree would hold."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode("utf-8")
    return [name for name in listed.split("\0") if name and (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """A wheel built from a copy, so that nothing left over in build/ gets in."""
    copy = tmp_path_factory.mktemp("source")
    for name in repository_files():
        if name.split("/")[0] in (*ROOMS, "pyproject.toml", "README.md", "LICENSE"):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, copy / name)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", "dist", "."]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return next((copy / "dist").glob("*.whl"))


def test_it_holds_every_file_of_the_rooms_but_training_material(wheel):
    wanted = {
        name for name in repository_files() if name.startswith(tuple(f"{room}/" for room in ROOMS))
        and Path(name).suffix not in TRAINING
    }  # fmt: skip
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    assert wanted - held == set()
    rest = {name for name in held - wanted if ".dist-info/" not in name}
    assert rest == set()
    assert any(name.endswith("licenses/LICENSE") for name in held)


def test_it_answers_from_an_empty_folder(wheel, tmp_path):
    installed, empty = tmp_path / "installed", tmp_path / "empty"
    empty.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    environ = {**os.environ, "PYTHONPATH": str(installed), "MEKIKI_DATA": str(tmp_path / "data"), "PYTHONUTF8": "1"}

    def run(*arguments: str) -> str:
        command = [sys.executable, "-P", *arguments]
        done = subprocess.run(command, cwd=empty, env=environ, capture_output=True, encoding="utf-8", timeout=200)
        assert done.returncode == 0, done.stderr
        return done.stdout

    where = run("-c", "import assistant, knowledge, index, ui; print(assistant.__file__)")
    assert Path(where.strip()).is_relative_to(installed)
    answer = run("-m", "assistant.cli", "ask", "ベースモデルと指示モデルの違いは？")
    assert "[1]" in answer
    assert list(empty.iterdir()) == []
