"""What the readmes say is there."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant import cli
from assistant.commands import common
from assistant.install import BACKENDS
from assistant.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parent.parent
READMES = ("README.md", "README.ja.md")


@pytest.fixture(params=READMES)
def readme(request) -> str:
    return (ROOT / request.param).read_text(encoding="utf-8")


def test_every_setting_is_in_the_table(readme):
    for name in Settings.model_fields:
        assert f"| `{PREFIX}{name.upper()}` | `{name}` |" in readme
    assert "`MEKIKI_CONFIG`" in readme


def test_every_make_target_that_is_named_exists(readme):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^(\w+):", makefile, re.MULTILINE))
    named = set(re.findall(r"(?:`|    )make (\w+)", readme))
    assert {"run", "test", "bench", "lint", "wheel"} <= named <= targets


def test_every_llama_cpp_build_is_named(readme):
    assert all(f"`{one}`" in readme or f"GPU={one}" in readme for one in BACKENDS)


def test_links_lead_somewhere(readme):
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", readme):
        assert (ROOT / target).exists() or target == "tests/benchmarks/results.md", target


def test_both_have_the_same_headings_in_number_and_the_same_commands():
    english, japanese = ((ROOT / name).read_text(encoding="utf-8") for name in READMES)
    assert len(re.findall(r"^## ", english, re.MULTILINE)) == len(re.findall(r"^## ", japanese, re.MULTILINE))

    def commands(text: str) -> set[str]:
        return set(re.findall(r"`(make [^`]+|mekiki \w+[^`]*)`", text))

    assert commands(english) == commands(japanese)


def test_the_page_that_a_newcomer_reads_is_short(readme):
    start = readme.split("## ")[1]
    assert len(start.splitlines()) <= 40


def test_the_example_is_what_the_command_prints(readme, built_data, tmp_path, monkeypatch):
    (tmp_path / "config.toml").write_text("", encoding="utf-8")
    monkeypatch.setenv("MEKIKI_DATA", str(built_data))
    monkeypatch.setenv("MEKIKI_CONFIG", str(tmp_path / "config.toml"))
    common.settings.cache_clear()
    question, shown = re.search(r'\$ mekiki ask "(.+)"\n((?:(?: {4}.*)?\n)+)', readme).groups()
    said = re.sub(r"^\| ---.*", "", CliRunner().invoke(cli.app, ["ask", question]).stdout, flags=re.MULTILINE)
    common.settings.cache_clear()
    place, said = 0, "".join(said.split())
    for part in filter(None, "".join(shown.split()).split("...")):
        assert part in said[place:], f"run `mekiki ask` again and put its answer into the readme; missing: {part}"
        place = said.index(part, place) + len(part)
