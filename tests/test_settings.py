import os
from pathlib import Path

import pytest

from assistant import settings as module
from assistant.errors import SettingsError
from assistant.settings import Settings, language_wish, load_settings, save_setting, unknown_variables


def with_file(tmp_path: Path, text: str) -> dict[str, str]:
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    return {"MEKIKI_CONFIG": str(path)}


def test_defaults_are_the_users_own_folders(monkeypatch, tmp_path):
    monkeypatch.setattr(module.platformdirs, "user_data_dir", lambda *_, **__: str(tmp_path / "data"))
    monkeypatch.setattr(module.platformdirs, "user_config_dir", lambda *_, **__: str(tmp_path / "config"))
    settings = load_settings({})
    assert settings.data == tmp_path / "data"
    assert settings.knowledge == (tmp_path / "data" / "knowledge",)
    assert (settings.chat_model, settings.llm_url, settings.embedder, settings.lang) == (None, None, None, None)
    assert settings.port == 7860
    assert settings.file is None
    assert {settings.origin(name) for name in Settings.model_fields} == {"default"}


def test_a_variable_wins_over_the_file_and_the_file_over_the_default(tmp_path):
    environ = with_file(tmp_path, 'port = 8000\nlang = "ja"\n') | {"MEKIKI_PORT": "9000"}
    settings = load_settings(environ)
    assert (settings.port, settings.origin("port")) == (9000, "variable")
    assert (settings.lang, settings.origin("lang")) == ("ja", "file")
    assert settings.origin("data") == "default"
    assert settings.file == tmp_path / "config.toml"


def test_an_empty_variable_counts_as_not_given(tmp_path):
    settings = load_settings(with_file(tmp_path, "port = 8000") | {"MEKIKI_PORT": " "})
    assert (settings.port, settings.origin("port")) == (8000, "file")


def test_the_default_knowledge_folder_follows_the_data_folder(tmp_path):
    settings = load_settings({"MEKIKI_DATA": str(tmp_path / "資料 data")})
    assert settings.knowledge == (tmp_path / "資料 data" / "knowledge",)


def test_knowledge_folders_are_joined_by_the_path_separator(tmp_path):
    joined = os.pathsep.join([str(tmp_path / "a"), "", str(tmp_path / "b"), str(tmp_path / "a")])
    settings = load_settings({"MEKIKI_KNOWLEDGE": joined})
    assert settings.knowledge == (tmp_path / "a", tmp_path / "b")


def test_relative_paths_in_the_file_start_at_the_file(tmp_path):
    settings = load_settings(with_file(tmp_path, 'data = "d"\nknowledge = ["k"]\nchat_model = "m.gguf"'))
    assert settings.data == tmp_path / "d"
    assert settings.knowledge == (tmp_path / "k",)
    assert settings.chat_model == tmp_path / "m.gguf"


def test_home_is_expanded(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert load_settings({"MEKIKI_CHAT_MODEL": "~/m.gguf"}).chat_model == tmp_path / "m.gguf"


@pytest.mark.parametrize("written, lang", [("ja_JP.UTF-8", "ja"), ("EN", "en"), ("en-GB", "en")])
def test_language_may_be_a_locale(written, lang):
    assert load_settings({"MEKIKI_LANG": written}).lang == lang


@pytest.mark.parametrize("written, embedder", [("builtin", None), ("cl-nagoya/ruri-v3", "cl-nagoya/ruri-v3")])
def test_builtin_is_another_word_for_no_other_embedder(written, embedder):
    assert load_settings({"MEKIKI_EMBEDDER": written}).embedder == embedder


def test_addresses_lose_their_last_slash():
    assert load_settings({"MEKIKI_LLM_URL": "http://127.0.0.1:8080/v1/"}).llm_url == "http://127.0.0.1:8080/v1"


@pytest.mark.parametrize(
    "name, value, expected",
    [
        ("MEKIKI_PORT", "0", "1 to 65535"),
        ("MEKIKI_PORT", "seven", "1 to 65535"),
        ("MEKIKI_LANG", "fr", "'ja' or 'en'"),
        ("MEKIKI_LLM_URL", "localhost:8080", "http://"),
        ("MEKIKI_LLM_URL", "http://", "http://"),
        ("MEKIKI_CHROMA_URL", "ftp://host", "http://"),
        ("MEKIKI_CHROMA_URL", "http://host:99999", "http://"),
        ("MEKIKI_DATA", "a\0b", "a folder"),
        ("MEKIKI_DATA", "~nobody-of-this-name/data", "a folder"),
        ("MEKIKI_EMBEDDER", "~nobody-of-this-name/e5", "sentence-transformers"),
        ("MEKIKI_CONFIG", "~nobody-of-this-name/c.toml", "a TOML file that exists"),
        ("MEKIKI_KNOWLEDGE", os.pathsep, "folders joined by"),
        ("MEKIKI_CONFIG", "/no/such/file.toml", "a TOML file that exists"),
    ],
)
def test_an_unusable_value_names_the_variable_and_what_is_expected(name, value, expected):
    with pytest.raises(SettingsError) as caught:
        load_settings({name: value})
    assert name in str(caught.value) and expected in str(caught.value)
    japanese = caught.value.text("ja")
    assert name in japanese
    assert not japanese.split("必要な値: ")[1].isascii()


@pytest.mark.parametrize(
    "text, words",
    [
        ("prot = 1", ["'prot'", "'port'"]),
        ("zzz = 1", ["'zzz'", "one of data, knowledge"]),
        ("port = 70000", ["port", "70000", "1 to 65535"]),
        ("port = ", ["a readable TOML file"]),
        ('knowledge = "a\\u0000"', ["knowledge", "folders"]),
        ("knowledge = 3", ["knowledge", "folders"]),
        ("data = 3", ["data", "a folder"]),
        ('knowledge = ["a", ""]', ["config.toml: knowledge", "folders joined by"]),
        ("data = " + "[" * 5000, ["a readable TOML file"]),
    ],
)
def test_a_mistake_in_the_file_names_file_and_key(tmp_path, text, words):
    with pytest.raises(SettingsError) as caught:
        load_settings(with_file(tmp_path, text))
    assert str(tmp_path / "config.toml") in str(caught.value)
    assert all(word in str(caught.value) for word in words)


def test_a_file_in_another_encoding_is_refused_in_one_line(tmp_path):
    path = tmp_path / "config.toml"
    path.write_bytes('data = "資料"'.encode("cp932"))
    with pytest.raises(SettingsError, match="UTF-8"):
        load_settings({"MEKIKI_CONFIG": str(path)})


def test_a_byte_order_mark_as_windows_editors_write_it_is_no_problem(tmp_path):
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xef\xbb\xbfport = 8000")
    assert load_settings({"MEKIKI_CONFIG": str(path)}).port == 8000


def test_misspelt_variables_are_found_with_the_nearest():
    environ = {"MEKIKI_KNOWLEGDE": "x", "MEKIKI_XYZ": "x", "MEKIKI_DATA": "x", "MEKIKI_CONFIG": "x", "PATH": "x"}
    assert unknown_variables(environ) == {"MEKIKI_KNOWLEGDE": "MEKIKI_KNOWLEDGE", "MEKIKI_XYZ": None}


@pytest.mark.parametrize(
    "written, value, expected",
    [
        ("", "/m.gguf", 'chat_model = "/m.gguf"\n'),
        ("", None, ""),
        ('# mine\ndata = "d"  # kept\n', "/m.gguf", '# mine\ndata = "d"  # kept\nchat_model = "/m.gguf"\n'),
        ('chat_model = "old"\nport = 8000\n', "/資料.gguf", 'port = 8000\nchat_model = "/資料.gguf"\n'),
        ('chat_model = "old"\nknowledge = [\n  "a",\n]\n', None, 'knowledge = [\n  "a",\n]\n'),
        ('chat_model = """\nold"""\nport = 8000', None, "port = 8000\n"),
        ('"chat_model" = "old"\nport = 8000', "/m", 'port = 8000\nchat_model = "/m"\n'),
    ],
)
def test_a_setting_is_written_and_the_rest_of_the_file_kept(tmp_path, monkeypatch, written, value, expected):
    for name, one in with_file(tmp_path, written).items():
        monkeypatch.setenv(name, one)
    path = save_setting("chat_model", value)
    assert path.read_text(encoding="utf-8") == expected


def test_a_settings_file_that_cannot_be_written_is_told_in_both_languages(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setattr(module, "config_file", lambda: tmp_path / "file" / "config.toml")
    monkeypatch.setattr(module, "_read_file", lambda path, required: ({}, ""))
    with pytest.raises(SettingsError, match="a file that can be written") as caught:
        save_setting("chat_model", None)
    assert "書き込めるファイル" in caught.value.text("ja")


def test_the_language_is_known_even_when_another_setting_is_not(tmp_path):
    assert language_wish({"MEKIKI_LANG": "ja_JP.UTF-8", "MEKIKI_PORT": "x"}) == "ja"
    assert language_wish(with_file(tmp_path, 'lang = "ja"\nport = 70000')) == "ja"
    assert language_wish(with_file(tmp_path, 'lang = "fr"')) is None
    assert language_wish(with_file(tmp_path, "port = ")) is None
