"""Model cards in Markdown: what is known about one entry, with each figure's source. Also what the index embeds."""

from datetime import date

from knowledge.catalog import Catalog
from knowledge.languages import language_name
from knowledge.schema import Architecture, Licence, Model, Price, Score

TEXTS = {
    "ja": {
        "lab": "開発元",
        "family": "系列",
        "variant": "種別",
        "released": "公開日",
        "parameters": "パラメータ数",
        "active": "うち動作時",
        "context": "コンテキスト長",
        "extended": "拡張時",
        "tokens": "トークン",
        "languages": "言語",
        "inputs": "入力",
        "outputs": "出力",
        "tools": "ツール呼び出し",
        "thinking": "思考（回答前の推論）",
        "always": "常に行う",
        "mode": "できる",
        "never": "なし",
        "yes": "対応",
        "no": "非対応",
        "weights": "重み",
        "open": "公開（手元で動かせる）",
        "closed": "非公開（API のみ）",
        "licence": "ライセンス",
        "commercial": "商用利用",
        "conditions": "条件",
        "checked": "確認日",
        "architecture": "構造",
        "layers": "層",
        "heads": "ヘッド",
        "kv": "KV ヘッド",
        "hidden": "隠れ次元",
        "vocab": "語彙",
        "experts": "専門家",
        "used": "使用",
        "window": "スライディング窓",
        "price": "API 料金",
        "per": "米ドル / 100万トークン",
        "input": "入力",
        "output": "出力",
        "cached": "キャッシュ入力",
        "scores": "ベンチマーク",
        "benchmark": "評価",
        "value": "値",
        "unit": "単位",
        "source": "出典",
        "files": "GGUF ファイル",
        "sources": "出典一覧",
        "base": "元のモデル",
        "successor": "後継",
        "issues": "既知の問題",
        "unknown": "不明",
        "dim": "埋め込み次元",
        "tuning": "ファインチューニング",
        "api": "提供元の API",
        "aliases": "別名",
        "user": "この項目は利用者が追加したものです。",
        "lower": "低いほど良い",
        "command": "コマンドでの名前",
        "hand": "公開元の資料から手入力、再確認はしていません",
    },
    "en": {
        "lab": "Lab",
        "family": "Family",
        "variant": "Kind",
        "released": "Released",
        "parameters": "Parameters",
        "active": "active",
        "context": "Context",
        "extended": "extended",
        "tokens": "tokens",
        "languages": "Languages",
        "inputs": "Inputs",
        "outputs": "Outputs",
        "tools": "Tool calling",
        "thinking": "Thinking before answering",
        "always": "always",
        "mode": "possible",
        "never": "none",
        "yes": "yes",
        "no": "no",
        "weights": "Weights",
        "open": "open (can be run locally)",
        "closed": "not published (API only)",
        "licence": "Licence",
        "commercial": "Commercial use",
        "conditions": "Conditions",
        "checked": "checked",
        "architecture": "Architecture",
        "layers": "layers",
        "heads": "heads",
        "kv": "KV heads",
        "hidden": "hidden size",
        "vocab": "vocabulary",
        "experts": "experts",
        "used": "used",
        "window": "sliding window",
        "price": "API price",
        "per": "US dollars per million tokens",
        "input": "input",
        "output": "output",
        "cached": "cached input",
        "scores": "Benchmarks",
        "benchmark": "Benchmark",
        "value": "Value",
        "unit": "Unit",
        "source": "Source",
        "files": "GGUF files",
        "sources": "Sources",
        "base": "Base model",
        "successor": "Successor",
        "issues": "Known issues",
        "unknown": "unknown",
        "dim": "Embedding dimension",
        "tuning": "Fine-tuning",
        "api": "the vendor's API",
        "aliases": "Also called",
        "user": "This entry was added by the user.",
        "lower": "lower is better",
        "command": "Name in commands",
        "hand": "entered by hand from the publisher's documentation, not re-read for this catalog",
    },
}
VARIANTS = {
    "base": ("ベースモデル（追加学習の土台）", "base model (a start for fine-tuning)"),
    "instruct": ("対話・指示", "chat and instructions"),
    "reasoning": ("推論特化", "reasoning"),
    "code": ("コード", "code"),
    "embedding": ("埋め込み", "embedding"),
    "reranker": ("リランカー", "reranker"),
    "speech": ("音声", "speech"),
    "image": ("画像生成", "image generation"),
    "vision": ("画像理解", "vision"),
    "translation": ("翻訳", "translation"),
    "ocr": ("文書の文字読み取り", "reading documents (OCR)"),
    "guard": ("安全性の判定", "judging safety"),
}
KINDS = {  # of inputs and outputs
    "text": ("テキスト", "text"),
    "image": ("画像", "images"),
    "audio": ("音声", "audio"),
    "video": ("動画", "video"),
    "pdf": ("PDF", "PDF files"),
}
COMMERCIAL = {
    "yes": ("可", "yes"),
    "no": ("不可", "no"),
    "conditional": ("条件付きで可", "conditional"),
    "unknown": ("不明", "unknown"),
}


def model_card(catalog: Catalog, model: Model, language: str) -> str:
    """Return the entry's card in "ja" or "en": unknown figures are left out, each one kept names its source."""
    words = TEXTS["ja" if language == "ja" else "en"]
    blocks = [
        f"# {model.name}",
        _facts(catalog, model, words),
        _licence(catalog.licences.get(model.licence), model, words),
    ]
    if model.architecture:
        shape = f"{_architecture(model.architecture, words)}{_mark(model, 'architecture')}"
        blocks.append(f"## {words['architecture']}\n\n{shape}")
    if model.price:
        blocks.append(_price(model.price, words))
    if model.files:
        rows = "\n".join(f"- {one.quant}: {one.bytes:,} bytes [{one.source}]" for one in model.files)
        blocks.append(f"## {words['files']}\n\n{rows}")
    if model.scores:
        blocks.append(_scores(catalog, model.scores, words))
    if issue := model.known_issues.get("ja" if language == "ja" else "en"):
        blocks.append(f"## {words['issues']}\n\n{issue}{_mark(model, 'known_issues')}")
    if model.user:
        blocks.append(words["user"])
    listed = "\n".join(
        f"- [{one.key}] {words.get(one.key, one.ref) if one.key == 'hand' else one.ref} ({one.date.isoformat()})"
        for one in model.sources
    )
    if listed:
        blocks.append(f"## {words['sources']}\n\n{listed}")
    return "\n\n".join(blocks) + "\n"


def kind_name(language: str, kind: str) -> str:
    """Return what a kind of input or output is called in "ja" or "en": "image" is "画像" or "images"."""
    return KINDS[kind][0 if language == "ja" else 1] if kind in KINDS else kind


def _facts(catalog: Catalog, model: Model, words: dict[str, str]) -> str:
    pick = 0 if words is TEXTS["ja"] else 1
    language, between = ("ja", "、") if pick == 0 else ("en", ", ")

    def related(name: str | None) -> str | None:
        return catalog.models[name].name if name and name in catalog.models else name

    rows: list[tuple[str, str | None, str]] = [
        (words["lab"], model.lab + (f" ({model.country})" if model.country else ""), ""),
        (words["family"], model.family, ""),
        (words["variant"], VARIANTS[model.variant][pick], ""),
        (words["weights"], words["open" if model.open_weights else "closed"], ""),
        (words["released"], _day(model.released), "released"),
        (words["parameters"], _parameters(model, words), "parameters"),
        (words["context"], _context(model, words), "context_tokens"),
        (words["dim"], f"{model.embedding_dim:,}" if model.embedding_dim else None, "embedding_dim"),
        (
            words["languages"],
            between.join(language_name(language, code) for code in model.languages) or None,
            "languages",
        ),
        (words["inputs"], between.join(kind_name(language, one) for one in model.inputs), ""),
        (words["outputs"], between.join(kind_name(language, one) for one in model.outputs), ""),
        (
            words["tools"],
            None if model.tool_calling is None else words["yes" if model.tool_calling else "no"],
            "tool_calling",
        ),
        (words["thinking"], words.get(model.thinking), "thinks"),
        (words["tuning"], ", ".join(words.get(one, one) for one in model.fine_tuning) or None, "fine_tuning"),
        (words["base"], related(model.base_model), ""),
        (words["successor"], related(model.successor), ""),
        (words["aliases"], ", ".join(model.aliases) or None, ""),
        (words["command"], f"`{model.id}`", ""),
        ("Hugging Face", f"`{model.hf_id}`" if model.hf_id else None, ""),
    ]
    return "\n".join(f"- {label}: {value}{_mark(model, field)}" for label, value, field in rows if value)


def _licence(licence: Licence | None, model: Model, words: dict[str, str]) -> str:
    pick = "ja" if words is TEXTS["ja"] else "en"
    if licence is None:
        return f"## {words['licence']}\n\n{model.licence}{_mark(model, 'licence')}"
    commercial = COMMERCIAL[licence.commercial][0 if pick == "ja" else 1]
    lines = [
        f"- {words['licence']}: {licence.name}{_mark(model, 'licence')}",
        f"- {words['commercial']}: {commercial}",
        f"- {licence.summary[pick]}",
    ]
    if licence.conditions.get(pick):
        lines.append(f"- {words['conditions']}: {licence.conditions[pick]}")
    where = f"{licence.url}, " if licence.url else ""
    lines.append(f"- {words['source']}: {where}{words['checked']} {licence.checked.isoformat()}")
    return f"## {words['licence']}\n\n" + "\n".join(lines)


def shape_line(model: Model, language: str) -> str | None:
    """Return layers, sizes and heads of a model in one line, None when they are not known."""
    return _architecture(model.architecture, TEXTS["ja" if language == "ja" else "en"]) if model.architecture else None


def _architecture(shape: Architecture, words: dict[str, str]) -> str:
    kv = shape.kv_heads if isinstance(shape.kv_heads, int) else sum(1 for one in shape.kv_heads if one)
    parts = [
        f"{shape.layers} {words['layers']}",
        f"{words['hidden']} {shape.hidden:,}",
        f"{shape.heads} {words['heads']}",
        f"{kv} {words['kv']}",
        f"{words['vocab']} {shape.vocab:,}",
    ]
    if shape.experts:
        parts.append(f"{shape.experts} {words['experts']} ({shape.experts_used or '?'} {words['used']})")
    if shape.sliding_window:
        parts.append(f"{words['window']} {shape.sliding_window:,}")
    name = f"{shape.arch}: " if shape.arch else ""
    return name + ", ".join(parts)


def _price(price: Price, words: dict[str, str]) -> str:
    parts = [
        f"{words[key]} {getattr(price, key):g}"
        for key in ("input", "output", "cached")
        if getattr(price, key) is not None
    ]
    return f"## {words['price']}\n\n{', '.join(parts)} ({words['per']}, {price.provider}) [{price.source}]"


def _scores(catalog: Catalog, scores: tuple[Score, ...], words: dict[str, str]) -> str:
    lines = [
        f"| {words['benchmark']} | {words['value']} | {words['unit']} | {words['source']} |",
        "| --- | --- | --- | --- |",
    ]
    for one in scores:
        known = catalog.benchmarks.get(one.benchmark)
        unit = (known.unit if known.higher else f"{known.unit} ({words['lower']})") if known else ""
        lines.append(f"| {known.name if known else one.benchmark} | {one.value:g} | {unit} | [{one.source}] |")
    return f"## {words['scores']}\n\n" + "\n".join(lines)


def _parameters(model: Model, words: dict[str, str]) -> str | None:
    if model.parameters is None:
        return None
    active = f" ({words['active']} {_count(model.active_parameters)})" if model.active_parameters else ""
    return _count(model.parameters) + active


def _count(value: int) -> str:
    """Return a parameter count as people write it: 8.03B, 278M."""
    return f"{value / 1e9:.4g}B" if value >= 1e9 else f"{value / 1e6:.4g}M"


def _context(model: Model, words: dict[str, str]) -> str | None:
    if model.context_tokens is None:
        return None
    extended = f" ({words['extended']} {model.extended_context_tokens:,})" if model.extended_context_tokens else ""
    return f"{model.context_tokens:,} {words['tokens']}{extended}"


def _day(value: date | None) -> str | None:
    return value.isoformat() if value else None


def _mark(model: Model, field: str) -> str:
    key = model.sourced.get(field)
    return f" [{key}]" if key else ""
