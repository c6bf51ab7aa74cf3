"""Settings and ready commands for the runtimes people use, for which a fit report's figures hold.

Options as in common/arg.cpp and tools/server of the llama.cpp inside llama-cpp-python 0.3.36, `Llama.__init__` of that
package, Ollama's Modelfile and envconfig, and lmstudio.ai/docs/cli/load (read 2026-11-22).
"""

import json
from typing import Any

from assistant.memory.files.gguf_format import TYPE_IDS
from assistant.memory.layers import UBATCH, pad
from assistant.memory.needs import Needs
from assistant.memory.placement import Plan, Room, some_layers
from assistant.memory.quants import QUANTS

ALL = 999  # every layer, whatever their number
_OLLAMA_KV = ("f16", "q8_0", "q4_0")
_NOT_THESE_RUNTIMES = ("speech", "image")  # whisper.cpp, stable-diffusion.cpp and others


def settings(need: Needs, plan: Plan | None, space: Room) -> dict[str, Any]:
    """Return llama.cpp's settings, and under "commands" one command (or file) per runtime.

    "lm_studio_settings" are those for which LM Studio has no option: names from its load settings, to be chosen there.

    The figures assume flash attention, bounded batches and windowed caches (swa_full false): llama-cpp-python's
    defaults differ and cost up to five times the KV cache.
    """
    context = pad(need.context_tokens) * need.users
    layers = _gpu_layers(plan)
    found: dict[str, Any] = {
        "n_ctx": context,
        "n_batch": max(2048, need.ubatch),
        "n_ubatch": need.ubatch,
        "n_parallel": need.users,
        "flash_attn": True,
        "type_k": need.kv_type,
        "type_v": need.kv_type,
        "swa_full": False,
        "n_gpu_layers": layers,
    }
    if plan is not None and plan.n_cpu_moe:
        found["n_cpu_moe"] = plan.n_cpu_moe
    if plan is not None and len(plan.shares) > 1 and layers:
        found["tensor_split"] = [share.pieces for share in plan.shares]
    if need.model.variant in _NOT_THESE_RUNTIMES or (plan is not None and plan.placement == "none"):
        return found
    if QUANTS[need.quant].gguf:
        found["commands"] = _commands(need, plan, space, found)
        found["lm_studio_settings"] = _lm_studio_settings(need, found)
    else:
        found["commands"] = {"vllm": _vllm(need, space)}
    return found


def _gpu_layers(plan: Plan | None) -> int:
    """Return -ngl: repeating layers plus one for the output layer; ALL when everything goes there."""
    if plan is None or plan.placement in ("gpu", "unified", "expert_offload"):
        return ALL
    return plan.gpu_layers + 1 if plan.gpu_layers else 0


def _vllm(need: Needs, space: Room) -> str:
    name = need.model.hf_id or need.model.id
    split = f" --tensor-parallel-size {space.count}" if space.count > 1 else ""
    return f"vllm serve {name} --max-model-len {need.context_tokens} --max-num-seqs {need.users}{split}"


def _file(need: Needs) -> str:
    """Return the person's own file, else a name that says what to look for."""
    own = next((file.source for file in need.model.files if need.model.user and file.quant == need.quant), None)
    return own or f"{need.model.id.rsplit('/', 1)[-1]}-{need.quant}.gguf"


def _embeds(need: Needs) -> bool:
    name = (need.arch.arch if need.arch is not None else None) or ""
    return need.model.variant in ("embedding", "reranker") or "bert" in name or name == "gemma-embedding"


def _commands(need: Needs, plan: Plan | None, space: Room, found: dict[str, Any]) -> dict[str, str]:
    simple = _without_overrides(need, plan, space, found)
    commands = {
        "llama.cpp": _server(need, plan, found),
        "llama-cpp-python": _python(need, simple),
    }
    if need.kv_type in _OLLAMA_KV and need.model.variant != "reranker":
        commands["ollama"] = _ollama(need, simple)
    commands["lm-studio"] = _lm_studio(need, found)
    return commands


def _without_overrides(need: Needs, plan: Plan | None, space: Room, found: dict[str, Any]) -> dict[str, Any]:
    """Return the settings for runtimes that cannot keep only experts in RAM: they keep whole layers there."""
    if plan is None or plan.placement != "expert_offload":
        return found
    fewer = some_layers(need, space)
    split = [share.pieces for share in fewer.shares] if fewer and len(fewer.shares) > 1 else None
    return {**found, "n_gpu_layers": _gpu_layers(fewer) if fewer else 0, "tensor_split": split}


def _server(need: Needs, plan: Plan | None, found: dict[str, Any]) -> str:
    """Return llama-server's command. -np is always given: by default there are four slots that share a larger cache."""
    name = _file(need)
    file = f'"{name}"' if " " in name else name
    parts = [f"llama-server -m {file} -c {found['n_ctx']} -ngl {found['n_gpu_layers']} -fa on"]
    if _embeds(need):
        parts.append("--reranking" if need.model.variant == "reranker" else "--embeddings")
    parts.append(f"-np {need.users}")
    if need.kv_type != "f16" and need.cache_bytes:
        parts.append(f"-ctk {need.kv_type} -ctv {need.kv_type}")
    if need.ubatch != UBATCH:
        parts.append(f"-b {found['n_batch']} -ub {need.ubatch}")
    if plan is not None and plan.n_cpu_moe:
        parts.append(f"--n-cpu-moe {plan.n_cpu_moe}")
    if "tensor_split" in found:
        parts.append("-ts " + ",".join(map(str, found["tensor_split"])))
    if plan is not None and plan.placement == "cpu" and plan.gpu_bytes == 0:
        parts.append("-dev none")  # a GPU build would reserve its buffers on the card all the same
    return " ".join(parts)


def _python(need: Needs, found: dict[str, Any]) -> str:
    layers = found["n_gpu_layers"]
    values = {
        "n_ctx": found["n_ctx"],
        "n_gpu_layers": -1 if layers == ALL else layers,
        "n_ubatch": need.ubatch,
        "flash_attn": True,
        "swa_full": False,
    }
    if need.ubatch > UBATCH:
        values["n_batch"] = need.ubatch
    if need.kv_type != "f16" and need.cache_bytes:
        values["type_k"] = values["type_v"] = TYPE_IDS[need.kv_type.upper()]
    if found.get("tensor_split"):
        values["tensor_split"] = found["tensor_split"]
    if _embeds(need):
        values["embedding"] = True
    arguments = [json.dumps(_file(need), ensure_ascii=False), *(f"{name}={value}" for name, value in values.items())]
    return f"Llama({', '.join(arguments)})"


def _ollama(need: Needs, found: dict[str, Any]) -> str:
    variables = f"OLLAMA_FLASH_ATTENTION=1 OLLAMA_KV_CACHE_TYPE={need.kv_type} OLLAMA_NUM_PARALLEL={need.users}"
    name = _file(need)
    path = name if name.startswith(("/", ".", "~")) or ":" in name else f"./{name}"
    create = f"ollama create {need.model.id} -f Modelfile"
    start = "" if _embeds(need) else f"\nollama run {need.model.id}"  # embedders answer over HTTP only
    return (
        f"{variables} ollama serve\n{create}{start}\n# Modelfile\nFROM {path}\n"
        f"PARAMETER num_ctx {pad(need.context_tokens)}\nPARAMETER num_gpu {found['n_gpu_layers']}"
    )


def _lm_studio(need: Needs, found: dict[str, Any]) -> str:
    layers = found["n_gpu_layers"]
    share = "max" if layers == ALL else "off" if not layers else f"{layers / ((need.layers or layers) + 1):.2f}"
    return f"lms load {need.model.id} --context-length {found['n_ctx']} --gpu {share}"


def _lm_studio_settings(need: Needs, found: dict[str, Any]) -> list[str]:
    chosen = ["Flash Attention"]
    if need.kv_type != "f16" and need.cache_bytes:
        chosen += [f"{part} Cache Quantization Type {need.kv_type}" for part in "KV"]
    if found.get("n_cpu_moe"):
        chosen.append("Force Model Expert Weights onto CPU")
    return chosen
