"""Published hyperparameters of well-known models, for the fit engine's tests."""

from knowledge.schema import Architecture, Model

LLAMA_8B = Architecture("llama", 32, 4096, 32, 8, 128, 14336, 128256)
QWEN3_8B = Architecture("qwen3", 36, 4096, 32, 8, 128, 12288, 151936)
GEMMA3_4B = Architecture("gemma3", 34, 2560, 8, 4, 256, 10240, 262144, True, sliding_window=1024)
MIXTRAL = Architecture("llama", 32, 4096, 32, 8, 128, 14336, 32000, experts=8, experts_used=2, moe_ffn=14336)
QWEN3_30B_A3B = Architecture("qwen3moe", 48, 2048, 32, 4, 128, 6144, 151936, experts=128, experts_used=8, moe_ffn=768)
GPT_OSS_20B = Architecture(
    "gpt-oss", 24, 2880, 64, 8, 64, 2880, 201088, sliding_window=128, experts=32, experts_used=4, moe_ffn=2880
)
DEEPSEEK_V3 = Architecture(
    "deepseek2", 61, 7168, 128, 128, 192, 18432, 129280, experts=256, experts_used=8, moe_ffn=2048, shared_experts=1,
    first_dense_layers=3, kv_lora_rank=512, q_lora_rank=1536, qk_rope_head_dim=64, qk_nope_head_dim=128, v_head_dim=128,
)  # fmt: skip
QWEN36_27B = Architecture(
    "qwen35", 64, 5120, 24, 4, 256, 17408, 248320, full_attention_interval=4,
    extra={"ssm.conv_kernel": 4, "ssm.inner_size": 6144, "ssm.group_count": 16, "ssm.state_size": 128},
)  # fmt: skip


def model(
    architecture: Architecture | None, name: str = "Test 8B", parameters: int | None = None,
    context: int | None = 131072,
    **values: object,
) -> Model:  # fmt: skip
    """Return an open model with this architecture."""
    return Model(
        id=name.lower().replace(" ", "-"), name=name, lab="test", variant="instruct", licence="apache-2.0",
        open_weights=values.pop("open_weights", True), parameters=parameters, context_tokens=context,
        architecture=architecture, **values,  # type: ignore[arg-type]
    )  # fmt: skip
