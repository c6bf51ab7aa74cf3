import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from assistant import doctor, offline
from assistant.hardware.machine import Device, Machine
from assistant.llm import ask_server
from assistant.settings import Settings, load_settings

MACHINE = Machine((), 16_384, 8_192, "A CPU", 8, None, "detected", reasons=("NVML: no driver",))
CARD = Device("RTX 4090", "nvidia", "cuda", 24_564, 24_000, 1008, 165.2)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({"MEKIKI_DATA": str(tmp_path / "data")})


def test_every_check_has_both_languages_and_a_known_order(settings, monkeypatch):
    for name, value in offline.FORCED.items():
        monkeypatch.setenv(name, value)
    checks = doctor.diagnose(settings, MACHINE)
    assert [one.name for one in checks] == [
        "Python", "settings", "hardware", "llama.cpp", "reader", "embedder", "chat model", "chat server", "catalog",
        "index", "data folder", "disk", "memory", "offline",
    ]  # fmt: skip
    for check in checks:
        assert check.detail["en"] and check.detail["ja"] and check.label["en"] == check.name
        assert set(check.next_step) in (set(), {"en", "ja"})
        assert "\n" not in check.detail["en"] + check.detail["ja"]
        assert check.ok is not False or check.next_step, check
    assert not settings.data.exists(), "looking must not create anything"


def test_a_check_that_breaks_is_a_finding_and_the_others_go_on(settings, monkeypatch):
    def broken() -> doctor.Check:
        raise RuntimeError("boom")

    monkeypatch.setattr(doctor, "_python", broken)
    checks = doctor.diagnose(settings, MACHINE)
    assert (checks[0].ok, checks[0].detail["en"]) == (False, "RuntimeError: boom")
    assert len(checks) == 14


def test_a_card_that_the_build_cannot_use_is_told_with_the_command(monkeypatch):
    import llama_cpp

    monkeypatch.setattr(llama_cpp, "llama_supports_gpu_offload", lambda: False)
    check = doctor._llama(replace(MACHINE, gpus=(CARD,)))
    assert check.ok is None
    assert "RTX 4090" in check.next_step["en"] and "make run GPU=cuda" in check.next_step["ja"]
    assert doctor._llama(MACHINE).ok is True


def test_llama_cpp_names_at_least_the_processor():
    assert any(one.startswith("CPU (") for one in doctor.llama_devices())


def test_hardware_without_a_gpu_says_what_that_means():
    check = doctor._hardware(MACHINE)
    assert check.ok is None and "NVML: no driver" in check.detail["ja"] and "GPU なし" in check.detail["ja"]
    assert doctor._hardware(replace(MACHINE, gpus=(CARD,))).ok is True


def test_settings_name_values_and_where_they_came_from(tmp_path, monkeypatch):
    settings = load_settings({"MEKIKI_DATA": str(tmp_path), "MEKIKI_PORT": "9000"})
    check = doctor._settings(settings)
    assert check.ok and f"data = {tmp_path} (variable)" in check.detail["en"]
    assert "port = 9000 (環境変数)" in check.detail["ja"]
    monkeypatch.setenv("MEKIKI_KNOWLEGDE", "x")
    assert "MEKIKI_KNOWLEDGE?" in doctor._settings(settings).next_step["en"]


def test_a_knowledge_folder_that_is_not_there_is_told(tmp_path):
    settings = load_settings({"MEKIKI_DATA": str(tmp_path), "MEKIKI_KNOWLEDGE": str(tmp_path / "docs")})
    check = doctor._settings(settings)
    assert check.ok is False and str(tmp_path / "docs") in check.next_step["ja"]


def chat_model(path: Path) -> doctor.Check:
    return doctor._chat_model(load_settings({"MEKIKI_CHAT_MODEL": str(path)}))


def test_chat_model(tmp_path, settings):
    path = tmp_path / "m.gguf"
    assert chat_model(path).ok is False
    path.write_bytes(b"PK\3\4 not a model")
    assert "not a GGUF file" in chat_model(path).detail["en"]
    assert "GGUFファイルではない" in chat_model(path).detail["ja"]
    path.write_bytes(b"GGUF" + bytes(100))
    assert chat_model(path).ok is True
    none = doctor._chat_model(settings)
    assert none.ok is None and "MEKIKI_CHAT_MODEL" in none.next_step["en"]


class Server(HTTPServer):
    body = b'{"data": [{"id": "qwen3-8b"}]}'
    status = 200


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(self.server.body if self.path == "/v1/models" else b"?")

    def log_message(self, *_):
        return


@pytest.fixture
def server():
    with Server(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def test_a_chat_server_lists_its_models(server, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")  # must not be asked for this machine's own address
    monkeypatch.delenv("NO_PROXY", raising=False)
    url = f"http://127.0.0.1:{server.server_port}/v1"
    assert ask_server(url) == (["qwen3-8b"], "")
    assert ask_server(url.removesuffix("/v1")) == (["qwen3-8b"], "")  # as the chat asks it
    server.body = b"<html>"
    assert ask_server(url) == ([], "not an OpenAI-compatible answer")
    server.status = 401
    assert ask_server(url) == ([], "HTTP 401")


def test_a_chat_server_that_is_down_has_a_next_step(silent_port):
    settings = load_settings({"MEKIKI_LLM_URL": f"http://127.0.0.1:{silent_port}/v1"})
    check = doctor._server(settings)
    assert check.ok is False and "refused" in check.detail["en"].casefold()
    assert "MEKIKI_LLM_URL" in check.next_step["ja"]


def test_missing_weights_are_told(tmp_path):
    check = doctor._weights("reader", tmp_path, ("*.gguf",))
    assert check.ok is False and check.next_step
    (tmp_path / "r.gguf").write_bytes(b"x" * 2_500_000)
    assert doctor._weights("reader", tmp_path, ("*.gguf",)).detail["en"] == "built-in: r.gguf, 2.5 MB"


def test_a_data_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    check = doctor._data(load_settings({"MEKIKI_DATA": str(tmp_path / "file/data")}))
    assert check.ok is False and "MEKIKI_DATA" in check.next_step["en"]
    fine = doctor._data(load_settings({"MEKIKI_DATA": str(tmp_path / "new/data")}))
    assert fine.ok and "to be created" in fine.detail["en"] and not (tmp_path / "new").exists()


def test_little_memory_and_disk(monkeypatch, settings):
    assert doctor._memory(replace(MACHINE, ram_free_mib=500)).ok is None
    assert doctor._memory(replace(MACHINE, ram_total_mib=None)).detail["ja"] == "不明"
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: type("U", (), {"free": 10**8})())
    assert doctor._disk(settings).ok is False


def test_offline_tells_where_questions_go(monkeypatch):
    for name, value in offline.FORCED.items():
        monkeypatch.setenv(name, value)
    assert doctor._offline(load_settings({"MEKIKI_LLM_URL": "http://127.0.0.1:8080/v1"})).ok is True
    away = doctor._offline(load_settings({"MEKIKI_LLM_URL": "https://llm.example.com/v1"}))
    assert away.ok is None and "llm.example.com" in away.detail["ja"]
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    assert doctor._offline(load_settings({})).ok is False
