"""Hand-made name tables for the reader's tests: a few models and GPUs in both scripts."""

from assistant.reader.marking import Marked, Tables, make_tables, mark
from assistant.reader.spans import find_spans
from assistant.reader.text import clean

MODELS = {
    "llama 3.1 8b": "llama-3.1-8b-instruct",
    "ラマ 3.1 8b": "llama-3.1-8b-instruct",
    "llama 3.1 70b": "llama-3.1-70b-instruct",
    "llama": "llama-3.1-8b-instruct",
    "qwen 3 32b": "qwen3-32b",
    "qwen3 8b": "qwen3-8b",
    "qwen3 14b": "qwen3-14b",
    "qwen": "qwen3-8b",
    "gemma 3 27b": "gemma-3-27b-it",
    "gemma 3 12b": "gemma-3-12b-it",
    "r1 distill qwen 32b": "deepseek-r1-distill-qwen-32b",
    "r1 distill 32b": "deepseek-r1-distill-qwen-32b",
    "deepseek v3": "deepseek-v3",
    "phi 4": "phi-4",
    "gpt 4o": "gpt-4o",
    "gpt oss 20b": "gpt-oss-20b",
    "gpt oss 120b": "gpt-oss-120b",
    "command r": "command-r",
    "command r+": "command-r-plus",
}
GPUS = {
    "rtx 4090": "RTX 4090",
    "4090": "RTX 4090",
    "rtx 4090 laptop": "RTX 4090 Laptop",
    "rtx 4080": "RTX 4080",
    "4080": "RTX 4080",
    "rtx 4060": "RTX 4060",
    "4060": "RTX 4060",
    "rtx 4060 laptop": "RTX 4060 Laptop",
    "rtx 3090": "RTX 3090",
    "3090": "RTX 3090",
    "rtx 3060": "RTX 3060",
    "3060": "RTX 3060",
    "rtx 3060 12gb": "RTX 3060",
    "a100": "A100",
    "a100 80gb": "A100 80GB",
    "a10080gb": "A100 80GB",
    "m3 max": "M3 Max",
    "m1": "M1",
    "rtx 2050 laptop": "RTX 2050 Laptop",
}
TABLES: Tables = make_tables(MODELS, GPUS, unified=["M3 Max", "M1"])


def marked(text: str, *, conversation: bool = False) -> Marked:
    """Return a question as the reader sees it."""
    return mark(clean(text), find_spans(clean(text), TABLES, conversation=conversation))


def values(text: str, *, conversation: bool = False) -> dict[str, object]:
    """Return placeholder name -> value."""
    return {name: span.value for name, span in marked(text, conversation=conversation).placeholders}
