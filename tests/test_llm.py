"""Chat models: a real GGUF of random weights, a real HTTP server on loopback."""

import pytest

from assistant.errors import ModelFileError, ServerError
from assistant.llm import LlamaChat, ServerChat, chat_model, check_gguf, shorten, without_thinking
from assistant.settings import Settings

QUESTION = [{"role": "system", "content": "Answer."}, {"role": "user", "content": "Which model?"}]


def test_a_gguf_generates_and_is_deterministic(random_gguf):
    first = "".join(LlamaChat(random_gguf).stream(QUESTION, max_tokens=12))
    assert first
    assert first == "".join(LlamaChat(random_gguf).stream(QUESTION, max_tokens=12))


def test_a_quantised_gguf_generates_too(tmp_path, random_gguf):
    import ctypes

    import llama_cpp

    path = tmp_path / "random-q8_0.gguf"
    how = llama_cpp.llama_model_quantize_default_params()
    how.ftype = llama_cpp.LLAMA_FTYPE_MOSTLY_Q8_0
    assert llama_cpp.llama_model_quantize(str(random_gguf).encode(), str(path).encode(), ctypes.byref(how)) == 0
    assert "".join(LlamaChat(path).stream(QUESTION, max_tokens=8))


def test_a_prompt_longer_than_the_context_is_cut(random_gguf):
    long = [QUESTION[0], {"role": "user", "content": "memory " * 20_000}]
    assert isinstance("".join(LlamaChat(random_gguf).stream(long, max_tokens=4)), str)


def test_shorten_cuts_only_the_longest_message():
    kept, cut = shorten([{"role": "system", "content": "a b"}, {"role": "user", "content": "x" * 1000}], 200, len)
    assert kept["content"] == "a b"
    assert 100 < len(cut["content"]) < 200


@pytest.mark.parametrize("content, word", [(b"", "b''"), (b"PK\x03\x04zip", "expected b'GGUF'")])
def test_a_file_that_is_no_gguf_is_named(tmp_path, content, word):
    path = tmp_path / "broken.gguf"
    path.write_bytes(content)
    with pytest.raises(ModelFileError) as error:
        check_gguf(path)
    assert word in str(error.value)
    assert str(path) in error.value.text("ja")


def test_a_missing_gguf_is_named(tmp_path):
    with pytest.raises(ModelFileError, match=r"none\.gguf: cannot be read"):
        LlamaChat(tmp_path / "none.gguf")


def test_a_truncated_gguf_does_not_load(tmp_path, random_gguf):
    path = tmp_path / "cut.gguf"
    path.write_bytes(random_gguf.read_bytes()[:5000])
    with pytest.raises(ModelFileError, match="cannot load it"):
        list(LlamaChat(path).stream(QUESTION))


def test_a_hostile_chat_template_runs_nothing(tmp_path):
    from tests.conftest import write_random_gguf

    mark = tmp_path / "ran"
    template = "{{ cycler.__init__.__globals__.os.system('touch " + str(mark) + "') }}"
    path = write_random_gguf(tmp_path / "hostile.gguf", chat_template=template)
    with pytest.raises(ModelFileError, match="unsafe"):
        list(LlamaChat(path).stream(QUESTION, max_tokens=2))
    assert not mark.exists()


def test_a_server_streams_its_reply(scripted_server):
    server = scripted_server("Qwen3 8B は 4.7 GB です。")
    model = ServerChat(server.url)
    assert "".join(model.stream(QUESTION)) == "Qwen3 8B は 4.7 GB です。"
    assert model.name == f"scripted-model ({server.url}/v1)"
    assert server.asked[0]["messages"] == QUESTION
    assert server.asked[0]["temperature"] == 0


def test_a_server_that_is_not_there_is_one_line(silent_port):
    with pytest.raises(ServerError, match="is the server running"):
        list(ServerChat(f"http://127.0.0.1:{silent_port}").stream(QUESTION))


def test_a_server_that_fails_is_one_line(scripted_server):
    with pytest.raises(ServerError, match="500"):
        list(ServerChat(scripted_server("x", status=500).url).stream(QUESTION))


def test_the_settings_choose_the_model(tmp_path, random_gguf):
    assert chat_model(Settings(data=tmp_path)) is None
    assert chat_model(Settings(data=tmp_path, chat_model=random_gguf)).name == "random.gguf"
    assert isinstance(chat_model(Settings(data=tmp_path, llm_url="http://127.0.0.1:1/v1")), ServerChat)


@pytest.mark.parametrize(
    "pieces, expected",
    [
        (["<think>hm", "m</think>Yes."], "Yes."),
        (["A <b", "> c"], "A <b> c"),
        (["<thi", "nk>x</th", "ink>", "ok"], "ok"),
        (["never ends <think>abc"], "never ends "),
        (["half a tag <thi"], "half a tag <thi"),
    ],
)
def test_thinking_is_dropped(pieces, expected):
    assert "".join(without_thinking(iter(pieces))) == expected
