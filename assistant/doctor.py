"""Look at everything Mekiki stands on, and say per thing what was found and the next step for what is missing."""

import contextlib
import ctypes
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import urlsplit

from assistant import offline
from assistant.errors import MekikiError
from assistant.machine import Machine
from assistant.settings import Settings, unknown_variables

Sentence = dict[str, str]
GIB = 1024**3
SERVER_SECONDS = 2.0
LOW_DISK_GIB = 1.0  # the index takes some MB, one better chat model 2 to 20 GB
LOW_RAM_MIB = 1500  # the serving process takes about 1 GB with the embedder loaded


@dataclass(frozen=True, slots=True)
class Check:
    """One line: `ok` is True, False (something must be done) or None (works without; it could be better).

    `detail` and `next_step` map "ja" and "en" to a sentence; `next_step` is empty when nothing is to be done.
    """

    name: str
    ok: bool | None
    detail: Sentence
    next_step: Sentence = field(default_factory=dict)


def _say(en: str, ja: str) -> Sentence:
    return {"en": en, "ja": ja}


def _both(text: str) -> Sentence:
    return {"en": text, "ja": text}


def diagnose(settings: Settings, machine: Machine | None = None) -> list[Check]:
    """Return every check in a fixed order. Never raises: a check that breaks is itself a finding.

    Args:
        settings: as loaded; a chat-model server they name is asked for its models, nothing else is connected to.
        machine: this machine, detected when None.
    """
    if machine is None:
        from assistant.hardware import detect

        machine = detect()
    found: list[tuple[str, Callable[[], Check]]] = [
        ("Python", _python),
        ("settings", lambda: _settings(settings)),
        ("hardware", lambda: _hardware(machine)),
        ("llama.cpp", lambda: _llama(machine)),
        ("reader", _reader),
        ("embedder", lambda: _embedder(settings)),
        ("chat model", lambda: _chat_model(settings)),
        ("chat server", lambda: _server(settings)),
        ("catalog", lambda: _catalog(settings)),
        ("index", lambda: _index(settings)),
        ("data folder", lambda: _data(settings)),
        ("disk", lambda: _disk(settings)),
        ("memory", lambda: _memory(machine)),
        ("offline", lambda: _offline(settings)),
    ]
    checks = []
    for name, check in found:
        try:
            checks.append(check())
        except MekikiError as error:
            checks.append(Check(name, False, {"en": error.text("en"), "ja": error.text("ja")}))
        except Exception as error:  # the doctor must finish; what broke here is shown as it is
            checks.append(Check(name, False, _both(f"{type(error).__name__}: {error}")))
    return checks


def _python() -> Check:
    text = f"{platform.python_version()}, {sys.executable}"
    with contextlib.suppress(PackageNotFoundError):  # a source tree that was not installed has no version
        text = f"{text}, mekiki {version('mekiki')}"
    return Check("Python", True, _both(text))


def _settings(settings: Settings) -> Check:
    """Name every value that is not a default, and variables that no setting has."""
    words = {"file": _say("file", "設定ファイル"), "variable": _say("variable", "環境変数")}
    parts: dict[str, list[str]] = {"en": [], "ja": []}
    for name in type(settings).model_fields:
        origin = settings.origin(name)
        if origin != "default":
            value = getattr(settings, name)
            shown = os.pathsep.join(map(str, value)) if isinstance(value, tuple) else value
            for language in parts:
                parts[language].append(f"{name} = {shown} ({words[origin][language]})")
    if settings.file:
        for language in parts:
            parts[language].insert(0, str(settings.file))
    detail = _say("; ".join(parts["en"]) or "all defaults", "、".join(parts["ja"]) or "すべて既定値")
    missing = [str(one) for one in settings.knowledge if settings.origin("knowledge") != "default" and not one.is_dir()]
    if missing:
        folders = ", ".join(missing)
        return Check(
            "settings", False, detail,
            _say(f"no such knowledge folder: {folders}", f"知識フォルダーがありません: {folders}"),
        )  # fmt: skip
    if unknown := unknown_variables():
        en = ", ".join(f"{name} ({near}?)" if near else name for name, near in unknown.items())
        return Check("settings", None, detail, _say(f"unknown and ignored: {en}", f"知らない環境変数（無視）: {en}"))
    return Check("settings", True, detail)


def _hardware(machine: Machine) -> Check:
    gpus = ", ".join(f"{one.name} {one.total_mib / 1024:.1f} GB" for one in machine.gpus)
    how = "; ".join(machine.reasons)
    text = (gpus or f"{machine.cpu or 'CPU'} x{machine.cores or '?'}") + (f" [{how}]" if how else "")
    if machine.gpus:
        return Check("hardware", True, _both(text))
    return Check(
        "hardware", None, _say(f"no GPU: {text}", f"GPU なし: {text}"),
        _say("models run on the processor, slower; a GPU that is there but not listed needs its driver",
             "モデルは CPU で動きます（遅め）。GPU があるのに出ないときはドライバーを確認してください"),
    )  # fmt: skip


def _llama(machine: Machine) -> Check:
    """Compare what this build of llama.cpp can use with what the machine has."""
    try:
        import llama_cpp
    except (ImportError, OSError, RuntimeError) as error:  # RuntimeError: its shared library does not load
        return Check("llama.cpp", False, _both(str(error)), _say("make run", "make run"))
    devices = llama_devices()
    offload = bool(llama_cpp.llama_supports_gpu_offload())
    text = f"llama-cpp-python {llama_cpp.__version__}, " + (", ".join(devices) or "CPU")
    wanted = next((one.backend for one in machine.gpus), "cpu")
    if machine.gpus and not offload:
        name = machine.gpus[0].name
        return Check(
            "llama.cpp", None, _both(text),
            _say(f"{name} is there, but this build is for the processor only: make run GPU={wanted}",
                 f"{name} がありますが、このビルドは CPU 専用です: make run GPU={wanted}"),
        )  # fmt: skip
    if offload and len(devices) <= 1 and not machine.gpus:
        return Check(
            "llama.cpp", None, _both(text),
            _say("this build can use a GPU, but none answers; check the driver, or: make run GPU=cpu",
                 "GPU 対応ビルドですが GPU が応答しません。ドライバーを確認するか: make run GPU=cpu"),
        )  # fmt: skip
    return Check("llama.cpp", True, _both(text))


def llama_devices() -> tuple[str, ...]:
    """Return the devices that this build of llama.cpp sees, as "CUDA0 (NVIDIA GeForce RTX 4090)"; () when unknown."""
    import llama_cpp

    library = getattr(llama_cpp.llama_cpp, "_lib", None)
    try:
        count, get = library.ggml_backend_dev_count, library.ggml_backend_dev_get  # type: ignore[union-attr]
        name, description = library.ggml_backend_dev_name, library.ggml_backend_dev_description  # type: ignore[union-attr]
    except AttributeError:
        return ()
    count.restype, get.restype, get.argtypes = ctypes.c_size_t, ctypes.c_void_p, [ctypes.c_size_t]
    for function in (name, description):
        function.restype, function.argtypes = ctypes.c_char_p, [ctypes.c_void_p]
    llama_cpp.llama_backend_init()
    found = []
    for number in range(count()):
        device = get(number)
        found.append(f"{name(device).decode('utf-8', 'replace')} ({description(device).decode('utf-8', 'replace')})")
    return tuple(found)


def _weights(name: str, folder: Path, patterns: tuple[str, ...]) -> Check:
    files = sorted(one for pattern in patterns for one in folder.glob(pattern))
    size = sum(one.stat().st_size for one in files) / 1e6
    if files and size > 0:
        detail = f"{files[0].name}, {size:.1f} MB"
        return Check(name, True, _say(f"built-in: {detail}", f"内蔵: {detail}"))
    return Check(
        name, False, _say(f"built-in weights are missing in {folder}", f"内蔵の重みがありません: {folder}"),
        _say("get a complete copy of Mekiki (git checkout, or the wheel again)",
             "Mekiki を完全な形で入れ直してください（git checkout、または wheel）"),
    )  # fmt: skip


def _reader() -> Check:
    return _weights("reader", Path(__file__).parent / "reader" / "weights", ("*.gguf",))


def _embedder(settings: Settings) -> Check:
    import index

    folder = Path(index.__file__ or "").parent / "embedder" / "weights"
    builtin = _weights("embedder", folder, ("*.safetensors", "*.npz", "**/*.safetensors"))
    if settings.embedder is None or not builtin.ok:
        return builtin
    from index.embedder.models import open_embedder

    return Check("embedder", True, _both(open_embedder(settings.embedder).id))


def _chat_model(settings: Settings) -> Check:
    """Check the GGUF that writes the prose; without one, templates write the same facts."""
    path = settings.chat_model
    if path is None:
        step = _say(
            "for freer prose: MEKIKI_CHAT_MODEL=/path/to/model.gguf",
            "より自然な文章には: MEKIKI_CHAT_MODEL=/path/to/model.gguf",
        )
        ok = True if settings.llm_url else None
        return Check(
            "chat model",
            ok,
            _say("none: templates write the answers", "なし: テンプレートが回答を書きます"),
            {} if ok else step,
        )
    again = _say(
        "give the path of a GGUF file in MEKIKI_CHAT_MODEL",
        "MEKIKI_CHAT_MODEL に GGUF ファイルのパスを指定してください",
    )
    try:
        with path.open("rb") as stream:
            magic = stream.read(4)
        size = path.stat().st_size
    except OSError as error:
        return Check("chat model", False, _both(f"{path}: {error.strerror or error}"), again)
    if magic != b"GGUF":
        return Check(
            "chat model", False, _say(f"{path}: not a GGUF file", f"{path}: GGUF ファイルではありません"), again
        )
    return Check("chat model", True, _both(f"{path}, {size / 1e9:.1f} GB"))


def _server(settings: Settings) -> Check:
    url = settings.llm_url
    if url is None:
        return Check("chat server", None, _say("none configured", "設定なし"))
    names, problem = ask_server(url)
    if problem:
        return Check(
            "chat server", False, _both(f"{url}: {problem}"),
            _say("start it, or unset MEKIKI_LLM_URL; templates write the answers meanwhile",
                 "サーバーを起動するか MEKIKI_LLM_URL を外してください。それまではテンプレートが回答を書きます"),
        )  # fmt: skip
    return Check("chat server", True, _both(f"{url}: " + (", ".join(names[:3]) or "?")))


def ask_server(url: str, seconds: float = SERVER_SECONDS) -> tuple[list[str], str]:
    """Return the models an OpenAI-compatible server lists and "", or [] and why it does not answer."""
    import json
    import urllib.error
    import urllib.request

    # A company's proxy must not be asked for this machine's own addresses.
    local = urlsplit(url).hostname in offline.LOOPBACK
    handlers = [urllib.request.ProxyHandler({})] if local else []
    try:
        with urllib.request.build_opener(*handlers).open(f"{url}/models", timeout=seconds) as reply:
            listed = json.loads(reply.read(1_000_000))["data"]
        return [str(one["id"]) for one in listed], ""
    except urllib.error.HTTPError as error:
        error.close()
        return [], f"HTTP {error.code}"
    except urllib.error.URLError as error:
        return [], str(getattr(error.reason, "strerror", None) or error.reason)
    except OSError as error:
        return [], error.strerror or type(error).__name__
    except (ValueError, KeyError, TypeError):
        return [], "not an OpenAI-compatible answer"


def _catalog(settings: Settings) -> Check:
    from knowledge.catalog import load_catalog

    catalog = load_catalog(settings.data / "catalog")
    own = sum(model.user for model in catalog.models.values())
    detail = _say(
        f"{len(catalog.models)} models ({own} your own), {len(catalog.gpus)} GPUs",
        f"モデル {len(catalog.models)} 件（うち自分のもの {own} 件）、GPU {len(catalog.gpus)} 件",
    )
    if catalog.problems:
        first = catalog.problems[0]
        where = f"{first.path}: {first.field}: {first.found}"
        more = len(catalog.problems)
        return Check(
            "catalog",
            False,
            detail,
            _say(f"{more} entries left out, first {where}", f"{more} 件を読めません。最初は {where}"),
        )
    return Check("catalog", True, detail)


def _index(settings: Settings) -> Check:
    """Tell how many documents are searchable; looks only, builds nothing."""
    from index.library import open_index
    from knowledge.catalog import load_catalog

    later = Check(
        "index", None, _say("not built yet", "まだ作られていません"),
        _say("it is built on first use; now: mekiki index sync", "初回に作られます。今作るなら: mekiki index sync"),
    )  # fmt: skip
    if not (settings.data / "index").is_dir():
        return later  # opening it would create it
    library = open_index(
        settings.data, user_folders=settings.knowledge, catalog=load_catalog(settings.data / "catalog"),
        embedder=settings.embedder, chroma_url=settings.chroma_url,
    )  # fmt: skip
    try:
        status = library.status()
    finally:
        library.close()
    if status.generation == 0:
        return later
    done = sum(one.state == "indexed" for one in status.files)
    detail = _say(
        f"{done} of {len(status.files)} files, {status.passages} passages, {status.embedder}",
        f"{len(status.files)} ファイル中 {done}、{status.passages} 個の断片、{status.embedder}",
    )
    failed = [one for one in status.files if one.state in ("failed", "needs_ocr")]
    if failed:
        first = failed[0]
        en, ja = first.reason.get("en", first.state), first.reason.get("ja", first.state)
        return Check(
            "index", None, detail,
            _say(f"{len(failed)} not readable, first {first.file}: {en}",
                 f"{len(failed)} 件が読めません。最初は {first.file}: {ja}"),
        )  # fmt: skip
    if status.notes:
        return Check("index", None, detail, status.notes[0])
    return Check("index", True, detail)


def _existing(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that exists."""
    return next(one for one in (folder, *folder.parents) if one.exists())


def _data(settings: Settings) -> Check:
    place = _existing(settings.data)
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        return Check(
            "data folder", False, _both(f"{settings.data}: {error.strerror or error}"),
            _say("name a folder that can be written: MEKIKI_DATA=...",
                 "書き込めるフォルダーを指定してください: MEKIKI_DATA=..."),
        )  # fmt: skip
    if place == settings.data:
        return Check("data folder", True, _both(str(settings.data)))
    return Check("data folder", True, _say(f"{settings.data} (to be created)", f"{settings.data}（これから作成）"))


def _disk(settings: Settings) -> Check:
    free = shutil.disk_usage(_existing(settings.data)).free / GIB
    detail = _say(f"{free:.1f} GiB free", f"空き {free:.1f} GiB")
    if free < LOW_DISK_GIB:
        return Check("disk", False, detail, _say("free some space", "空きを増やしてください"))
    return Check("disk", True, detail)


def _memory(machine: Machine) -> Check:
    if machine.ram_total_mib is None or machine.ram_free_mib is None:
        return Check("memory", None, _say("unknown", "不明"))
    total, free = machine.ram_total_mib / 1024, machine.ram_free_mib / 1024
    detail = _say(f"{free:.1f} of {total:.1f} GiB RAM free", f"RAM {total:.1f} GiB 中 {free:.1f} GiB が空き")
    if machine.ram_free_mib < LOW_RAM_MIB:
        return Check("memory", None, detail, _say("close other programs", "他のプログラムを閉じてください"))
    return Check("memory", True, detail)


def _offline(settings: Settings) -> Check:
    """Tell whether anything could leave this machine: library telemetry, or servers that the user configured."""
    silent = offline.problems()
    if silent:
        names = ", ".join(silent)
        return Check(
            "offline", False, _say(f"not switched off: {names}", f"止まっていません: {names}"),
            _say("start through the `mekiki` command", "`mekiki` コマンドから起動してください"),
        )  # fmt: skip
    hosts = [urlsplit(one).hostname or "" for one in (settings.llm_url, settings.chroma_url) if one]
    remote = ", ".join(host for host in hosts if host not in offline.LOOPBACK)
    if remote:
        return Check(
            "offline", None,
            _say(f"questions and passages go to {remote}", f"質問と文書の断片が {remote} へ送られます"),
            _say("as configured: MEKIKI_LLM_URL, MEKIKI_CHROMA_URL", "設定値: MEKIKI_LLM_URL, MEKIKI_CHROMA_URL"),
        )  # fmt: skip
    return Check("offline", True, _say("nothing leaves this machine", "このマシンの外へは何も送りません"))
