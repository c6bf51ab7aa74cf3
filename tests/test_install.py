import json
import subprocess
import sys
from pathlib import Path

import pytest

from assistant import install
from assistant.install import Stop, choose

ROOT = Path(__file__).resolve().parent.parent
NOTHING = {"apple": False, "nvidia": "", "nvcc": False, "amd": "", "hipcc": False, "vulkan": "", "glslc": False}


@pytest.mark.parametrize(
    "facts, choice, reason",
    [
        ({}, "cpu", "no GPU answers"),
        ({"nvcc": True, "hipcc": True, "glslc": True}, "cpu", "no GPU answers"),  # compilers alone are not a GPU
        ({"apple": True}, "metal", "Apple silicon"),
        ({"nvidia": "NVIDIA GPU", "nvcc": True}, "cuda", "NVIDIA GPU, nvcc"),
        ({"nvidia": "NVIDIA GPU"}, "cpu", "NVIDIA GPU; no nvcc (CUDA toolkit)"),
        ({"nvidia": "NVIDIA GPU", "vulkan": "RTX 4090", "glslc": True}, "vulkan", "RTX 4090, glslc"),
        ({"amd": "AMD GPU", "hipcc": True}, "rocm", "AMD GPU, hipcc"),
        ({"amd": "AMD GPU"}, "cpu", "AMD GPU; no hipcc (ROCm)"),
        ({"vulkan": "Arc A770"}, "cpu", "Arc A770; no glslc (Vulkan SDK)"),
    ],
)
def test_the_build_follows_what_answers(facts, choice, reason):
    assert choose("", NOTHING | facts) == (choice, reason)


def test_a_stated_build_is_respected():
    assert choose(" CUDA ", NOTHING) == ("cuda", "GPU=cuda")
    assert set(install.CMAKE_ARGS) == set(install.WHEEL_TAGS) == set(install.BACKENDS)


def test_a_wrong_build_is_one_clear_line(monkeypatch, capsys):
    monkeypatch.setenv("MEKIKI_LANG", "en")
    assert install.main(["--gpu", "opencl", "--venv", "/nonexistent"]) == 2
    assert capsys.readouterr().out == "mekiki: GPU=opencl: not a build; use one of cuda, vulkan, metal, rocm, cpu\n"
    monkeypatch.setenv("MEKIKI_LANG", "ja")
    assert install.main(["--gpu", "opencl", "--venv", "/nonexistent"]) == 2
    assert "そのようなビルドはありません" in capsys.readouterr().out


def test_software_renderers_are_not_gpus():
    llvmpipe = "GPU0:\n\tdeviceType = PHYSICAL_DEVICE_TYPE_CPU\n\tdeviceName = llvmpipe (LLVM 15.0.7, 256 bits)\n"
    radeon = "GPU1:\n\tdeviceType = PHYSICAL_DEVICE_TYPE_DISCRETE_GPU\n\tdeviceName = AMD Radeon RX 7800 XT\n"
    assert install.vulkan_answers(llvmpipe) == ""
    assert install.vulkan_answers(llvmpipe + radeon) == "AMD Radeon RX 7800 XT"
    assert install.vulkan_answers("") == ""


def test_the_kernels_list_of_compute_nodes(tmp_path):
    for number, units in enumerate((0, 96)):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "properties").write_text(f"cpu_cores_count 8\nsimd_count {units}\n", encoding="utf-8")
    assert install.amd_answers(tmp_path) == "AMD GPU"
    (tmp_path / "1/properties").unlink()
    assert install.amd_answers(tmp_path) == ""
    assert install.amd_answers(tmp_path / "none") == ""


def test_the_fingerprint_changes_with_pins_and_dependencies_only(tmp_path):
    def write(pins: str, project: str) -> str:
        (tmp_path / "constraints.txt").write_text(pins, encoding="utf-8")
        (tmp_path / "pyproject.toml").write_text(project, encoding="utf-8")
        return install.fingerprint(tmp_path)

    first = write("a==1", '[project]\nname = "x"\ndependencies = ["a"]\n')
    assert write("a==1", '[project]\nname = "x"\ndependencies = ["a"]\n[tool.ruff]\nline-length = 1\n') == first
    assert write("a==2", '[project]\nname = "x"\ndependencies = ["a"]\n') != first
    assert write("a==1", '[project]\nname = "x"\ndependencies = ["b"]\n') != first


def test_a_stamp_that_is_missing_or_damaged_means_install(tmp_path):
    assert install.read_stamp(tmp_path) == {}
    (tmp_path / install.STAMP).write_text("{", encoding="utf-8")
    assert install.read_stamp(tmp_path) == {}
    (tmp_path / install.STAMP).write_text("[1]", encoding="utf-8")
    assert install.read_stamp(tmp_path) == {}


@pytest.fixture
def recorded(monkeypatch, tmp_path):
    """An environment whose pip only writes down what it was asked."""
    venv = tmp_path / "venv"
    install.python_of(venv).parent.mkdir(parents=True)
    install.python_of(venv).touch()
    calls: list[tuple[str, tuple[str, ...], dict[str, str]]] = []

    def pip(venv, what, *arguments, environ=None):
        calls.append((what, arguments, environ or {}))

    monkeypatch.setattr(install, "pip", pip)
    monkeypatch.setattr(install, "look", lambda: NOTHING)
    monkeypatch.setattr(install, "offload_works", lambda venv: True)
    monkeypatch.delenv("CMAKE_ARGS", raising=False)
    return venv, calls


def run(venv, **options):
    install.install(venv, **({"dev": False, "gpu": "", "prebuilt": "", "torch_index": ""} | options))


def test_everything_is_pinned_and_the_second_time_nothing_is_done(recorded):
    venv, calls = recorded
    run(venv)
    assert [what for what, _, _ in calls] == ["pip", "torch", "llama-cpp-python", "mekiki"]
    assert all("constraints.txt" in arguments for _, arguments, _ in calls)
    calls.clear()
    run(venv)
    assert calls == []
    run(venv, dev=True)
    assert calls[-1][1][-1] == ".[dev]"
    calls.clear()
    run(venv)  # what tests need stays, and is enough for a run
    assert calls == []


def test_another_gpu_build_is_compiled_anew_past_pips_cache(recorded):
    venv, calls = recorded
    run(venv)
    calls.clear()
    run(venv, gpu="cuda")
    _, arguments, environ = next(call for call in calls if call[0] == "llama-cpp-python")
    assert {"--force-reinstall", "--no-deps", "--no-cache-dir"} <= set(arguments)
    assert environ == {"CMAKE_ARGS": "-DGGML_CUDA=on"}
    calls.clear()
    run(venv)  # detection says cpu, but nobody asked to give up the build that is there
    assert calls == []


def test_a_ready_made_build_is_never_compiled(recorded):
    venv, calls = recorded
    run(venv, gpu="cuda", prebuilt="1")
    _, arguments, _ = next(call for call in calls if call[0] == "llama-cpp-python")
    assert "--only-binary" in arguments and install.WHEELS + "/cu124" in arguments
    calls.clear()
    run(venv, gpu="metal", prebuilt="cu130")
    assert install.WHEELS + "/cu130" in next(call for call in calls if call[0] == "llama-cpp-python")[1]


def test_torch_comes_from_the_index_that_was_named(recorded):
    venv, calls = recorded
    run(venv, torch_index="https://example.org/cpu")
    assert calls[1][1][-2:] == ("--extra-index-url", "https://example.org/cpu")


def test_an_installation_that_failed_is_not_taken_for_done(recorded, monkeypatch):
    venv, _ = recorded
    run(venv)

    def fail(*_, **__):
        raise Stop("no")

    monkeypatch.setattr(install, "install_llama", fail)
    with pytest.raises(Stop):
        run(venv, gpu="cuda")
    assert install.read_stamp(venv) == {}


def test_without_a_compiler_the_next_step_is_told(recorded, monkeypatch):
    venv, _ = recorded
    monkeypatch.setattr(install.shutil, "which", lambda name, path=None: None)
    monkeypatch.setattr(install.sys, "platform", "linux")
    with pytest.raises(Stop, match="PREBUILT=1"):
        run(venv)


def test_an_environment_that_cannot_be_made_is_one_line_and_leaves_nothing(monkeypatch, tmp_path, capsys):
    python = tmp_path / "python"
    script = "#!/bin/sh\nmkdir -p $3/bin; touch $3/bin/python; echo ensurepip is not available; exit 1\n"
    python.write_text(script, encoding="utf-8")
    python.chmod(0o755)
    monkeypatch.setattr(install.sys, "executable", str(python))
    monkeypatch.setattr(install, "look", lambda: NOTHING)
    assert install.main(["--venv", str(tmp_path / "venv")]) == 2
    assert "python3-venv" in capsys.readouterr().out
    assert not (tmp_path / "venv").exists()


def test_pips_failure_ends_with_the_log(monkeypatch, tmp_path):
    monkeypatch.setattr(install, "python_of", lambda venv: Path(sys.executable))
    with pytest.raises(Stop) as caught:
        install.pip(tmp_path, "x", "no-such-command")
    assert "install.log" in str(caught.value) and "unknown command" in str(caught.value)


def test_compiler_progress_is_read_from_the_log(tmp_path):
    log = tmp_path / "install.log"
    log.write_text("  [1/245] Building CXX\n  [97/245] Building CXX\n", encoding="utf-8")
    assert install.compile_progress(log, 0) == "[97/245]"
    assert install.compile_progress(log, log.stat().st_size) == ""


def test_it_runs_on_the_standard_library_alone_and_modules_here_do_not_shadow_it():
    code = (
        "import runpy, sys; sys.argv = ['install.py', '--gpu', 'x']\n"
        f"sys.path.insert(0, {str(ROOT / 'assistant')!r})\n"
        f"runpy.run_path({str(ROOT / 'assistant/install.py')!r}, run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and done.stdout.startswith("mekiki: GPU=x")


def test_every_message_exists_in_both_languages():
    for english, japanese in install.TEXTS.values():
        assert english.isascii() and not japanese.isascii()
        assert sorted(part.split("}")[0] for part in english.split("{")[1:]) == sorted(
            part.split("}")[0] for part in japanese.split("{")[1:]
        )


def test_constraints_pin_every_dependency_of_the_project():
    import re
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["dependencies"] + [one for extra in project["optional-dependencies"].values() for one in extra]
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[^+\s]+", pin) for pin in pins)

    def plain(name: str) -> str:
        return re.sub(r"[-_.]+", "-", name).casefold()

    pinned = {plain(pin.split("==")[0]) for pin in pins}
    assert {plain(re.split(r"[<>=\[ ]", one)[0]) for one in wanted} <= pinned


def test_stamp_is_json_with_the_reason(recorded):
    venv, _ = recorded
    run(venv)
    stamp = json.loads((venv / install.STAMP).read_text(encoding="utf-8"))
    assert (stamp["choice"], stamp["reason"], stamp["dev"]) == ("cpu", "no GPU answers", False)
