"""Install Mekiki into .venv, showing what is built and why. Run by the system's Python: standard library only.

    python3 assistant/install.py [--dev] [--gpu cuda|vulkan|metal|rocm|cpu] [--prebuilt] [--torch-index URL]

The variables GPU, PREBUILT and TORCH_INDEX give the same choices; `make run` and `make test` pass them on.
"""

import argparse
import ctypes
import hashlib
import json
import locale
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

if sys.path and Path(sys.path[0] or ".").resolve() == Path(__file__).resolve().parent:
    sys.path.pop(0)  # a module here must not stand in for one of the standard library

ROOT = Path(__file__).resolve().parent.parent
BACKENDS = ("cuda", "vulkan", "metal", "rocm", "cpu")
CMAKE_ARGS = {
    "cuda": "-DGGML_CUDA=on", "vulkan": "-DGGML_VULKAN=on", "metal": "-DGGML_METAL=on", "rocm": "-DGGML_HIP=on",
    "cpu": "-DGGML_CUDA=off -DGGML_METAL=off -DGGML_VULKAN=off",
}  # fmt: skip
WHEELS = "https://abetlen.github.io/llama-cpp-python/whl"
WHEEL_TAGS = {"cuda": "cu124", "vulkan": "vulkan", "metal": "metal", "rocm": "rocm", "cpu": "cpu"}
STAMP = "mekiki-install.json"
PYTHONS = ("python3.11", "python3.12", "python3.13", "python3")

TEXTS = {
    "python": (
        "Python 3.11 or newer is needed, this is {found}. Install it, or: make PYTHON=/path/to/python3.11",
        "Python 3.11 以降が必要です（現在 {found}）。インストールするか make PYTHON=/path/to/python3.11 で指定します",
    ),
    "gpu": (
        "GPU={found}: not a build; use one of {known}",
        "GPU={found}: そのようなビルドはありません。{known} のいずれかを指定してください",
    ),
    "ready": ("already installed ({choice}); nothing to do", "インストール済みです（{choice}）"),
    "kept": (
        "llama.cpp build: {choice} is installed and kept; for {other} ({reason}): make run GPU={other}",
        "llama.cpp ビルド: 既存の {choice} を使います。{other} にするには（{reason}）: make run GPU={other}",
    ),
    "choice": ("llama.cpp build: {choice}, because {reason}", "llama.cpp ビルド: {choice}（理由: {reason}）"),
    "venv": ("creating the environment in {path}", "環境を {path} に作成しています"),
    "no venv": (
        "Python cannot create an environment (on Debian and Ubuntu: apt install python3-venv): {error}",
        "Python が環境を作れません（Debian、Ubuntu では apt install python3-venv）: {error}",
    ),
    "step": ("installing {what}", "{what} をインストールしています"),
    "torch": (
        "torch for the CPU is enough here; on Linux PyPI's brings 3 GB for CUDA. To avoid that: "
        "make run TORCH_INDEX=https://download.pytorch.org/whl/cpu",
        "torch は CPU 版で足ります。Linux では PyPI 版が CUDA 用に約 3 GB を追加します。避けるには: "
        "make run TORCH_INDEX=https://download.pytorch.org/whl/cpu",
    ),
    "compile": (
        "llama-cpp-python is compiled for this machine's processor and GPU (5 to 10 minutes on two cores); "
        "a ready-made build instead: PREBUILT=1",
        "llama-cpp-python をこのマシンの CPU と GPU に合わせてコンパイルします（2コアで5〜10分）。"
        "ビルド済みを使うには PREBUILT=1",
    ),
    "compiler": (
        "no C++ compiler was found: install one ({hint}), or use a ready-made build: PREBUILT=1",
        "C++ コンパイラーがありません。インストールする（{hint}）か、PREBUILT=1 でビルド済みを使ってください",
    ),
    "failed": (
        "{what} could not be installed; the end of {log}:",
        "{what} をインストールできませんでした。{log} の末尾:",
    ),
    "no offload": (
        "the {choice} build answers, but without GPU support; see {log}, or try: make run GPU=cpu",
        "{choice} ビルドは動きますが GPU を使えません。{log} を確認するか make run GPU=cpu を試してください",
    ),
    "done": ("installed in {seconds:.0f} s", "インストールが完了しました（{seconds:.0f} 秒）"),
}


class Stop(Exception):
    """The installation cannot go on; the text says why and what to do."""


def say(key: str, **values: object) -> str:
    """Return a message in the language of the terminal."""
    names = ("MEKIKI_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    language = next((os.environ[one] for one in names if os.environ.get(one)), "") or locale.getlocale()[0] or ""
    return TEXTS[key][language.lower().startswith("ja")].format(**values)


def tell(text: str) -> None:
    """Print one line at once."""
    print(f"mekiki: {text}", flush=True)


# Which build


def choose(asked: str, facts: "dict[str, str | bool]") -> "tuple[str, str]":
    """Return the llama.cpp build and the reason. Raises Stop for a build that does not exist.

    Args:
        asked: what GPU= says, "" to detect.
        facts: from `look`: what answered on this machine.
    """
    asked = asked.strip().lower()
    if asked:
        if asked not in BACKENDS:
            raise Stop(say("gpu", found=asked, known=", ".join(BACKENDS)))
        return asked, f"GPU={asked}"
    if facts["apple"]:
        return "metal", "Apple silicon"
    if facts["nvidia"] and facts["nvcc"]:
        return "cuda", f"{facts['nvidia']}, nvcc"
    if facts["amd"] and facts["hipcc"]:
        return "rocm", f"{facts['amd']}, hipcc"
    if facts["vulkan"] and facts["glslc"]:
        return "vulkan", f"{facts['vulkan']}, glslc"
    if facts["nvidia"]:
        return "cpu", f"{facts['nvidia']}; no nvcc (CUDA toolkit)"
    if facts["amd"]:
        return "cpu", f"{facts['amd']}; no hipcc (ROCm)"
    if facts["vulkan"]:
        return "cpu", f"{facts['vulkan']}; no glslc (Vulkan SDK)"
    return "cpu", "no GPU answers"


def look() -> "dict[str, str | bool]":
    """Return what this machine has: a device must answer; a compiler alone is not a GPU."""
    cuda = os.environ.get("CUDA_HOME") or os.environ.get("CUDA_PATH") or "/usr/local/cuda"
    return {
        "apple": sys.platform == "darwin" and platform.machine() == "arm64",
        "nvidia": nvidia_answers(),
        "nvcc": bool(shutil.which("nvcc") or shutil.which("nvcc", path=str(Path(cuda) / "bin"))),
        "amd": amd_answers(Path("/sys/class/kfd/kfd/topology/nodes")),
        "hipcc": bool(shutil.which("hipcc") or shutil.which("hipcc", path="/opt/rocm/bin")),
        "vulkan": vulkan_answers(output(["vulkaninfo", "--summary"])),
        "glslc": bool(shutil.which("glslc")),
    }


def nvidia_answers() -> str:
    """Return "NVIDIA GPU" if the CUDA driver counts at least one device, else ""."""
    for name in ("nvcuda.dll",) if sys.platform == "win32" else ("libcuda.so.1", "/usr/lib/wsl/lib/libcuda.so.1"):
        try:
            driver = ctypes.CDLL(name)
            count = ctypes.c_int(0)
            if driver.cuInit(0) == 0 and driver.cuDeviceGetCount(ctypes.byref(count)) == 0 and count.value > 0:
                return "NVIDIA GPU"
        except (OSError, AttributeError):
            continue
    return ""


def amd_answers(nodes: Path) -> str:
    """Return "AMD GPU" if the kernel's compute driver lists a node with SIMD units, else ""."""
    for properties in nodes.glob("*/properties"):
        try:
            match = re.search(r"^simd_count (\d+)", properties.read_text(encoding="utf-8"), re.MULTILINE)
        except OSError:
            continue
        if match and int(match[1]) > 0:
            return "AMD GPU"
    return ""


def vulkan_answers(summary: str) -> str:
    """Return a Vulkan GPU's name from `vulkaninfo --summary`; software renderers (type CPU) do not count."""
    for block in re.split(r"^GPU\d+:", summary, flags=re.MULTILINE)[1:]:
        kind = re.search(r"deviceType\s*=\s*PHYSICAL_DEVICE_TYPE_(\w+)", block)
        name = re.search(r"deviceName\s*=\s*(.+)", block)
        if kind and kind[1] in ("DISCRETE_GPU", "INTEGRATED_GPU"):
            return name[1].strip() if name else "Vulkan GPU"
    return ""


def output(command: "list[str]") -> str:
    """Return a command's output, "" when it is missing, fails or takes over 10 s."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("utf-8", "replace")


# What is installed


def fingerprint(root: Path) -> str:
    """Return a hash of what decides which packages are installed: the pins, the project's table, the Python version."""
    import tomllib

    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pins = (root / "constraints.txt").read_bytes()
    text = json.dumps([project, platform.python_version(), str(root)], sort_keys=True, default=str)
    return hashlib.sha256(pins + text.encode("utf-8")).hexdigest()


def read_stamp(venv: Path) -> "dict[str, object]":
    """Return what the last finished installation wrote, {} without one."""
    try:
        stamp = json.loads((venv / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def python_of(venv: Path) -> Path:
    """Return the environment's interpreter."""
    return venv / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


# Installing


def pip(venv: Path, what: str, *arguments: str, environ: "dict[str, str] | None" = None) -> None:
    """Run pip with a live line; its full output goes to install.log. Raises Stop with the log's end when it fails."""
    log = venv / "install.log"
    command = [str(python_of(venv)), "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments]
    started, shown, progress = time.monotonic(), 0.0, ""
    with log.open("ab") as sink:
        start = sink.tell()
        process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT,
            env={**os.environ, **(environ or {})},
        )  # fmt: skip
        try:
            while process.poll() is None:
                time.sleep(0.2)
                seconds = time.monotonic() - started
                if seconds - shown >= (1 if sys.stdout.isatty() else 30):
                    shown = seconds
                    progress = compile_progress(log, start) or progress
                    line = f"mekiki:   {what} {progress} {seconds:.0f} s"
                    print(
                        f"\r{line:<78}" if sys.stdout.isatty() else line,
                        end="" if sys.stdout.isatty() else "\n",
                        flush=True,
                    )
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
    if sys.stdout.isatty() and shown:
        print("\r" + " " * 78 + "\r", end="", flush=True)
    if process.returncode:
        lines = log.read_bytes()[start:].decode("utf-8", "replace").splitlines()
        wanted = [line for line in lines if re.search(r"error|not found|no matching", line, re.IGNORECASE)] or lines
        raise Stop("\n".join([say("failed", what=what, log=log), *wanted[-12:]]))


def compile_progress(log: Path, start: int) -> str:
    """Return "[120/245]" from the compiler's latest line in the log, "" when nothing is being compiled."""
    with log.open("rb") as stream:
        stream.seek(max(start, log.stat().st_size - 20_000))
        found = re.findall(rb"\[(\d+)/(\d+)\]", stream.read())
    return f"[{int(found[-1][0])}/{int(found[-1][1])}]" if found else ""


def install_llama(venv: Path, choice: str, prebuilt: str, rebuild: bool) -> None:
    """Compile llama-cpp-python for `choice`, or fetch a ready-made wheel. Raises Stop when neither is possible."""
    arguments = ["install", "-c", "constraints.txt", "--build-constraint", "constraints.txt", "llama-cpp-python"]
    if rebuild:
        arguments += ["--force-reinstall", "--no-deps"]
    if prebuilt and prebuilt != "0":
        tag = WHEEL_TAGS[choice] if prebuilt == "1" else prebuilt
        arguments += ["--only-binary", "llama-cpp-python", "--extra-index-url", f"{WHEELS}/{tag}"]
        tell(say("step", what=f"llama-cpp-python ({tag})"))
        pip(venv, "llama-cpp-python", *arguments)
        return
    if sys.platform != "win32" and not any(shutil.which(one) for one in ("c++", "g++", "clang++")):
        hint = "xcode-select --install" if sys.platform == "darwin" else "apt install g++ cmake"
        raise Stop(say("compiler", hint=hint))
    # pip keeps compiled wheels by version, not by CMAKE_ARGS: only CPU builds may come from and go into its cache.
    if choice != "cpu":
        arguments.append("--no-cache-dir")
    tell(say("compile"))
    flags = " ".join(one for one in (os.environ.get("CMAKE_ARGS", ""), CMAKE_ARGS[choice]) if one)
    pip(venv, "llama-cpp-python", "--verbose", *arguments, environ={"CMAKE_ARGS": flags})


def offload_works(venv: Path) -> bool:
    """Ask the installed llama.cpp whether it can use a GPU."""
    code = "import llama_cpp; print(llama_cpp.llama_supports_gpu_offload())"
    return output([str(python_of(venv)), "-c", code]).strip().endswith("True")


def install(venv: Path, *, dev: bool, gpu: str, prebuilt: str, torch_index: str) -> None:
    """Bring the environment to what constraints.txt and pyproject.toml ask for; quick when it is there already."""
    started = time.monotonic()
    key, stamp = fingerprint(ROOT), read_stamp(venv)
    choice, reason = choose(gpu, look())
    installed = str(stamp.get("choice", ""))
    current = python_of(venv).exists() and stamp.get("key") == key and (stamp.get("dev") or not dev)
    if current and (installed == choice or not gpu):
        if installed != choice:
            tell(say("kept", choice=installed, other=choice, reason=reason))
        return
    tell(say("choice", choice=choice, reason=reason))
    if not python_of(venv).exists():
        tell(say("venv", path=venv))
        made = subprocess.run([sys.executable, "-m", "venv", str(venv)], capture_output=True)
        if made.returncode:
            shutil.rmtree(venv, ignore_errors=True)  # half an environment would be taken for one
            raise Stop(say("no venv", error=(made.stdout + made.stderr).decode("utf-8", "replace").strip()))
    (venv / STAMP).unlink(missing_ok=True)
    pip(venv, "pip", "install", "--quiet", "-c", "constraints.txt", "pip", "setuptools")
    index = ["--extra-index-url", torch_index] if torch_index else []
    if sys.platform == "linux" and not index and not output([str(python_of(venv)), "-m", "pip", "show", "torch"]):
        tell(say("torch"))
    tell(say("step", what="torch"))
    pip(venv, "torch", "install", "-c", "constraints.txt", "torch", *index)
    install_llama(venv, choice, prebuilt, rebuild=bool(installed) and installed != choice)
    tell(say("step", what="mekiki"))
    project = ".[dev]" if dev else "."
    pip(venv, "mekiki", "install", "-c", "constraints.txt", "--no-build-isolation", "-e", project)
    if choice != "cpu" and not offload_works(venv):
        tell(say("no offload", choice=choice, log=venv / "install.log"))
    new = {
        "key": key,
        "choice": choice,
        "reason": reason,
        "dev": dev or bool(stamp.get("dev") and stamp.get("key") == key),
    }
    (venv / STAMP).write_text(json.dumps(new), encoding="utf-8")
    tell(say("done", seconds=time.monotonic() - started))


def newer_python() -> "str | None":
    """Return another interpreter on the path that is new enough, None without one."""
    for name in PYTHONS:
        path = shutil.which(name)
        code = "import sys; print(sys.version_info >= (3, 11))"
        if path and output([path, "-c", code]).strip() == "True":
            return path
    return None


def main(arguments: "list[str] | None" = None) -> int:
    """Install; returns the exit code: 0, or 2 with one clear line."""
    parser = argparse.ArgumentParser(description="Install Mekiki into .venv.")
    parser.add_argument("--dev", action="store_true", help="also what `make test` needs")
    parser.add_argument("--gpu", default=os.environ.get("GPU", ""), help="llama.cpp build: " + ", ".join(BACKENDS))
    parser.add_argument(
        "--prebuilt", nargs="?", const="1", default=os.environ.get("PREBUILT", ""), help="ready-made build"
    )
    parser.add_argument("--torch-index", default=os.environ.get("TORCH_INDEX", ""), help="package index with CPU torch")
    parser.add_argument("--venv", type=Path, default=ROOT / ".venv", help="where the environment is")
    options = parser.parse_args(arguments)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # a terminal that cannot show Japanese must not end the installation
    try:
        if sys.version_info < (3, 11):
            other = newer_python()
            if other is None:
                raise Stop(say("python", found=platform.python_version()))
            given = sys.argv[1:] if arguments is None else arguments
            return subprocess.run([other, __file__, *given]).returncode
        venv = options.venv.resolve()
        install(venv, dev=options.dev, gpu=options.gpu, prebuilt=options.prebuilt, torch_index=options.torch_index)
    except (Stop, OSError) as problem:  # OSError: no room, no permission
        tell(str(problem))
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
