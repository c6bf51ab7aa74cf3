"""Fakes that are small real things: a GGUF with random weights, a server on loopback, a scripted chat model."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

CHAT_TEMPLATE = (
    "{% for message in messages %}<s>{{ message['role'] }}: {{ message['content'] }}</s>{% endfor %}<s>assistant:"
)


def write_random_gguf(path: Path, seed: int = 0, chat_template: str = CHAT_TEMPLATE) -> Path:
    """Write a loadable llama-architecture GGUF: two layers of random F32 weights and a byte-level vocabulary."""
    import gguf
    import numpy as np

    hidden, heads, ffn, layers = 64, 4, 96, 2
    words = [" model", " memory", " the", " GB", " is", ".", "モデル", "です", "。", "メモリ"]
    tokens = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    tokens += [word.replace(" ", "▁") for word in words]
    kinds = [gguf.TokenType.UNKNOWN, gguf.TokenType.CONTROL, gguf.TokenType.CONTROL]
    kinds += [gguf.TokenType.BYTE] * 256 + [gguf.TokenType.NORMAL] * len(words)
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_context_length(8192)
    writer.add_embedding_length(hidden)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(ffn)
    writer.add_head_count(heads)
    writer.add_head_count_kv(heads)
    writer.add_rope_dimension_count(hidden // heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([-float(i) for i in range(len(tokens))])
    writer.add_token_types(kinds)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_chat_template(chat_template)
    random = np.random.default_rng(seed)

    def tensor(name: str, *shape: int) -> None:
        writer.add_tensor(name, random.normal(0, 0.3, shape).astype(np.float32))

    tensor("token_embd.weight", len(tokens), hidden)
    tensor("output_norm.weight", hidden)
    tensor("output.weight", len(tokens), hidden)
    for layer in range(layers):
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            tensor(f"blk.{layer}.{name}.weight", hidden, hidden)
        for name in ("attn_norm", "ffn_norm"):
            tensor(f"blk.{layer}.{name}.weight", hidden)
        tensor(f"blk.{layer}.ffn_gate.weight", ffn, hidden)
        tensor(f"blk.{layer}.ffn_up.weight", ffn, hidden)
        tensor(f"blk.{layer}.ffn_down.weight", hidden, ffn)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture(scope="session")
def built_data(tmp_path_factory) -> Path:
    """A data folder whose index over the shipped guides and catalog is built once per run. Do not change it."""
    from assistant.chat import Assistant
    from assistant.settings import Settings

    data = tmp_path_factory.mktemp("built") / "data"
    Assistant(Settings(data=data)).index.close()
    return data


@pytest.fixture(scope="session")
def mekiki(tmp_path_factory) -> Any:
    """Mekiki with the shipped reader and catalog, no documents and no machine, for tests of how questions are read."""
    from assistant.chat import Assistant
    from assistant.settings import Settings

    return Assistant(Settings(data=tmp_path_factory.mktemp("mekiki")), use_machine=False)


@pytest.fixture(scope="module")
def oracle() -> Iterator[Any]:
    """One llama.cpp worker for the whole file."""
    from assistant.memory.oracle import Oracle

    one = Oracle(timeout=60)
    yield one
    one.close()


@pytest.fixture(scope="session")
def random_gguf(tmp_path_factory) -> Path:
    """A chat model whose weights mean nothing."""
    return write_random_gguf(tmp_path_factory.mktemp("gguf") / "random.gguf")


class ScriptedServer:
    """An OpenAI-compatible server on loopback that streams one scripted reply and keeps what it was asked."""

    def __init__(self, reply: str, status: int = 200) -> None:
        self.asked: list[dict] = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args: object) -> None:
                pass

            def do_GET(self) -> None:
                self._send(json.dumps({"data": [{"id": "scripted-model"}]}).encode(), "application/json")

            def do_POST(self) -> None:
                asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                pieces = [reply[i : i + 7] for i in range(0, len(reply), 7)]
                events = [{"choices": [{"delta": {"content": piece}}]} for piece in pieces]
                body = "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"
                self._send(body.encode(), "text/event-stream")

            def _send(self, body: bytes, kind: str) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port on loopback that is taken but does not listen: every connection is refused."""
    import socket

    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


@pytest.fixture
def scripted_server() -> Iterator[type[ScriptedServer]]:
    """Make servers that are closed after the test."""
    made: list[ScriptedServer] = []

    def make(reply: str, status: int = 200) -> ScriptedServer:
        made.append(ScriptedServer(reply, status))
        return made[-1]

    yield make
    for server in made:
        server.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A person's folder with three documents."""
    from tests.index_fakes import DOCS, write

    return write(tmp_path / "docs", DOCS)


@pytest.fixture
def index(tmp_path: Path, folder: Path) -> Iterator[Any]:
    """An index over that folder, not built yet."""
    from tests.index_fakes import make_index

    opened = make_index(tmp_path / "data", folder)
    yield opened
    opened.close()
