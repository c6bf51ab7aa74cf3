"""Hub names -> ids, display names, variants; the catalog's spelling rules in one place."""

import re

CASED = {
    "aya": "Aya",
    "expanse": "Expanse",
    "openchat": "OpenChat",
    "kotoba": "Kotoba",
    "bilingual": "Bilingual",
    "gemma": "Gemma",
    "it": "IT",
    "llama": "Llama",
    "qwen": "Qwen",
    "instruct": "Instruct",
    "chat": "Chat",
    "base": "Base",
    "pt": "PT",
    "gpt": "GPT",
    "bge": "BGE",
    "m3": "M3",
    "e5": "E5",
    "phi": "Phi",
    "falcon": "Falcon",
    "mini": "mini",
    "glm": "GLM",
    "granite": "Granite",
    "code": "Code",
    "embedding": "Embedding",
    "embed": "Embed",
    "deepseek": "DeepSeek",
    "llm": "LLM",
    "moe": "MoE",
    "coder": "Coder",
    "math": "Math",
    "reranker": "Reranker",
    "multilingual": "Multilingual",
    "whisper": "Whisper",
    "large": "large",
    "exaone": "EXAONE",
    "plamo": "PLaMo",
    "calm": "CALM",
    "calm2": "CALM2",
    "calm3": "CALM3",
    "elyza": "ELYZA",
    "stablelm": "StableLM",
    "japanese": "Japanese",
    "starcoder2": "StarCoder2",
    "starcoder": "StarCoder",
    "bloom": "BLOOM",
    "bloomz": "BLOOMZ",
    "opt": "OPT",
    "thinking": "Thinking",
    "vision": "Vision",
    "vl": "VL",
    "sarashina2": "Sarashina2",
    "sarashina2.2": "Sarashina2.2",
    "xl": "XL",
    "pythia": "Pythia",
    "mpt": "MPT",
    "bert": "BERT",
    "t5": "T5",
    "nllb": "NLLB",
    "m2m100": "M2M-100",
    "bart": "BART",
    "ruri": "Ruri",
    "stable": "Stable",
    "diffusion": "Diffusion",
    "turbo": "turbo",
    "small": "small",
    "medium": "medium",
    "tiny": "tiny",
    "xxl": "XXL",
    "internlm2": "InternLM2",
    "internlm3": "InternLM3",
    "jina": "Jina",
    "embeddings": "Embeddings",
    "karakuri": "KARAKURI",
    "lm": "LM",
    "rinna": "rinna",
    "neox": "NeoX",
    "vicuna": "Vicuna",
    "zephyr": "Zephyr",
    "mixtral": "Mixtral",
    "mistral": "Mistral",
    "nano": "Nano",
    "nomic": "Nomic",
    "text": "Text",
    "reasoning": "Reasoning",
    "plus": "plus",
    "devstral": "Devstral",
}
AS_PUBLISHED = ("gpt-oss-",)  # families whose own spelling is the lower case of the hub
PLAIN_CHAT = re.compile(
    r"qwen/qwen3-(\d|30b|235b)|qwen3\.[568]-|qwen2\.5-omni|deepseek-vl2|baichuan-m2|codegeex|internvl|gpt-oss|microsoft/phi-4$|glm-[45]|deepseek-(v2\.5|v3|v4|ocr)|kimi-|minimax-|"
    r"liquidai/lfm2|granite-4|exaone-|smollm3-3b$|mimo-v2|ernie-4\.5|hunyuan|step-3|mistral-medium|nemotron-(3-nano|nano|3-super|3\.5|"
    r"ultra|super|cascade)|llama-3[._]\d-nemotron|/ling-|/ring-|solar-open|tencent/hy3|tiny-aya|trinity|minicpm|hermes|k2-v2|sarvam|"
    r"longcat|intern-s1|apriel|gemma-3n|a\.x-|bitnet-b1.58|qwen3-coder-next|rakutenai-3|llada|shisa-v|stockmark-2|tanuki|"
    r"hyperclovax|calm\d-.*chat|qwen3-(swallow|ezo)|abeja-qwen|ezo|mistral-small-4|kanana|intellect|moonlight|aya-expanse|nova|"
    r"openchat|reka-flash|sarvam|nanbeige|guard|llama-3-elyza|karamaru|heron-brain|suzume|plamo-2\.1-8b-vl|elyza-shortcut|alpaca|vicuna|wizardlm|k2-think"
)
EMBEDDING = re.compile(
    r"embed|/e5-|-e5-|bge-(small|base|large|m3|multi)|gte-|/ruri-|minilm|simcse|mxbai|colbert|sarashina-embedding|"
    r"harrier|sfr-embedding|labse|glucose|plamo-embedding|static-|potion|sentence-bert|jina-colbert|mpnet"
)
CODE = re.compile(
    r"coder|codestral|devstral|starcoder|codellama|codegemma|code-|codeqwen|codeparrot|santacoder|kimi-k2\.7-code|codegen|"
    r"granite-\d+b-code|mellum|frogboss"
)
REASONING = re.compile(
    r"thinking|-think|/deepseek-r1|r1-distill|r1-0528|qwq|magistral|reasoning|-rl-v|marco-o1|1\.0-qwen-32b|s1\.|"
    r"nemotron-cascade|falcon-h1r|phi-4-reasoning|open-r1|minimax-m1|ring-|fugu|k2-think|dots-r1"
)
VISION = re.compile(
    r"vision|vila|-vl-|-vl$|vl-\d|llava|ocr|minicpm-v|pixtral|paligemma|molmo|smolvlm|florence|internvl|got-|glm-4\.[156]v|"
    r"qwen-vl|kimi-vl|docling|ui-tars|gui|autoglm|qwen-omni|gemma-vision|step3|heron|llama3-v|aya-vision|sarashina2-vision"
)


def model_id(hf_id: str) -> str:
    """Return the catalog id: the hub name in lower case without organisation and without marks of the file format."""
    name = hf_id.split("/")[-1].casefold().replace("_", "-")
    name = re.sub(r"^(meta-(?=llama)|c4ai-|nvidia-(?=nemotron))", "", name)
    name = re.sub(r"(-hf|-bf16|-fp8|-pt-hf|-paddle|-diffusers)$", "", name)
    if hf_id.casefold().startswith("baidu/ernie"):
        name = re.sub(r"-pt$", "", name)
    return re.sub(r"llama-3-(\d)-", r"llama-3.\1-", name)


def display_name(hf_id: str) -> str:
    """Return the name for people: words apart, sizes in capitals, families in their own spelling.

    A family in lower case whose spelling is not known here keeps the whole name as published ("gte-base").
    """
    name = re.sub(r"^(Meta-(?=Llama)|c4ai-|NVIDIA-(?=Nemotron))", "", hf_id.split("/")[-1])
    name = re.sub(r"(-hf|-BF16|-Paddle|-diffusers)$", "", name)
    words = name.replace("_", "-").split("-")
    if name.startswith(AS_PUBLISHED) or (words[0].islower() and _cased(words[0]) == words[0]):
        return name
    return " ".join(_cased(word) for word in words).replace("LLM jp ", "LLM-jp ")


def _cased(word: str) -> str:
    """Return a word of a name in its own spelling: "8b" -> "8B", "gpt" -> "GPT", "medgemma" -> "MedGemma"."""
    if re.fullmatch(r"a?\d+(\.\d+)?[bmk]", word):
        return word.upper()
    if not word.islower() and word.isalpha():
        return word
    if word.endswith("gemma"):
        return word.removesuffix("gemma").capitalize() + "Gemma"
    return CASED.get(word, word)


_NAMED = tuple((re.compile(pattern), variant) for pattern, variant in (
    (r"rerank", "reranker"),
    (r"madlad400|mbart-large-50|seamless|-mt-7b|hy-mt2|translategemma|plamo-2-translate|nllb|m2m100|enjp-mt",
     "translation"),
    (r"kotoba-whisper|reazonspeech|-tts$|lfm2.5-audio", "speech"),
    (r"stable-diffusion|evosdxl", "image"),
    (r"evovlm|vila-14b|nvila", "vision"),
    (r"ocr|florence-2", "ocr"),
    (r"guard|content-safety", "guard"),
))  # fmt: skip
_STATED = {"embedding": "embedding", "translation": "translation", "speech-to-text": "speech", "text-to-image": "image"}


def variant_of(hf_id: str, stated: str) -> str:
    """Return the entry's variant from the hub name and the table's word for it."""
    name = hf_id.casefold()
    if stated == "embedding" and re.search(r"llama-2-7b|mistral-7b-instruct|flan-t5|-omni-", name):
        stated = ""  # language models that an embedding benchmark also lists
    if named := next((variant for pattern, variant in _NAMED if pattern.search(name)), None):
        return named
    if stated in _STATED:
        return _STATED[stated]
    if EMBEDDING.search(name):
        return "embedding"
    if VISION.search(name) or stated == "vision-language":
        return "vision"
    bare = not re.search(r"instruct|-instruction-|-inst\b|-it\b|-it$|chat|-sft|thinking|-dpo|jamba-(1|l|m)|flan-", name)
    plain_base = bool(re.search(r"-base(-|$)|-pt(-|$)|cpt", name)) and "ernie" not in name
    if CODE.search(name):
        return (
            "base"
            if plain_base
            or (bare and re.search(r"qwen2\.5-coder|codellama-\d+b-hf|codegemma-\db$|deepseek-coder.*base", name))
            else "code"
        )
    if plain_base:
        return "base"
    if REASONING.search(name) or stated == "reasoning":
        return "reasoning"
    if not bare or stated in ("instruct", "safety", "math") or PLAIN_CHAT.search(name):
        return "instruct" if stated != "math" or not bare else "base"
    return "base"
