"""API providers: the short names that price listings use, and the names people know them by."""

PROVIDERS = {
    "alibaba": "Alibaba Cloud",
    "amazon": "Amazon Bedrock",
    "amazon-bedrock": "Amazon Bedrock",
    "anthropic": "Anthropic",
    "cohere": "Cohere",
    "deepinfra": "DeepInfra",
    "deepseek": "DeepSeek",
    "fireworks-ai": "Fireworks AI",
    "google": "Google",
    "groq": "Groq",
    "inception": "Inception",
    "meta": "Meta",
    "minimax": "MiniMax",
    "mistral": "Mistral AI",
    "moonshot": "Moonshot AI",
    "moonshotai": "Moonshot AI",
    "nebius": "Nebius",
    "novita-ai": "Novita AI",
    "openai": "OpenAI",
    "openrouter": "OpenRouter",
    "perplexity": "Perplexity",
    "qwen": "Alibaba Cloud",
    "sakana": "Sakana AI",
    "siliconflow": "SiliconFlow",
    "stepfun": "StepFun",
    "togetherai": "Together AI",
    "upstage": "Upstage",
    "voyage": "Voyage AI",
    "xai": "xAI",
    "xiaomi": "Xiaomi",
    "zai": "Z.ai",
}


def provider_name(slug: str) -> str:
    """Return the readable name of a listing's short name; an unknown one as it is."""
    return PROVIDERS.get(slug.casefold(), slug)
