"""The bytes of one training run, item by item: weights, adapters, gradients, optimiser, activations, logits, overhead.

Sources: ZeRO (Rajbhandari et al. 2020, section 3.1) for mixed-precision Adam, QLoRA (Dettmers et al. 2023, section 3)
for NF4 and double quantisation, bitsandbytes 0.50 for block sizes, PyTorch FSDP (Zhao et al. 2023) for what a sharded
model gathers; activations in assistant.memory.training.activations.
"""

import math
from dataclasses import dataclass, replace

from assistant.memory.blueprints.tensors import tensors
from assistant.memory.report import MIB
from assistant.memory.training.activations import Activations, activations, adapter_parameters
from assistant.memory.training.modules import ROUTER, Modules, modules
from assistant.memory.training.recipe import HALF, SINGLE, Recipe
from assistant.memory.weights import parameter_count, settle
from knowledge.schema import Architecture, Model

# NF4: two values per byte and one 32-bit scale per block of 64; with double quantisation that scale takes one byte and
# one 32-bit scale per 256 of them (bitsandbytes.functional.quantize_4bit).
NF4_BYTES = 0.5 + SINGLE / 64
NF4_DOUBLE_BYTES = 0.5 + (1 + SINGLE / 256) / 64
# cuBLAS keeps 8.125 MiB per handle and stream; steps measured on a T4 hold two (fitcheck-llm 0.3.1), Hopper 32 MiB.
WORKSPACE = 32 * MIB
# What the caching allocator reserves beyond what is in use, as a share of activations and logits: enough for four of
# five of 25 measured LoRA and QLoRA steps with fused attention on a T4 (fitcheck-llm 0.3.1, "calibration" rows; 0.05 to
# 0.36, median 0.18). PyTorch's expandable segments take less, the logits of a large vocabulary more.
FRAGMENTATION = 0.27
# Blocks whose weights FSDP holds whole at a time: the one at work and the next, fetched ahead (PyTorch FSDP).
_GATHERED_BLOCKS = 2
# transformers has no fused attention for these (_supports_sdpa, read 2026-11-22).
_EAGER_ONLY = frozenset({"bloom", "mpt", "gptj"})
_ROUGH = ("mamba", "rwkv", "qwen35", "qwen3next", "granitehybrid", "jamba", "falcon-h1", "nemotron_h", "plamo2",
          "kimi-linear", "minimax-01")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Subject:
    """What is trained: hyperparameters, modules and parameters. `basis` "rough": a part of it is estimated."""

    arch: Architecture
    parts: Modules
    parameters: int
    linear_share: float
    expert_share: float
    root_share: float
    logits: bool
    known: bool
    rough: bool


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes of one run on one card, at the moment that needs most.

    `step`: activations and logits, whose two moments compete for the peak. `stored`: what activations would take
    without checkpointing. `update`: copies the optimiser makes. `gathered`: what a card holds on top of its share when
    several share the states. `held`: the part of the gradients that is there while activations are.
    """

    trained_parameters: int
    weights: int
    adapters: int
    gradients: int
    held: int
    optimizer: int
    step: Activations
    stored: int
    update: int
    context: int
    gathered: int

    @property
    def states(self) -> int:
        """What FSDP and ZeRO-3 divide between the cards."""
        return self.weights + self.adapters + self.gradients + self.optimizer

    @property
    def logits(self) -> int:
        """What the loss takes at the peak of the step; 0 when the peak is elsewhere."""
        return self.step.loss if self.step.loss >= self.step.block else 0

    @property
    def activations(self) -> int:
        """What the forward pass keeps and, where that is the peak, the block at work."""
        return self.step.kept + (0 if self.logits else self.step.block)

    @property
    def overhead(self) -> int:
        """Context, workspace and what the allocator cannot use."""
        return self.context + WORKSPACE + round(FRAGMENTATION * (self.activations + self.logits))

    @property
    def total(self) -> int:
        """Everything, on one card."""
        return self.per_card(1)

    def per_card(self, count: int) -> int:
        """Return what each of `count` cards holds with FSDP or ZeRO-3: its share, what is gathered, its own batch."""
        return self.allocated(count) + self.overhead - WORKSPACE // 2

    def allocated(self, count: int = 1) -> int:
        """Return what torch.cuda.max_memory_allocated would report on each of `count` cards."""

        def share(size: int) -> int:
            return -(-size // count)

        resident = share(self.weights + self.adapters + self.optimizer)
        during = share(self.held) + self.activations + self.logits + (self.gathered if count > 1 else 0)
        return resident + max(during, share(self.gradients + self.update)) + WORKSPACE // 2


def subject(model: Model) -> Subject | None:
    """Return what training `model` is about, None when not even the number of parameters is known.

    Without hyperparameters a Llama-like model of its size stands in.
    """
    arch = settle(model.architecture, model.parameters) if model.architecture else None
    found = tensors(arch) if arch is not None else None
    parameters = model.parameters or (parameter_count(found) if found else 0)
    if not parameters:
        return None
    known = arch is not None and found is not None
    if arch is None or found is None:
        arch = _stand_in(parameters)
        found = tensors(arch) or ()
    parts = modules(arch, found)
    counted = max(1, parameter_count(found))
    experts = sum(part.values * part.count for part in found if part.layers is not None and "_exps." in part.name)
    linears = sum(one.parameters * len(one.layers) for one in parts.linears if one.name != ROUTER)
    return Subject(
        arch=arch,
        parts=parts,
        parameters=parameters,
        linear_share=linears / counted,
        expert_share=experts / counted,
        root_share=sum(part.values for part in found if part.layers is None) / counted,
        logits=model.variant not in ("embedding", "reranker"),
        known=known,
        rough=not known or (arch.arch or "").startswith(_ROUGH) or not parts.heads,
    )


def _stand_in(parameters: int) -> Architecture:
    """Return a Llama-like shape of so many parameters: depth and width grow as between Llama-3.2-1B and 3.1-405B."""
    scale = parameters / 8.03e9
    hidden = max(256, round(4096 * scale**0.37 / 128) * 128)
    heads = max(1, hidden // 128)
    layers = max(2, round(32 * scale**0.27))
    return Architecture("llama", layers, hidden, heads, max(1, heads // 4), 128, round(3.5 * hidden), 128_256)


def measure(about: Subject, recipe: Recipe, context: int, *, experts_in_4_bits: bool = True) -> Memory:
    """Return the bytes of training `about` as `recipe` says; `context` is what the driver takes on a card.

    `experts_in_4_bits` False: QLoRA
    leaves routed experts in 16 bits, as bitsandbytes does where they are stacked parameters (its issue 1849).
    """
    if about.arch.arch in _EAGER_ONLY:
        recipe = replace(recipe, attention="eager")
    adapters = 0 if recipe.full else adapter_parameters(about.parts, recipe)
    trained = about.parameters if recipe.full else adapters
    step = activations(about.arch, about.parts, recipe, logits=about.logits)
    whole = replace(recipe, checkpointing=False)
    stored = step.kept if not recipe.checkpointing else activations(about.arch, about.parts, whole).kept
    weights = base_weights(about, recipe, experts_in_4_bits=experts_in_4_bits)
    root = round(about.parameters * about.root_share * HALF)
    block = (weights - root) // about.arch.layers
    gathered = root + _GATHERED_BLOCKS * block + (root + block if recipe.full else 0)
    gradients = trained * recipe.gradient_bytes
    return Memory(
        trained_parameters=trained,
        weights=weights,
        adapters=adapters * recipe.adapter_bytes,
        gradients=gradients,
        held=gradients if recipe.accumulates else 0,
        optimizer=round(trained * (recipe.state_bytes + recipe.master_bytes)),
        step=step,
        stored=stored,
        update=0 if recipe.fused_optimizer else gradients,
        context=context,
        gathered=gathered,
    )


def base_weights(about: Subject, recipe: Recipe, *, experts_in_4_bits: bool = True) -> int:
    """Return the bytes of the model's own weights.

    QLoRA: linear layers in NF4; embeddings, output layer, norms, biases and routers stay in 16 bits (32 after peft's
    prepare_model_for_kbit_training).
    """
    if recipe.method != "qlora":
        return about.parameters * HALF
    share = about.linear_share + (about.expert_share if experts_in_4_bits else 0.0)
    packed = NF4_DOUBLE_BYTES if recipe.double_quant else NF4_BYTES
    return math.ceil(about.parameters * (share * packed + (1 - share) * recipe.stream))
