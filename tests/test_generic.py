"""A bare size stands for a dense model shaped like Llama 3 of that many parameters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.memory.generic import generic_model, generic_note
from knowledge.schema import Architecture, Model


def counted(shape: Architecture) -> int:
    """Return the weights of a dense llama: per layer q, k, v, o and three of the feed-forward, two norms; embeddings.

    The head dimension is 128: with H heads and 8 key and value heads, q and o are (hidden, 128 H), k and v
    (hidden, 1024). A tied output is counted once.
    """
    assert isinstance(shape.kv_heads, int)
    attention = 2 * shape.hidden * 128 * (shape.heads + shape.kv_heads)
    layer = attention + 3 * shape.hidden * shape.ffn + 2 * shape.hidden
    return shape.layers * layer + (1 if shape.tied_embeddings else 2) * shape.vocab * shape.hidden + shape.hidden


def shape_of(name: str) -> Architecture:
    model = generic_model(name)
    assert model is not None and model.architecture is not None
    return model.architecture


@pytest.mark.parametrize(
    ("name", "layers", "hidden", "heads", "ffn", "tied"),
    [
        # Llama 3.1 8B (config.json of Meta) is 32 x 4096 with 14,336: 8.03 billion weights.
        ("8B", 32, 4096, 32, 14_336, False),
        # Of the 70B: (70e9 - 2 * 128256 * 8192) / 80 - 2 * 8192 * 128 * (64 + 8) = 697.7e6 weights of the feed-forward
        # in a layer; / (3 * 8192) = 28,391, to the nearest 256: 28,416 (Llama 3.1 70B has 70.6 billion and 28,672).
        ("70B", 80, 8192, 64, 28_416, False),
        # Between 8.03 and 70.6: ln(13 / 8.03) / ln(70.6 / 8.03) = 0.2216 of the way; 32 * 2.5 ** 0.2216 = 39.2 layers,
        # 40 as an even number; 4096 * 2 ** 0.2216 = 4776, 5120 as a multiple of 1024; the feed-forward has
        # (13e9 - 2 * 128256 * 5120) / 40 - 2 * 5120 * 128 * (40 + 8) = 229.3e6 weights; / (3 * 5120) = 14,925: 14,848.
        ("13B", 40, 5120, 40, 14_848, False),
        # ln(3 / 1.24) / ln(3.21 / 1.24) = 0.929 from the 1B to the 3B: 16 * 1.75 ** 0.929 = 26.9 layers (26),
        # 2048 * 1.5 ** 0.929 = 2985 (3072); embeddings are shared below 4B, so the feed-forward has
        # (3e9 - 128256 * 3072) / 26 - 2 * 3072 * 128 * (24 + 8) = 75.06e6 weights; / (3 * 3072) = 8,144: 8,192.
        ("3B", 26, 3072, 24, 8_192, True),
    ],
)
def test_worked_out_shapes(name: str, layers: int, hidden: int, heads: int, ffn: int, tied: bool) -> None:
    assert shape_of(name) == Architecture("llama", layers, hidden, heads, 8, 128, ffn, 128_256, tied)


def test_a_token_of_context_takes_what_a_grouped_cache_takes() -> None:
    shape = shape_of("13B")  # keys and values of 8 heads of 128 in 40 layers, two bytes each
    assert isinstance(shape.kv_heads, int)
    assert 2 * shape.layers * shape.kv_heads * shape.head_dim * 2 == 163_840


@given(st.integers(5, 20_000).map(lambda tenths: tenths / 10))
def test_any_size_has_its_number_of_weights_within_two_percent(billions: float) -> None:
    model = generic_model(f"{billions:g}B")
    assert model is not None
    assert model.parameters == round(billions * 1e9)
    assert counted(shape_of(f"{billions:g}B")) == pytest.approx(billions * 1e9, rel=0.02)


@given(st.floats(0.5, 400), st.floats(1.2, 4))
def test_a_larger_size_is_never_shallower_or_narrower(billions: float, times: float) -> None:
    small, large = (shape_of(f"{one:.2f}B") for one in (billions, billions * times))
    assert small.layers <= large.layers
    assert small.hidden <= large.hidden


@pytest.mark.parametrize(
    ("written", "name"), [("13B", "13B"), (" 7b ", "7B"), ("70 B", "70B"), ("1.50b", "1.5B"), ("0.1B", "0.1B")]
)
def test_however_the_size_is_written(written: str, name: str) -> None:
    model = generic_model(written)
    assert model is not None
    assert (model.name, model.id) == (name, name.lower())


@pytest.mark.parametrize("name", ["", "B", "13", "Llama 13B", "13B instruct", "8x7B", "-7B", "0.05B", "2001B", "13 GB"])
def test_more_than_a_size_or_one_out_of_range_is_no_such_model(name: str) -> None:
    assert generic_model(name) is None


def test_what_nobody_said_of_it_is_unknown() -> None:
    model = generic_model("30B")
    assert isinstance(model, Model)
    assert (model.licence, model.lab, model.open_weights, model.context_tokens) == ("unknown", "", True, 131_072)


def test_the_note_names_the_size_in_both_languages() -> None:
    model = generic_model("34b")
    assert model is not None
    note = generic_note(model)
    assert set(note) == {"en", "ja"}
    assert all("34B" in text and "Llama 3" in text for text in note.values())
