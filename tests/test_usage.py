"""The command line speaks both languages of itself: every help text, the headings, complaints in one line."""

import re
import sys
import tomllib
from pathlib import Path

import pytest
import typer

from assistant import cli
from assistant.commands import common, usage

JAPANESE = re.compile(r"[ぁ-ヿ一-龯]")
TABLE = tomllib.loads(Path(usage.__file__).with_name("help_ja.toml").read_text(encoding="utf-8"))


def run(monkeypatch, *arguments: str) -> int:
    """Run the program as a shell would; return its exit code."""
    monkeypatch.setattr(sys, "argv", ["mekiki", *arguments])
    common.settings.cache_clear()
    with pytest.raises(SystemExit) as end:
        cli.main()
    common.settings.cache_clear()
    return int(end.value.code or 0)


def test_every_help_text_is_there_in_japanese_and_none_is_left_over():
    english = {text for _, text in usage.texts(typer.main.get_command(cli.app))} | {"Show this message and exit."}
    assert english == set(TABLE["help"])
    assert all(JAPANESE.search(text) for text in TABLE["help"].values())


def test_help_comes_in_the_language_asked_for(monkeypatch, capsys):
    monkeypatch.setenv("MEKIKI_LANG", "ja")
    assert run(monkeypatch, "fit", "--help") == 0
    said = capsys.readouterr().out
    assert said.startswith("使い方: ") and "引数:" in said and "オプション:" in said
    assert not re.search(r"^  .*[a-z]{3,} [a-z]{2,} [a-z]{2,}", said, re.MULTILINE)  # no English sentence
    monkeypatch.setenv("MEKIKI_LANG", "en")
    assert run(monkeypatch, "--help") == 0
    assert not JAPANESE.search(capsys.readouterr().out)


@pytest.mark.parametrize(
    "arguments, english, japanese",
    [
        (["fit", "--quuant", "x"], "No such option: --quuant (Possible options: --gpu-count, --quant)",
         "オプション --quuant はありません。近いもの: --gpu-count, --quant"),
        (["frobnicate"], "No such command 'frobnicate'", "コマンド frobnicate はありません"),
        (["fti"], "Did you mean 'fit'", "近いもの: 'fit'"),
        (["fit", "a", "b"], "unexpected extra argument", "余分な引数があります: b"),
        (["serve", "--port"], "requires an argument", "オプション --port には値が必要です"),
        (["serve", "--port", "0"], "Invalid value for", "--port に使えない値です"),
        (["fit", "--json=3"], "does not take a value", "オプション --json に値は付けられません"),
        (["catalog", "add"], "Missing argument", "source が必要です"),
    ],
)  # fmt: skip
def test_a_complaint_about_usage_is_one_line_in_either_language(monkeypatch, capsys, arguments, english, japanese):
    for language, words in (("en", english), ("ja", japanese)):
        monkeypatch.setenv("MEKIKI_LANG", language)
        assert run(monkeypatch, *arguments) == cli.BAD_INPUT
        (line,) = capsys.readouterr().err.strip().splitlines()
        assert line.startswith("mekiki: ") and words in line


def test_a_group_by_itself_shows_its_help(monkeypatch, capsys):
    monkeypatch.setenv("MEKIKI_LANG", "ja")
    assert run(monkeypatch, "catalog") == cli.BAD_INPUT
    assert "コマンド:" in capsys.readouterr().err
