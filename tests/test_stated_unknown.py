"""A GPU that somebody does not know is neither none nor one to buy."""

import pytest

from assistant.stated.unknown import unknown_gpu, with_unknown_gpu
from tests.reading import calls


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("GPUはよくわからん", True),
        ("not sure what GPU I have", True),
        ("メモリ32GBのPC、GPUは何か分からない。要約用は？", True),
        ("no idea which graphics card is in my PC", True),
        ("GPUがあるかどうか分からない", True),
        ("グラボが何か不明だけどQwen3 8B動く？", True),
        ("I don't know if it has a graphics card", True),
        ("どのGPUが入っているか知らない", True),
        ("unknown GPU, 16GB RAM", True),
        ("not sure which GPU to buy", False),
        ("どのGPUを買えばいいか分からない", False),
        ("GPUの選び方が分からない", False),
        ("I don't know what a GPU is", False),
        ("GPUなし、メモリ16GB", False),
        ("no GPU, 16 GB RAM", False),
    ],
)
def test_not_knowing_is_told_from_having_none_and_from_choosing(text, unknown):
    assert unknown_gpu(text) is unknown


@pytest.mark.parametrize(
    ("text", "hardware", "note"),
    [
        ("メモリ16GB、GPUはよくわからん", {"ram_gb": 16}, "GPUを使わない場合として"),
        ("I have 32GB of RAM and I don't know my GPU, best chat model?", {"ram_gb": 32}, "GPUを使わない場合として"),
        ("not sure what GPU I have, best chat model?", None, "特定のGPUは想定していません"),
        ("no GPU, 16 GB RAM, best chat model?", {"gpu": None, "ram_gb": 16}, None),
        ("RTX 3060 12GB, not sure what GPU is in my other PC", {"gpu": "RTX 3060", "vram_gb": 12}, None),
    ],
)
def test_what_is_known_of_the_machine_holds_and_the_rest_is_told(mekiki, text, hardware, note):
    (call,) = calls(mekiki, text)
    assert call.arguments().get("hardware") == hardware and not call.asks
    told = [one["ja"] for one in with_unknown_gpu(call, text)[1]]
    assert (note in told[0] and "タスクマネージャー" in told[1]) if note else told == []
