import pytest

from assistant.errors import BadArguments
from assistant.memory.quants import BLOCKS, LADDER, QUANTS, quality_loss, resolve_quant, row_bytes


@pytest.mark.parametrize(
    "kind, bits",
    [  # bytes per block x 8 / values per block, ggml-common.h
        ("F32", 32), ("F16", 16), ("Q8_0", 8.5), ("Q6_K", 6.5625), ("Q5_K", 5.5), ("Q4_K", 4.5), ("Q3_K", 3.4375),
        ("Q2_K", 2.625), ("IQ4_XS", 4.25), ("IQ3_XXS", 3.0625), ("IQ2_XXS", 2.0625), ("IQ1_S", 1.5625),
        ("MXFP4", 4.25), ("NVFP4", 4.5), ("TQ1_0", 1.6875), ("Q1_0", 1.125), ("Q2_0", 2.25),
    ],
)  # fmt: skip
def test_bits_per_value_are_exact(kind, bits):
    values, size = BLOCKS[kind]
    assert size * 8 / values == bits


def test_every_block_size_is_that_of_gguf_py():
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

    known = {kind.name: GGML_QUANT_SIZES[kind] for kind in GGMLQuantizationType if kind in GGML_QUANT_SIZES}
    assert set(BLOCKS) - set(known) <= {"Q1_0", "Q2_0"}  # newer than the package; sizes from ggml-common.h
    assert {name: size for name, size in BLOCKS.items() if name in known} == {
        name: known[name] for name in BLOCKS if name in known
    }


@pytest.mark.parametrize(
    "text, expected",
    [
        ("Q4_K_M", "Q4_K_M"), ("q4_k_m", "Q4_K_M"), ("Q4-K-M", "Q4_K_M"), ("q4km", "Q4_K_M"), ("IQ4_XS", "IQ4_XS"),
        ("Q4", "Q4_K_M"), ("4bit", "Q4_K_M"), ("4-bit", "Q4_K_M"), ("int4", "Q4_K_M"), ("4ビット", "Q4_K_M"),
        ("４ビット量子化", "Q4_K_M"), ("8bit", "Q8_0"), ("int8", "Q8_0"), ("Q8", "Q8_0"), ("5bit", "Q5_K_M"),
        ("FP16", "F16"), ("fp16", "F16"), ("16bit", "F16"), ("半精度", "F16"), ("bf16", "BF16"),
        ("AWQ", "AWQ"), ("gptq", "GPTQ"), ("FP8", "FP8"), ("NVFP4", "NVFP4"), ("mxfp4", "MXFP4"), ("nf4", "BNB4"),
    ],
)  # fmt: skip
def test_names_people_write(text, expected):
    assert resolve_quant(text) == expected


@pytest.mark.parametrize("text", ["UD-Q4_K_XL", "7bit", "", "best", "Q4_K_M; rm -rf", "0bit", "99bit"])
def test_unknown_names_are_refused_with_what_is_known(text):
    with pytest.raises(BadArguments, match="Q4_K_M") as caught:
        resolve_quant(text)
    assert "Q4_K_M" in caught.value.text("ja")


@pytest.mark.parametrize(
    "quant, expected",
    [  # 1 - ppl(F16) / ppl(quant): 6.2332 against 6.4087, 6.8901 and 9.7531
        ("Q4_K_M", 0.0274), ("Q3_K_M", 0.0953), ("Q2_K", 0.3609), ("F16", 0.0),
    ],
)  # fmt: skip
def test_quality_loss_of_an_8b_model_is_the_perplexity_ratio(quant, expected):
    assert quality_loss(quant, 8_030_000_000) == pytest.approx(expected, abs=1e-4)


def test_larger_models_lose_less_and_fewer_bits_lose_more():
    assert quality_loss("Q4_K_M", 70_000_000_000) < quality_loss("Q4_K_M", 8_000_000_000)
    losses = [quality_loss(name, None) for name in LADDER]
    assert losses == sorted(losses)


def test_formats_nobody_measured_borrow_a_loss():
    assert quality_loss("AWQ", None) == quality_loss("Q4_K_S", None)
    assert all(one.perplexity_delta is not None or one.like in QUANTS for one in QUANTS.values())


@pytest.mark.parametrize("kind, values, expected", [("F16", 1024, 2048), ("Q8_0", 1024, 1088), ("Q4_0", 1024, 576)])
def test_row_bytes(kind, values, expected):
    assert row_bytes(kind, values) == expected
