"""Chat models: any GGUF through llama.cpp, or any OpenAI-compatible server. They rephrase evidence, never decide.

The only file that imports llama_cpp for chat. Everything is greedy with a fixed seed, so the same question gives the
same answer on the same machine.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from assistant.errors import ModelFileError, ServerError
from assistant.settings import Settings

CONTEXT_TOKENS = 8_192
REPLY_TOKENS = 400
CONNECT_SECONDS = 3.0
REPLY_SECONDS = 120.0
GGUF_MAGIC = b"GGUF"

Message = dict[str, str]
_NONSENSE = (ValueError, KeyError, TypeError, AttributeError, IndexError)  # from an answer of another shape


class ChatModel(Protocol):
    """What writes prose."""

    name: str

    def stream(self, messages: list[Message], max_tokens: int = REPLY_TOKENS) -> Iterator[str]:
        """Yield the reply's text as it is generated. Raises ModelFileError or ServerError."""
        ...


class LlamaChat:
    """A GGUF on this machine. Loaded on first use; one reply at a time, as a llama.cpp context is not re-entrant."""

    def __init__(self, path: Path) -> None:
        """Check that the file is a GGUF. Raises ModelFileError."""
        self.path = path
        self.name = path.name
        self._lock = Lock()
        self._llama: Any = None
        check_gguf(path)

    def _load(self) -> Any:
        if self._llama is None:
            import llama_cpp

            try:
                with _without_amx():
                    self._llama = llama_cpp.Llama(
                        str(self.path), n_ctx=CONTEXT_TOKENS, n_batch=512, n_ubatch=512, n_gpu_layers=-1,
                        flash_attn=True, swa_full=False, seed=0, verbose=False,
                    )  # fmt: skip
            except (ValueError, RuntimeError, OSError) as error:
                raise ModelFileError(
                    path=self.path, reason=f"llama.cpp cannot load it ({error})",
                    reason_ja=f"llama.cppで読み込めません（{error}）",
                ) from error  # fmt: skip
        return self._llama

    def stream(self, messages: list[Message], max_tokens: int = REPLY_TOKENS) -> Iterator[str]:
        """Yield the reply's text. Raises ModelFileError."""
        with self._complete(messages, max_tokens, stream=True) as chunks:
            for chunk in chunks:
                if text := chunk["choices"][0]["delta"].get("content"):
                    yield text

    def choose(self, messages: list[Message], schema: dict[str, Any], max_tokens: int) -> str:
        """Return a JSON text of the schema: the grammar allows nothing else. Raises ModelFileError."""
        form = {"type": "json_object", "schema": schema}
        with self._complete(messages, max_tokens, response_format=form) as reply:
            return str(reply["choices"][0]["message"]["content"] or "")

    @contextmanager
    def _complete(self, messages: list[Message], max_tokens: int, **how: Any) -> Iterator[Any]:
        """Hold llama.cpp's completion; what goes wrong with it or while it is read raises ModelFileError."""
        from jinja2 import TemplateError

        with self._lock:
            llama = self._load()
            try:
                yield llama.create_chat_completion(
                    messages=shorten(messages, CONTEXT_TOKENS - max_tokens, self._count), max_tokens=max_tokens,
                    temperature=0.0, seed=0, **how,
                )  # fmt: skip
            except (ValueError, RuntimeError, KeyError, IndexError, TemplateError) as error:
                raise ModelFileError(
                    path=self.path,
                    reason=f"the reply failed ({error})",
                    reason_ja=f"返答の生成に失敗しました（{error}）",
                ) from error

    def _count(self, text: str) -> int:
        return len(self._llama.tokenize(text.encode("utf-8"), add_bos=False))


@contextmanager
def _without_amx() -> Iterator[None]:
    """Load weights without repacking them for AMX, on processors that have it.

    llama.cpp as shipped with llama-cpp-python 0.3.36 crashes the process when it decodes quantised weights repacked
    for AMX (seen with Q8_0 on a Xeon; F32 is not repacked). `Llama()` has no argument for it: its defaults are wrapped.
    """
    from llama_cpp import llama_cpp as binding

    usual = binding.llama_model_default_params
    if b"AMX_INT8 = 1" not in binding.llama_print_system_info():
        yield
        return

    def guarded() -> Any:
        parameters = usual()
        parameters.use_extra_bufts = False
        return parameters

    binding.llama_model_default_params = guarded
    try:
        yield
    finally:
        binding.llama_model_default_params = usual


class ServerChat:
    """An OpenAI-compatible server (llama-server, vLLM, Ollama, LM Studio, ...)."""

    def __init__(self, url: str) -> None:
        """Keep the address; nothing is sent before the first reply."""
        self.url = api_address(url)
        self.name = url
        self._model: str | None = None

    def stream(self, messages: list[Message], max_tokens: int = REPLY_TOKENS) -> Iterator[str]:
        """Yield the reply's text. Raises ServerError."""
        yield from self._reply({"messages": messages, "max_tokens": max_tokens})

    def choose(self, messages: list[Message], schema: dict[str, Any], max_tokens: int) -> str:
        """Return a JSON text that the server was asked to keep to the schema; it may not. Raises ServerError."""
        form = {"type": "json_schema", "json_schema": {"name": "reading", "strict": True, "schema": schema}}
        asked = {"messages": messages, "max_tokens": max_tokens, "response_format": form}
        return "".join(without_thinking(self._reply(asked)))

    def _reply(self, asked: dict[str, Any]) -> Iterator[str]:
        import httpx

        timeout = httpx.Timeout(REPLY_SECONDS, connect=CONNECT_SECONDS)
        body = {**asked, "temperature": 0, "seed": 0, "stream": True}
        try:
            with httpx.Client(timeout=timeout, trust_env=False) as client:
                body["model"] = self._model_name(client)
                with client.stream("POST", f"{self.url}/chat/completions", json=body) as reply:
                    reply.raise_for_status()
                    yield from _deltas(reply.iter_lines())
        except (httpx.HTTPError, httpx.InvalidURL, *_NONSENSE) as error:
            raise ServerError(
                url=self.url, reason=f"no usable reply ({error}); is the server running?",
                reason_ja=f"使える返答がありません（{error}）。サーバーは起動していますか？",
            ) from error  # fmt: skip

    def _model_name(self, client: Any) -> str:
        if self._model is None:
            self._model = next(iter(_listed(client, self.url)), "default")
            self.name = f"{self._model} ({self.url})"
        return self._model


def api_address(url: str) -> str:
    """Return the address of a server's interface: with the version that OpenAI's has when none is given."""
    base = url.rstrip("/")
    return base if re.search(r"/v\d+$", base) else base + "/v1"


def ask_server(url: str, seconds: float = CONNECT_SECONDS) -> tuple[list[str], str]:
    """Return the models an OpenAI-compatible server lists and "", or [] and why it does not answer."""
    import httpx

    try:
        with httpx.Client(timeout=seconds, trust_env=False) as client:
            return _listed(client, api_address(url)), ""
    except httpx.HTTPStatusError as error:
        return [], f"HTTP {error.response.status_code}"
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return [], str(error) or type(error).__name__
    except _NONSENSE:
        return [], "not an OpenAI-compatible answer"


def _listed(client: Any, url: str) -> list[str]:
    """Return the names of the models that a server lists. Raises httpx's errors and what nonsense raises."""
    reply = client.get(f"{url}/models")
    reply.raise_for_status()
    return [str(one["id"]) for one in reply.json()["data"] or ()]


def _deltas(lines: Iterator[str]) -> Iterator[str]:
    """Yield the text pieces of a server-sent-events stream."""
    for line in lines:
        if not line.startswith("data:") or line.strip() == "data: [DONE]":
            continue
        choices = json.loads(line[5:]).get("choices") or [{}]
        if text := (choices[0].get("delta") or {}).get("content"):
            yield str(text)


def check_gguf(path: Path) -> None:
    """Raise ModelFileError unless `path` is a readable file that starts like a GGUF."""
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise ModelFileError(
            path=path, reason=f"cannot be read ({error.strerror}); expected a GGUF file",
            reason_ja=f"読めません（{error.strerror}）。GGUFファイルを指定してください",
        ) from error  # fmt: skip
    if magic != GGUF_MAGIC:
        raise ModelFileError(
            path=path, reason=f"starts with {magic!r}, expected b'GGUF': this is not a GGUF file or it is damaged",
            reason_ja=f"先頭が {magic!r} で、GGUFファイルではないか壊れています",
        )  # fmt: skip


def shorten(messages: list[Message], budget_tokens: int, count: Any) -> list[Message]:
    """Return the messages with the longest one cut so that all fit in the budget; `count` counts a text's tokens."""
    used = sum(count(message["content"]) + 8 for message in messages)
    if used <= budget_tokens:
        return messages
    longest = max(range(len(messages)), key=lambda i: len(messages[i]["content"]))
    content = messages[longest]["content"]
    rest = used - count(content)
    share = max(budget_tokens - rest, 64) / max(count(content), 1)
    cut = content[: int(len(content) * share * 0.95)]
    return [{**message, "content": cut} if i == longest else message for i, message in enumerate(messages)]


def without_thinking(pieces: Iterator[str]) -> Iterator[str]:
    """Drop <think>...</think> blocks from a stream, holding back what may be the start of a tag."""
    buffer, inside = "", False
    for piece in pieces:
        buffer += piece
        while buffer:
            tag = "</think>" if inside else "<think>"
            at = buffer.find(tag)
            if at >= 0:
                if not inside and at:
                    yield buffer[:at]
                buffer, inside = buffer[at + len(tag) :], not inside
                continue
            held = next((n for n in range(len(tag) - 1, 0, -1) if buffer.endswith(tag[:n])), 0)
            if not inside and len(buffer) > held:
                yield buffer[: len(buffer) - held]
            buffer = buffer[len(buffer) - held :] if held else ""
            break
    if buffer and not inside:
        yield buffer


def chat_model(settings: Settings) -> ChatModel | None:
    """Return the settings' chat model (a GGUF before a server), None when there is none. Raises ModelFileError."""
    if settings.chat_model:
        return LlamaChat(settings.chat_model)
    return ServerChat(settings.llm_url) if settings.llm_url else None
