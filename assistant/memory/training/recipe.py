"""How a model is trained: the settings that training memory depends on, and how many bytes each kind of value takes.

The defaults are those of Hugging Face's Trainer with PEFT: bfloat16 autocast, adapters in 32 bits on every linear
layer, gradient checkpointing, fused attention, AdamW with 32-bit states, logits of the whole batch at once (read in
transformers 5.23, peft 0.21, trl 1.16, bitsandbytes 0.50 on 2026-11-22).
"""

from dataclasses import dataclass
from typing import Literal, get_args

from assistant.errors import BadArguments

Method = Literal["full", "lora", "qlora"]
Optimizer = Literal["adamw", "adamw_bf16", "adamw_8bit", "sgd"]
Attention = Literal["fused", "eager"]
LossKind = Literal["whole", "chunked"]

METHODS: tuple[Method, ...] = get_args(Method)
OPTIMIZERS: tuple[Optimizer, ...] = get_args(Optimizer)
MOST_TOKENS, MOST_BATCH, MOST_RANK = 10_000_000, 4096, 4096
HALF, SINGLE = 2, 4  # bytes of bfloat16 or float16, and of float32
# bitsandbytes' 8-bit Adam keeps one float32 scale per block of 256 values and state (bitsandbytes.optim, block-wise).
_EIGHT_BIT_STATES = 2 * (1 + SINGLE / 256)


@dataclass(frozen=True, slots=True)
class Recipe:
    """The settings of one training run.

    `optimizer`: "adamw" keeps 32-bit states, in full training with a 32-bit copy of the weights (mixed precision: ZeRO,
    Rajbhandari et al. 2020, section 3.1); "adamw_bf16" keeps everything in bfloat16 (torchtune, LLaMA-Factory's
    pure_bf16); "adamw_8bit" is bitsandbytes' on bfloat16 weights; "sgd" has no states.
    `attention`: "fused" is FlashAttention or PyTorch's scaled_dot_product_attention, "eager" keeps the score matrix.
    `loss`: "chunked" never holds the logits of all tokens (Liger, Unsloth, torchtune, TRL's chunked loss).
    `autocast`: matrix products run in 16 bits whatever the tensors' type; without it, in the type of the weights.
    `upcast`: QLoRA only; peft's prepare_model_for_kbit_training turns what is not quantised into 32 bits.
    `targets`: llama.cpp's stems of the linear layers with adapters ("attn_q"); None: all but routed experts.
    `held_logits`: bytes per logit that the training loop holds during the backward pass: 0 where it drops the model's
    output (Trainer), 2 or 4 where it keeps it.
    `accumulates`: gradients of earlier micro batches stay during a step. `fused_optimizer`: the update needs no copy of
    the values it changes; PyTorch's foreach AdamW, the older default, does.
    """

    method: Method
    sequence_tokens: int = 2048
    batch: int = 1
    rank: int = 16
    optimizer: Optimizer = "adamw"
    checkpointing: bool = True
    attention: Attention = "fused"
    loss: LossKind = "whole"
    autocast: bool = True
    upcast: bool = False
    adapter_bytes: int = SINGLE
    dropout: bool = False
    targets: tuple[str, ...] | None = None
    double_quant: bool = True
    held_logits: int = 0
    accumulates: bool = True
    fused_optimizer: bool = True

    @property
    def tokens(self) -> int:
        """Tokens of one step on one card."""
        return self.sequence_tokens * self.batch

    @property
    def full(self) -> bool:
        """Whether all weights are trained."""
        return self.method == "full"

    @property
    def stream(self) -> int:
        """Bytes of a value in the residual stream and of a norm's result."""
        return SINGLE if self.upcast and self.method == "qlora" else HALF

    @property
    def attention_bytes(self) -> int:
        """Bytes of a query, key, value or attention result: autocast brings them to 16 bits."""
        return HALF if self.autocast else self.stream

    @property
    def converts(self) -> bool:
        """Whether PEFT turns a layer's input into the adapters' type.

        peft.tuners.lora: `Linear` always does, `Linear4bit` only without autocast.
        """
        return not self.full and self.adapter_bytes != self.stream and not (self.method == "qlora" and self.autocast)

    @property
    def adapter_input_bytes(self) -> int:
        """Bytes of a value that the first adapter matrix keeps for the backward pass."""
        return HALF if self.autocast else self.adapter_bytes

    @property
    def own_inputs(self) -> bool:
        """Whether each adapter keeps its own copy of its input rather than the layers' common one."""
        return not self.full and (self.converts or self.dropout or self.stream != self.adapter_input_bytes)

    @property
    def state_bytes(self) -> float:
        """Bytes of optimiser state per trained parameter, without the 32-bit copy of the weights."""
        states = {"adamw": 2.0 * SINGLE, "adamw_bf16": 2.0 * HALF, "adamw_8bit": _EIGHT_BIT_STATES, "sgd": 0.0}
        return states[self.optimizer]

    @property
    def master_bytes(self) -> int:
        """Bytes of the 32-bit copy per trained parameter that AdamW in mixed precision keeps of 16-bit weights."""
        return SINGLE if self.full and self.optimizer == "adamw" else 0

    @property
    def gradient_bytes(self) -> int:
        """Bytes of one gradient: those of the trained parameter itself."""
        return HALF if self.full else self.adapter_bytes


def check_recipe(recipe: Recipe) -> None:
    """Raise BadArguments, naming the setting, when one is unknown or out of range."""
    for name, found, known in (("method", recipe.method, METHODS), ("optimizer", recipe.optimizer, OPTIMIZERS)):
        if found not in known:
            raise BadArguments(name, found, "one of " + ", ".join(known), "、".join(known) + " のいずれか")
    for name, value, most in (
        ("sequence_tokens", recipe.sequence_tokens, MOST_TOKENS),
        ("batch", recipe.batch, MOST_BATCH),
        ("rank", recipe.rank, MOST_RANK),
    ):
        if not 1 <= value <= most:
            raise BadArguments(name, value, f"1 to {most:,}", f"1〜{most:,}")
