"""Settings: one TOML file and MEKIKI_* variables, each value with where it came from.

A variable wins over the file, the file over the default. The file is `config.toml` in the user's configuration folder,
or the one that MEKIKI_CONFIG names. Reading settings touches no other file and creates nothing.
"""

import difflib
import json
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

import platformdirs
from pydantic import Field, PrivateAttr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from assistant.errors import SettingsError

Origin = Literal["default", "file", "variable"]
PREFIX = "MEKIKI_"
CONFIG_VARIABLE = "MEKIKI_CONFIG"
_PATHS = ("data", "chat_model")
_URLS = ("llm_url", "chroma_url")
_EXPECTED = {
    "data": ("a folder", "フォルダー"),
    "knowledge": (
        f"folders joined by {os.pathsep!r} (in the file: a list)",
        f"{os.pathsep!r} で区切ったフォルダー（ファイルではリスト）",
    ),
    "chat_model": ("a GGUF file", "GGUF ファイル"),
    "llm_url": ("an address such as 'http://127.0.0.1:8080/v1'", "'http://127.0.0.1:8080/v1' のようなアドレス"),
    "chroma_url": ("an address such as 'http://127.0.0.1:8000'", "'http://127.0.0.1:8000' のようなアドレス"),
    "embedder": (
        "'builtin' or the folder of a sentence-transformers model",
        "'builtin' か sentence-transformers モデルのフォルダー",
    ),
    "reranker": ("the folder of a sentence-transformers CrossEncoder", "CrossEncoder のフォルダー"),
    "lang": ("'ja' or 'en'", "'ja' か 'en'"),
    "port": ("a whole number from 1 to 65535", "1 から 65535 までの整数"),
}
_EXPECTED_FILE = ("a TOML file that exists", "存在する TOML ファイル")


def _default_data() -> Path:
    """Return the per-user data folder of this operating system."""
    return Path(platformdirs.user_data_dir("mekiki", appauthor=False))


class Settings(BaseSettings):
    """Every setting. Unset variables and empty ones count as not given.

    `knowledge` holds the user's document folders; by default one, `knowledge` inside `data`. Paths are absolute.
    `embedder` None, also written "builtin", is the built-in one.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True)

    data: Path = Field(default_factory=_default_data)
    knowledge: Annotated[tuple[Path, ...], NoDecode] = Field(
        default_factory=lambda values: (Path(values.get("data", _default_data())) / "knowledge",)
    )
    chat_model: Path | None = None
    llm_url: str | None = None
    chroma_url: str | None = None
    embedder: str | None = None
    reranker: str | None = None
    lang: Literal["ja", "en"] | None = None
    port: Annotated[int, Field(ge=1, le=65535)] = 7860

    _origins: dict[str, Origin] = PrivateAttr(default_factory=dict)
    _file: Path | None = PrivateAttr(default=None)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take given values only: `load_settings` merges the file and the variables itself, to know their origins."""
        return (init_settings,)

    @field_validator(*_PATHS, mode="before")
    @classmethod
    def _absolute(cls, value: Any) -> Any:
        return _folder(value) if isinstance(value, str | Path) else value

    @field_validator("knowledge", mode="before")
    @classmethod
    def _folders(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = [part for part in value.split(os.pathsep) if part.strip()]
        if isinstance(value, Path):
            value = [value]
        if not isinstance(value, list | tuple) or not value:
            raise ValueError("no folder")
        return tuple(dict.fromkeys(_folder(one) if isinstance(one, str | Path) else one for one in value))

    @field_validator(*_URLS)
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value.strip())
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
            raise ValueError("not an http address")
        return value.strip().rstrip("/")

    @field_validator("embedder", "reranker")
    @classmethod
    def _model(cls, value: str | None) -> str | None:
        """Return None for the built-in embedder and no reranker, a path with `~` expanded, or a name as given."""
        value = (value or "").strip()
        if value in ("", "builtin"):
            return None
        return str(_folder(value)) if value.startswith("~") else value

    @field_validator("lang", mode="before")
    @classmethod
    def _language(cls, value: Any) -> Any:
        """Accept what LANG looks like: "ja_JP.UTF-8", "EN"."""
        return _language_code(value) if isinstance(value, str) else value

    @property
    def file(self) -> Path | None:
        """The TOML file that was read, None without one."""
        return self._file

    def origin(self, name: str) -> Origin:
        """Return where a value came from: "default", "file" or "variable"."""
        return self._origins.get(name, "default")

    def with_origins(self, origins: Mapping[str, Origin], file: Path | None) -> Self:
        """Remember where the values came from; returns the same settings."""
        self._origins.update(origins)
        self._file = file
        return self


def _language_code(text: str) -> str:
    return text.strip().lower().replace("-", "_").split(".")[0].split("_")[0]


def _folder(value: str | Path, base: Path | None = None) -> Path:
    """Return an absolute path: `~` is expanded, a relative one starts at `base` or the current folder."""
    text = str(value).strip()
    if not text or "\0" in text:
        raise ValueError("not a path")
    try:
        path = Path(text).expanduser()
    except RuntimeError:  # "~name" of nobody here
        raise ValueError("no such home folder") from None
    return path if path.is_absolute() else (base or Path.cwd()) / path


def config_file(environ: Mapping[str, str] | None = None) -> Path:
    """Return where the TOML file is looked for; it need not exist. Raises SettingsError for what is no path."""
    named = (os.environ if environ is None else environ).get(CONFIG_VARIABLE, "")
    if named.strip():
        try:
            return _folder(named)
        except ValueError:
            raise _wrong(CONFIG_VARIABLE, named, _EXPECTED_FILE) from None
    return Path(platformdirs.user_config_dir("mekiki", appauthor=False)) / "config.toml"


def _wrong(name: str, found: Any, expected: tuple[str, str]) -> SettingsError:
    """Return the error for one setting; `expected` in English and Japanese."""
    return SettingsError(name=name, found=found, expected=expected[0], expected_ja=expected[1])


def _read_file(path: Path, required: bool) -> tuple[dict[str, Any], str]:
    """Return the file's values as written, and its text. Raises SettingsError naming file and key."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        values = tomllib.loads(text)
    except FileNotFoundError:
        if required:
            raise _wrong(CONFIG_VARIABLE, str(path), _EXPECTED_FILE) from None
        return {}, ""
    except (OSError, ValueError, RecursionError) as error:  # ValueError: neither UTF-8 nor TOML
        raise _wrong(str(path), str(error), ("a readable TOML file in UTF-8", "UTF-8 の正しい TOML ファイル")) from None
    for key in values:
        if key not in Settings.model_fields:
            near = difflib.get_close_matches(key, Settings.model_fields, n=1, cutoff=0.5)
            names = repr(near[0]) if near else ", ".join(Settings.model_fields)
            raise _wrong(str(path), key, (names if near else f"one of {names}", names if near else f"{names} のどれか"))
    return values, text


def _resolved(values: dict[str, Any], path: Path) -> dict[str, Any]:
    """Return a file's values with relative paths starting at the file. Raises SettingsError naming file and key."""
    found = dict(values)
    for key in (*_PATHS, "knowledge"):
        try:
            if isinstance(found.get(key), str) and key in _PATHS:
                found[key] = _folder(found[key], path.parent)
            elif isinstance(found.get(key), list):
                found[key] = [_folder(str(one), path.parent) for one in found[key]]
        except ValueError:
            raise _wrong(f"{path}: {key}", found.get(key), _EXPECTED[key]) from None
    return found


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of this process. Raises SettingsError naming the variable or the file's key.

    Args:
        environ: the variables to read, `os.environ` by default.
    """
    environ = os.environ if environ is None else environ
    path = config_file(environ)
    values = _resolved(_read_file(path, required=bool(environ.get(CONFIG_VARIABLE, "").strip()))[0], path)
    origins: dict[str, Origin] = dict.fromkeys(values, "file")
    for name in Settings.model_fields:
        given = environ.get(PREFIX + name.upper(), "")
        if given.strip():
            values[name] = given
            origins[name] = "variable"
    try:
        settings = Settings(**values)
    except ValidationError as error:
        name = str(error.errors(include_url=False)[0]["loc"][0])
        place = PREFIX + name.upper() if origins.get(name) == "variable" else f"{path}: {name}"
        raise _wrong(place, values.get(name), _EXPECTED[name]) from None
    return settings.with_origins(origins, path if path.is_file() else None)


def language_wish(environ: Mapping[str, str] | None = None) -> Literal["ja", "en"] | None:
    """Return the language that the variable or the file asks for, even when another setting cannot be used."""
    environ = os.environ if environ is None else environ
    wish: Any = environ.get(PREFIX + "LANG", "")
    if not wish.strip():
        try:
            wish = _read_file(config_file(environ), required=False)[0].get("lang", "")
        except SettingsError:
            return None
    code = _language_code(wish) if isinstance(wish, str) else ""
    return "ja" if code == "ja" else "en" if code == "en" else None


def unknown_variables(environ: Mapping[str, str] | None = None) -> dict[str, str | None]:
    """Return MEKIKI_* variables that no setting has (a typing error, mostly) with the nearest one that exists."""
    known = [PREFIX + name.upper() for name in Settings.model_fields]
    found = {}
    for name in sorted(os.environ if environ is None else environ):
        if name.startswith(PREFIX) and name not in known and name != CONFIG_VARIABLE:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
            found[name] = near[0] if near else None
    return found


def save_setting(name: str, value: str | None) -> Path:
    """Write one setting into the file (None removes it) and return the file's path. Raises SettingsError.

    The other keys and the comments are kept; the file is replaced in one step.
    """
    path = config_file()
    values, text = _read_file(path, required=False)
    kept = {key: one for key, one in values.items() if key != name} | ({} if value is None else {name: value})
    lines = [line for line in text.splitlines() if not re.match(rf"\s*{name}\s*=", line)]
    if value is not None:
        lines.append(_toml_line(name, value))
    new = "".join(f"{line}\n" for line in lines)
    if _toml(new) != kept:  # the value was written over several lines, or its key in quotes
        new = "".join(_toml_line(key, one) + "\n" for key, one in kept.items())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(new, encoding="utf-8", newline="\n")
        part.replace(path)
    except OSError as error:
        why = error.strerror or str(error)
        wanted = (f"a file that can be written ({why})", f"書き込めるファイル（{why}）")
        raise _wrong(name, str(path), wanted) from error
    return path


def _toml_line(key: str, value: Any) -> str:
    return f"{key} = {json.dumps(value, ensure_ascii=False)}"


def _toml(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None
