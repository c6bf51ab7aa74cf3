"""The machines named for a model do hold it, and the next smaller ones do not."""

from assistant.memory.holders import holders
from tests.fit_shapes import DEEPSEEK_V3, QWEN3_8B, QWEN3_30B_A3B, model


def rows(shape, quant="Q4_K_M", context=8192, kv_type="f16", users=1):
    return {row["kind"]: row for row in holders(model(shape), quant, context, kv_type, users)}


def test_a_small_model_takes_one_small_card_or_mac():
    # Q4_K_M: 4.4 GiB without input embeddings + 1.1 KV + 0.3 + 0.4 = 6.2 GiB. Of 8 GB 7.2 GiB are available, of 6 5.3.
    # A Mac adds the embeddings, 6.5: of 16 GB 2/3 less 0.5 are 10.2 GiB, of 8 GB 4.8.
    found = rows(QWEN3_8B)
    assert found["card"] == {"kind": "card", "count": 1, "card_gb": 8, "ram_gb": None}
    assert found["mac"] == {"kind": "mac", "count": None, "card_gb": None, "ram_gb": 16}
    assert set(found) == {"card", "mac"}


def test_what_no_card_holds_takes_several_or_ram_for_its_experts():
    # 671B at about 4.8 bits are some 376 GiB: 5 cards of 77 GiB are just over that, 24 GB cards would be 17.
    several = [row for row in holders(model(DEEPSEEK_V3), "Q4_K_M", 8192, "f16", 1) if row["kind"] == "cards"]
    assert [row["card_gb"] for row in several] == [80] and several[0]["count"] in (5, 6)
    found = rows(DEEPSEEK_V3)
    assert "card" not in found and found["mac"]["ram_gb"] == 512
    assert (found["experts"]["card_gb"], found["experts"]["ram_gb"]) == (24, 512)


def test_users_and_contexts_take_larger_machines():
    # 17.1 GiB of weights on the card, 0.3 and 0.4 of buffers; 96 KiB of KV cache a token: 0.75 GiB, or 24 for 8 x 32k.
    # 18.6 GiB go into the 18.9 available of 20 GB; 41.8 into the 45.1 of 48 GB, or twice 20.9 into the 22.8 of 24 GB.
    assert rows(QWEN3_30B_A3B)["card"]["card_gb"] == 20
    larger = rows(QWEN3_30B_A3B, users=8, context=32768)
    assert larger["card"]["card_gb"] == 48 and larger["cards"] == {
        "kind": "cards", "count": 2, "card_gb": 24, "ram_gb": None,
    }  # fmt: skip


def test_other_formats_have_only_cards():
    assert set(rows(QWEN3_30B_A3B, quant="AWQ")) == {"card"}
