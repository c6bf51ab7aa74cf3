"""Documents followed while the page runs, as a person sees it: dropped, changed, deleted, without another command."""

import json
import time

import pytest

from tests.serving import real_page

PATIENCE = 60.0  # seconds


def listed(data):
    """Return the person's files in the index with their states."""
    try:
        files = json.loads((data / "index" / "index.json").read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError):
        return {}
    return {entry[0]: entry[4] for key, entry in files.items() if key.startswith("user:")}


def until(data, expected):
    """Wait until the index lists these files."""
    deadline = time.monotonic() + PATIENCE
    while (found := listed(data)) != expected and time.monotonic() < deadline:
        time.sleep(0.2)
    assert found == expected


@pytest.mark.slow
def test_a_running_page_follows_the_folder(tmp_path):
    folder = tmp_path / "knowledge"
    folder.mkdir()
    (folder / "before.md").write_text("The kiln is fired on Thursdays.", encoding="utf-8")
    page = real_page(tmp_path)
    try:
        until(tmp_path, {"before.md": "indexed"})
        (folder / "dropped.txt").write_text("The quetzal is fed at noon.", encoding="utf-8")
        until(tmp_path, {"before.md": "indexed", "dropped.txt": "indexed"})
        (folder / "before.md").rename(folder / "renamed.md")
        until(tmp_path, {"renamed.md": "indexed", "dropped.txt": "indexed"})
        (folder / "dropped.txt").unlink()
        until(tmp_path, {"renamed.md": "indexed"})
    finally:
        page.close()
