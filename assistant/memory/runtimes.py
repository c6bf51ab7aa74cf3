"""Settings and ready commands for the runtimes people use, for which a fit report's figures hold."""

from typing import Any

from assistant.memory.gguf_format import TYPE_IDS
from assistant.memory.layers import UBATCH, pad
from assistant.memory.needs import Needs
from assistant.memory.placement import Plan
from assistant.memory.quants import QUANTS

_OLLAMA_KV = ("f16", "q8_0", "q4_0")


def settings(need: Needs, plan: Plan | None) -> dict[str, Any]:
    """Return llama.cpp's settings, and under "commands" one command (or file) per runtime.

    The figures assume flash attention, n_ubatch 512 and windowed caches (swa_full false): llama-cpp-python's defaults
    differ and cost up to five times the KV cache.
    """
    context = pad(need.context_tokens) * need.users
    layers = _gpu_layers(need, plan)
    found: dict[str, Any] = {
        "n_ctx": context,
        "n_batch": 2048,
        "n_ubatch": UBATCH,
        "n_parallel": need.users,
        "flash_attn": True,
        "type_k": need.kv_type,
        "type_v": need.kv_type,
        "swa_full": False,
        "n_gpu_layers": layers,
    }
    if plan is not None and plan.cpu_expert_layers:
        found["n_cpu_moe"] = plan.cpu_expert_layers
    if need.model.variant in ("speech", "image"):
        return found  # whisper.cpp, stable-diffusion.cpp and others: not these runtimes
    if QUANTS[need.quant].gguf:
        found["commands"] = _commands(need, plan, context, layers)
    else:
        found["commands"] = {"vllm": _vllm(need)}
    return found


def _gpu_layers(need: Needs, plan: Plan | None) -> int:
    """Return -ngl: repeating layers plus one for the output layer; 999 when everything goes there."""
    if plan is None or plan.gpu_layers is None or plan.placement in ("gpu", "unified", "expert_offload"):
        return 999
    return plan.gpu_layers + 1 if plan.gpu_layers else 0


def _vllm(need: Needs) -> str:
    name = need.model.hf_id or need.model.id
    return f"vllm serve {name} --max-model-len {need.context_tokens} --max-num-seqs {need.users}"


def _commands(need: Needs, plan: Plan | None, context: int, layers: int) -> dict[str, str]:
    file = f"{need.model.id.rsplit('/', 1)[-1]}-{need.quant}.gguf"
    kv = need.kv_type
    quantised = kv not in ("f16", "bf16", "f32")
    server = f"llama-server -m {file} -c {context} -ngl {layers} -fa on"
    if kv != "f16":
        server += f" -ctk {kv} -ctv {kv}"
    if need.users > 1:
        server += f" -np {need.users}"
    if plan is not None and plan.cpu_expert_layers:
        server += f" --n-cpu-moe {plan.cpu_expert_layers}"
    python = f'Llama("{file}", n_ctx={context}, n_gpu_layers={-1 if layers == 999 else layers}, n_ubatch={UBATCH}'
    python += ", flash_attn=True, swa_full=False"
    if kv != "f16":
        python += f", type_k={TYPE_IDS[kv.upper()]}, type_v={TYPE_IDS[kv.upper()]}"
    modelfile = f"FROM ./{file}\nPARAMETER num_ctx {need.context_tokens}\nPARAMETER num_gpu {layers}"
    commands = {"llama.cpp": server, "llama-cpp-python": python + ")"}
    if not quantised or kv in _OLLAMA_KV:
        variables = f"OLLAMA_FLASH_ATTENTION=1 OLLAMA_KV_CACHE_TYPE={kv} OLLAMA_NUM_PARALLEL={need.users} ollama serve"
        commands["ollama"] = f"{variables}\n# Modelfile\n{modelfile}"
    ratio = 1.0 if layers == 999 else layers / ((need.layers or layers) + 1)
    commands["lm-studio"] = (
        f"lms load {need.model.id} --context-length {context} --gpu {'max' if ratio == 1 else f'{ratio:.2f}'}"
    )
    return commands
