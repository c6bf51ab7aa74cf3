"""Every error a person can meet. Imports nothing, so that every room may raise these.

    MekikiError
    ├── SettingsError        a setting or variable has an unusable value
    ├── CatalogError         an entry is malformed or contradicts itself
    ├── DocumentError        a document cannot be read; listed with the reason, the rest is indexed
    ├── IndexBroken          the index cannot be opened or written
    ├── EmbedderError        the embedding model is absent or does not load
    ├── ModelFileError       a GGUF file is absent, damaged or not loadable
    ├── ServerError          a language-model or Chroma server does not answer
    ├── PageError            the page cannot be served (port taken, address not allowed)
    └── ToolError            a tool's arguments are unusable; the text says what to do next
        ├── UnknownModel     no entry has this name
        ├── UnknownGpu       no GPU has this name
        └── BadArguments     an argument is missing, unknown or out of range
            └── ApiOnly      the model has no public weights to load

Each class holds its sentence in both languages: `str(error)` is English, `error.text("ja")` Japanese. A sentence says
what was found, what was expected and what to do next.
"""

from typing import Any, ClassVar


class MekikiError(Exception):
    """A problem that a person can understand and mend. Keyword values fill the class's sentences."""

    en: ClassVar[str] = "{reason}"
    ja: ClassVar[str] = "{reason_ja}"

    def __init__(self, **values: Any) -> None:
        """Keep the values; `reason_ja` defaults to `reason`."""
        self.values = {"reason_ja": values.get("reason", ""), **values}
        super().__init__(self.text("en"))

    def text(self, language: str) -> str:
        """Return the sentence in "ja" or "en"."""
        return (self.ja if language == "ja" else self.en).format(**self.values)

    def texts(self) -> dict[str, str]:
        """Return the sentence in both languages: language -> sentence."""
        return {language: self.text(language) for language in ("en", "ja")}


class SettingsError(MekikiError):
    """A setting or variable has an unusable value."""

    en = "setting {name}: found {found!r}, expected {expected}"
    ja = "設定 {name}: {found!r} は使えません。必要な値: {expected_ja}"

    def __init__(self, *, name: str, found: Any, expected: str, expected_ja: str | None = None) -> None:
        """Describe one setting; `expected_ja` defaults to `expected`."""
        super().__init__(name=name, found=found, expected=expected, expected_ja=expected_ja or expected)


class CatalogError(MekikiError):
    """An entry is malformed or contradicts itself."""

    en = "{path}: {field}: found {found!r}, expected {expected}; the entry was left out"
    ja = "{path}: {field}: {found!r} は使えません（必要な値: {expected_ja}）。この項目は読み込みませんでした"

    def __init__(self, *, path: Any, field: str, found: Any, expected: str, expected_ja: str | None = None) -> None:
        """Describe one field; `expected_ja` defaults to `expected`."""
        super().__init__(path=path, field=field, found=found, expected=expected, expected_ja=expected_ja or expected)


class DocumentError(MekikiError):
    """A document cannot be read."""


class IndexBroken(MekikiError):
    """The index cannot be opened or written."""


class EmbedderError(MekikiError):
    """The embedding model is absent or does not load."""


class ModelFileError(MekikiError):
    """A GGUF file is absent, damaged or not loadable."""

    en = "{path}: {reason}"
    ja = "{path}: {reason_ja}"


class ServerError(MekikiError):
    """A language-model or Chroma server does not answer as expected."""

    en = "{url}: {reason}"
    ja = "{url}: {reason_ja}"


class PageError(MekikiError):
    """The page cannot be served."""


class ToolError(MekikiError):
    """A tool's arguments are unusable."""


class UnknownModel(ToolError):
    """No catalog entry has this name. Values: name, nearest (a tuple of ids, possibly empty)."""

    en = "no model {name!r} in the catalog; {hint}"
    ja = "カタログにモデル {name!r} はありません。{hint_ja}"

    def __init__(self, name: str, nearest: tuple[str, ...] = ()) -> None:
        """Turn the nearest ids into the next step."""
        self.nearest = nearest
        names = ", ".join(repr(one) for one in nearest)
        super().__init__(
            name=name,
            hint=(f"nearest: {names}" if nearest else "see `mekiki catalog list`")
            + "; `mekiki fit` also takes a GGUF file or a folder with config.json",
            hint_ja=(f"近い名前: {names}" if nearest else "`mekiki catalog list` で一覧を見られます")
            + "。`mekiki fit` には GGUF ファイルや config.json のあるフォルダーも渡せます",
        )


class UnknownGpu(ToolError):
    """No GPU has this name. Values: name, nearest (a tuple of names, possibly empty)."""

    en = "no GPU {name!r} is known; {hint}"
    ja = "GPU {name!r} は登録されていません。{hint_ja}"

    def __init__(self, name: str, nearest: tuple[str, ...] = ()) -> None:
        """Turn the nearest names into the next step."""
        self.nearest = nearest
        names = ", ".join(repr(one) for one in nearest)
        super().__init__(
            name=name,
            hint=f"nearest: {names}; or give its memory in GB" if nearest else "give its memory in GB instead",
            hint_ja=f"近い名前: {names}。メモリ容量でも指定できます"
            if nearest
            else "メモリ容量（GB）で指定してください",
        )


class BadArguments(ToolError):
    """An argument is missing, unknown or out of range. Values: name, found, expected, expected_ja."""

    en = "argument {name}: found {found!r}, expected {expected}"
    ja = "引数 {name}: {found!r} は使えません。必要な値: {expected_ja}"

    def __init__(self, name: str, found: Any, expected: str, expected_ja: str | None = None) -> None:
        """Describe one argument."""
        super().__init__(name=name, found=found, expected=expected, expected_ja=expected_ja or expected)


class ApiOnly(BadArguments):
    """The model has no public weights, so questions about memory have no answer. Value: name."""

    en = (
        "only an API offers {name}: its weights are not public, so it runs on no machine of yours; "
        "ask for its price, or for a model that does"
    )
    ja = (
        "{name} はAPI専用です。重みが公開されていないので、手元の機械では動かせません。"
        "料金や、代わりに手元で動くモデルなら答えられます"
    )

    def __init__(self, name: str) -> None:
        """Name the model."""
        ToolError.__init__(self, name=name)
