"""Answer what hf-mem and whichllm estimate. Run by peers.py with the interpreter of an environment that has them.

A JSON list of questions on standard input, a list of {name: [total MiB, KV cache MiB]} on standard output.
"""

import json
import sys
from typing import Any

MIB = 2**20


def hf_mem(asked: dict[str, Any]) -> list[float] | None:
    """Return the file's size and the cache; hf-mem has no term for scratch memory. None when it refuses."""
    from hf_mem.gguf.metadata import parse_gguf_metadata

    try:
        with open(asked["header"], "rb") as file:
            found = parse_gguf_metadata(
                file.read(8 * MIB),
                experimental=True,
                max_model_len=asked["context"],
                kv_cache_dtype=asked["kv"].upper(),
            )
    except RuntimeError:  # a list of heads per layer, or MLA
        return None
    return [(asked["file"] + found.kv_cache.cache_size) / MIB, found.kv_cache.cache_size / MIB]


def whichllm(asked: dict[str, Any]) -> list[float]:
    """Return the total and the cache."""
    from whichllm.engine.vram import estimate_kv_cache, estimate_vram
    from whichllm.models.types import GGUFVariant, ModelInfo

    model = ModelInfo(
        id=asked["name"],
        family_id=asked["name"],
        name=asked["name"],
        parameter_count=asked["parameters"],
        parameter_count_active=asked["active"],
        architecture=asked["arch"],
        is_moe=asked["active"] is not None,
        sliding_window=asked["window"],
        sliding_window_global_ratio=asked["global"],
    )
    file = GGUFVariant(filename=asked["name"], quant_type=asked["quant"] or "", file_size_bytes=asked["file"])
    context = asked["context"]
    return [estimate_vram(model, file, context) / MIB, estimate_kv_cache(model, context) / MIB]


if __name__ == "__main__":
    answers = [{"hf-mem": hf_mem(one), "whichllm": whichllm(one)} for one in json.load(sys.stdin)]
    json.dump(answers, sys.stdout)
