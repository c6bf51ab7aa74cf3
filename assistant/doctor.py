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
from assistant.errors import MekikiError, ModelFileError
from assistant.hardware.machine import Machine
from assistant.llm import ask_server, check_gguf
from assistant.sentences import both, join, say
from assistant.settings import Settings, unknown_variables

Sentence = dict[str, str]
GIB = 1024**3
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

    @property
    def label(self) -> Sentence:
        """What is checked, in words."""
        return both("doctor.name." + self.name.replace(" ", "_").replace(".", "_"))


def _told(key: str, /, **values: object) -> Sentence:
    return both(f"doctor.{key}", **values)


def _same(text: str) -> Sentence:
    return {"en": text, "ja": text}


def diagnose(settings: Settings, machine: Machine | None = None) -> list[Check]:
    """Return every check in a fixed order. Never raises: a check that breaks is itself a finding.

    Args:
        settings: as loaded; a chat-model server they name is asked for its models, nothing else is connected to.
        machine: this machine, detected when None.
    """
    if machine is None:
        from assistant.hardware.detect import detect

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
            checks.append(Check(name, False, error.texts()))
        except Exception as error:  # the doctor must finish; what broke here is shown as it is
            checks.append(Check(name, False, _same(f"{type(error).__name__}: {error}")))
    return checks


def _python() -> Check:
    text = f"{platform.python_version()}, {sys.executable}"
    with contextlib.suppress(PackageNotFoundError):  # a source tree that was not installed has no version
        text = f"{text}, mekiki {version('mekiki')}"
    return Check("Python", True, _same(text))


def _settings(settings: Settings) -> Check:
    """Name every value that is not a default, and variables that no setting has."""
    parts = [_same(str(settings.file))] if settings.file else []
    for name in type(settings).model_fields:
        origin = settings.origin(name)
        if origin != "default":
            value = getattr(settings, name)
            shown = os.pathsep.join(map(str, value)) if isinstance(value, tuple) else value
            parts.append(_told(f"from_{origin}", name=name, value=shown))
    detail = {one: join(one, [part[one] for part in parts]) for one in ("en", "ja")} if parts else _told("defaults")
    missing = [str(one) for one in settings.knowledge if settings.origin("knowledge") != "default" and not one.is_dir()]
    if missing:
        return Check("settings", False, detail, _told("no_folder", folders=", ".join(missing)))
    if unknown := unknown_variables():
        names = ", ".join(f"{name} ({near}?)" if near else name for name, near in unknown.items())
        return Check("settings", None, detail, _told("unknown_variables", names=names))
    return Check("settings", True, detail)


def _hardware(machine: Machine) -> Check:
    gpus = ", ".join(f"{one.name} {one.total_mib / 1024:.1f} GB" for one in machine.gpus)
    how = "; ".join(machine.reasons)
    text = (gpus or f"{machine.cpu or 'CPU'} x{machine.cores or '?'}") + (f" [{how}]" if how else "")
    if machine.gpus:
        return Check("hardware", True, _same(text))
    return Check("hardware", None, _told("no_gpu", text=text), _told("no_gpu_step"))


def _llama(machine: Machine) -> Check:
    """Compare what this build of llama.cpp can use with what the machine has."""
    try:
        import llama_cpp
    except (ImportError, OSError, RuntimeError) as error:  # RuntimeError: its shared library does not load
        return Check("llama.cpp", False, _same(str(error)), _same("make run"))
    devices = llama_devices()
    offload = bool(llama_cpp.llama_supports_gpu_offload())
    text = f"llama-cpp-python {llama_cpp.__version__}, " + (", ".join(devices) or "CPU")
    wanted = next((one.backend for one in machine.gpus), "cpu")
    if machine.gpus and not offload:
        step = _told("cpu_build", name=machine.gpus[0].name, wanted=wanted)
        return Check("llama.cpp", None, _same(text), step)
    if offload and len(devices) <= 1 and not machine.gpus:
        return Check("llama.cpp", None, _same(text), _told("gpu_build"))
    return Check("llama.cpp", True, _same(text))


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
        return Check(name, True, _told("built_in", detail=f"{files[0].name}, {size:.1f} MB"))
    return Check(name, False, _told("no_weights", folder=folder), _told("no_weights_step"))


def _reader() -> Check:
    return _weights("reader", Path(__file__).parent / "reader" / "weights", ("*.gguf",))


def _embedder(settings: Settings) -> Check:
    import index

    folder = Path(index.__file__ or "").parent / "embedder" / "weights"
    builtin = _weights("embedder", folder, ("*.safetensors", "*.npz", "**/*.safetensors"))
    if settings.embedder is None or not builtin.ok:
        return builtin
    from index.embedder.models import open_embedder

    return Check("embedder", True, _same(open_embedder(settings.embedder).id))


def _chat_model(settings: Settings) -> Check:
    """Check the GGUF that writes the prose; without one, templates write the same facts."""
    path = settings.chat_model
    if path is None:
        if settings.llm_url:
            return Check("chat model", True, _told("server_writes"))
        return Check("chat model", None, _told("templates"), _told("chat_model_step"))
    try:
        check_gguf(path)
        size = path.stat().st_size
    except ModelFileError as error:
        return Check("chat model", False, error.texts(), _told("gguf_step"))
    return Check("chat model", True, _same(f"{path}, {size / 1e9:.1f} GB"))


def _server(settings: Settings) -> Check:
    url = settings.llm_url
    if url is None:
        return Check("chat server", None, _told("no_server"))
    names, problem = ask_server(url)
    if problem:
        return Check("chat server", False, _same(f"{url}: {problem}"), _told("server_step"))
    return Check("chat server", True, _same(f"{url}: " + (", ".join(names[:3]) or "?")))


def _catalog(settings: Settings) -> Check:
    from knowledge.catalog import load_catalog

    catalog = load_catalog(settings.data / "catalog")
    own = sum(model.user for model in catalog.models.values())
    detail = _told("catalog", models=len(catalog.models), own=own, gpus=len(catalog.gpus))
    if catalog.problems:
        first = catalog.problems[0]
        where = f"{first.path}: {first.field}: {first.found}"
        return Check("catalog", False, detail, _told("left_out", count=len(catalog.problems), first=where))
    return Check("catalog", True, detail)


def _index(settings: Settings) -> Check:
    """Tell how many documents are searchable; looks only, builds nothing."""
    from index.library import open_index
    from knowledge.catalog import load_catalog

    later = Check("index", None, _told("no_index"), _told("no_index_step"))
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
    counts = {"done": done, "files": len(status.files), "passages": status.passages}
    detail = _told("index", **counts, embedder=status.embedder)
    failed = [one for one in status.files if one.state in ("failed", "needs_ocr")]
    if failed:
        first = failed[0]
        step = {
            one: say(one, "doctor.unreadable", count=len(failed), file=first.file,
                     reason=first.reason.get(one) or say(one, f"index.{first.state}"))
            for one in ("en", "ja")
        }  # fmt: skip
        return Check("index", None, detail, step)
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
        return Check("data folder", False, _same(f"{settings.data}: {error.strerror or error}"), _told("data_step"))
    if place == settings.data:
        return Check("data folder", True, _same(str(settings.data)))
    return Check("data folder", True, _told("data_later", folder=settings.data))


def _disk(settings: Settings) -> Check:
    free = shutil.disk_usage(_existing(settings.data)).free / GIB
    detail = _told("disk", free=f"{free:.1f}")
    if free < LOW_DISK_GIB:
        return Check("disk", False, detail, _told("disk_step"))
    return Check("disk", True, detail)


def _memory(machine: Machine) -> Check:
    if machine.ram_total_mib is None or machine.ram_free_mib is None:
        return Check("memory", None, both("unknown"))
    total, free = machine.ram_total_mib / 1024, machine.ram_free_mib / 1024
    detail = _told("memory", free=f"{free:.1f}", total=f"{total:.1f}")
    if machine.ram_free_mib < LOW_RAM_MIB:
        return Check("memory", None, detail, _told("memory_step"))
    return Check("memory", True, detail)


def _offline(settings: Settings) -> Check:
    """Tell whether anything could leave this machine: library telemetry, or servers that the user configured."""
    silent = offline.problems()
    if silent:
        return Check("offline", False, _told("not_silent", names=", ".join(silent)), _told("not_silent_step"))
    hosts = [urlsplit(one).hostname or "" for one in (settings.llm_url, settings.chroma_url) if one]
    remote = ", ".join(host for host in hosts if host not in offline.LOOPBACK)
    if remote:
        return Check("offline", None, _told("remote", hosts=remote), _told("remote_step"))
    return Check("offline", True, _told("offline"))
