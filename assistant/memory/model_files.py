"""Models from a person's own files: a GGUF header, a folder with config.json, or raw hyperparameters in JSON."""

import json
import re
from pathlib import Path
from typing import Any

from assistant.errors import BadArguments, ModelFileError
from assistant.memory.blueprints import tensors
from assistant.memory.gguf_format import Header, read_header
from assistant.memory.model_config import Config, integer, parse_config, period_of
from assistant.memory.oracle import FTYPES
from assistant.memory.quants import QUANTS
from assistant.memory.weights import parameter_count
from knowledge.schema import Architecture, File, Model

MAX_JSON = 4 << 20
_FTYPE_NAMES = {number: name for name, number in FTYPES.items()}
_PART = re.compile(r"-(\d{5})-of-(\d{5})\.gguf$")
_EXTRA_KEYS = ("ssm.conv_kernel", "ssm.inner_size", "ssm.state_size", "ssm.group_count", "ssm.time_step_rank",
               "shortconv.l_cache", "wkv.head_size", "token_shift_count", "kda.head_dim", "interleave_moe_layer_step",
               "expert_shared_feed_forward_length", "rope.dimension_count")  # fmt: skip


def read_model_file(path: Path) -> Model:
    """Return the model in a GGUF file (its header only), a folder with config.json, or a config.json.

    A split GGUF counts all parts beside it. `files` holds the file's quantisation and exact bytes. Raises
    ModelFileError for what is missing, cut off, damaged or hostile, BadArguments for hyperparameters out of range.
    """
    if path.is_dir():
        if not (path / "config.json").is_file():
            raise ModelFileError(
                path=str(path), reason="the folder has no config.json", reason_ja="config.json がありません"
            )
        return _from_json(path / "config.json", path.name)
    if path.suffix.lower() == ".json":
        return _from_json(path, path.parent.name if path.name == "config.json" else path.stem)
    if not path.exists():
        raise ModelFileError(
            path=str(path), reason="no such file or folder", reason_ja="ファイルもフォルダーもありません"
        )
    return _from_gguf(path)


def read_architecture(path: Path) -> Model:
    """Return a model from raw hyperparameters in JSON: schema.Architecture's names, or config.json's.

    Raises ModelFileError when the file is missing or not JSON, BadArguments for values missing or out of range.
    """
    return _from_json(path, path.stem)


def _load_json(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MAX_JSON:
            raise ModelFileError(path=str(path), reason="larger than 4 MiB", reason_ja="4 MiB を超えています")
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ModelFileError(
            path=str(path), reason=f"cannot be read ({error.strerror})", reason_ja="読み取れません"
        ) from None
    except (ValueError, RecursionError):
        raise ModelFileError(path=str(path), reason="not valid JSON", reason_ja="正しい JSON ではありません") from None
    if not isinstance(found, dict):
        raise ModelFileError(path=str(path), reason="not a JSON object", reason_ja="JSON オブジェクトではありません")
    return found


def _from_json(path: Path, name: str) -> Model:
    config = parse_config(_load_json(path))
    return _model(name, config, path)


def _model(name: str, config: Config, path: Path, files: tuple[File, ...] = ()) -> Model:
    arch = config.architecture
    parameters = config.parameters or _counted(arch)
    return Model(
        id=_identifier(name),
        name=name[:120],
        lab="own",
        variant="instruct",
        licence="unknown",
        open_weights=True,
        parameters=parameters,
        context_tokens=config.context_tokens,
        architecture=arch,
        files=files,
        user=True,
    )


def _identifier(name: str) -> str:
    return re.sub(r"[^a-z0-9._-]+", "-", name.casefold()).strip("-.")[:100] or "model"


def _counted(arch: Architecture) -> int | None:
    parts = tensors(arch)
    return parameter_count(parts) if parts else None


def _from_gguf(path: Path) -> Model:
    header = read_header(path)
    total = sum(tensor.bytes for tensor in header.tensors)
    parameters = sum(tensor.values for tensor in header.tensors)
    match = _PART.search(path.name)
    if match:
        for number in range(1, min(int(match[2]), 1000) + 1):
            part = path.with_name(path.name[: match.start()] + f"-{number:05d}-of-{match[2]}.gguf")
            if part != path and part.is_file():
                other = read_header(part)
                total += sum(tensor.bytes for tensor in other.tensors)
                parameters += sum(tensor.values for tensor in other.tensors)
                if number == 1:  # the first part holds the keys
                    header = other
    if not parameters:
        raise ModelFileError(path=str(path), reason="the file holds no tensors", reason_ja="テンソルが含まれていません")
    name = header.keys.get("general.name")
    config = _gguf_config(header, path, parameters)
    file = File(_quant(header, total, parameters), total, str(path))
    return _model(name if isinstance(name, str) and name.strip() else path.stem, config, path, (file,))


def _quant(header: Header, total: int, parameters: int) -> str:
    """Return the file's quantisation as its header names it, else the one nearest in bits per weight."""
    ftype = header.keys.get("general.file_type")
    if isinstance(ftype, int) and (ftype & ~1024) in _FTYPE_NAMES:
        return _FTYPE_NAMES[ftype & ~1024]
    bits = total * 8 / parameters
    return min(
        (one for one in QUANTS.values() if one.gguf), key=lambda one: (abs(one.bits_per_weight - bits), one.name)
    ).name


class _Keys:
    """Access to the keys of one architecture as bounded whole numbers."""

    def __init__(self, header: Header, arch: str) -> None:
        self.header, self.arch = header, arch

    def get(self, name: str) -> Any:
        return self.header.keys.get(f"{self.arch}.{name}")

    def number(self, name: str, field: str | None = None) -> int | None:
        value = self.get(name)
        if isinstance(value, list):
            value = max((integer(name, one) for one in value), default=None)
        return None if value is None else integer(field or name, value)

    def needed(self, name: str, field: str) -> int:
        value = self.number(name, field)
        if not value:
            raise BadArguments(f"{self.arch}.{name}", value, "a positive number", "正の数")
        return value


def _gguf_config(header: Header, path: Path, parameters: int) -> Config:
    arch = header.keys.get("general.architecture")
    if not isinstance(arch, str) or not 0 < len(arch) <= 64:
        raise ModelFileError(
            path=str(path),
            reason="no general.architecture in the header",
            reason_ja="general.architecture がありません",
        )
    keys = _Keys(header, arch)
    heads = keys.needed("attention.head_count", "heads")
    hidden = keys.needed("embedding_length", "hidden")
    layers = keys.needed("block_count", "layers") - (keys.number("nextn_predict_layers") or 0)
    if layers < 1:
        raise BadArguments(f"{arch}.block_count", layers, "a positive number", "正の数")
    architecture = _gguf_architecture(header, keys, arch, (layers, hidden, heads))
    return Config(architecture, arch, keys.number("context_length", "context_tokens"), parameters)


def _gguf_architecture(header: Header, keys: _Keys, arch: str, sizes: tuple[int, int, int]) -> Architecture:
    layers, hidden, heads = sizes
    kv_heads: int | tuple[int, ...] = keys.number("attention.head_count_kv", "kv_heads") or heads
    stated = keys.get("attention.head_count_kv")
    if isinstance(stated, list) and len(stated) >= layers and len(set(stated[:layers])) > 1:
        kv_heads = tuple(integer("kv_heads", one) for one in stated[:layers])
    key = keys.number("attention.key_length", "head_dim") or hidden // heads
    window_key = keys.number("attention.key_length_swa", "head_dim")
    rank = keys.number("attention.kv_lora_rank") if keys.get("attention.key_length_mla") else None
    rope = keys.number("rope.dimension_count") or 0
    mla_key = keys.number("attention.key_length_mla") or 0
    pattern = keys.get("attention.sliding_window_pattern")
    period, dense_first = (
        period_of([bool(one) for one in pattern[:layers]]) if isinstance(pattern, list)
        else (keys.number("attention.sliding_window_pattern"), False)
    )  # fmt: skip
    names = {tensor.name for tensor in header.tensors}
    return Architecture(
        arch=arch,
        layers=layers,
        hidden=hidden,
        heads=heads,
        kv_heads=kv_heads,
        head_dim=max(1, mla_key - rope) if rank else (window_key or key),
        ffn=keys.number("feed_forward_length", "ffn") or 4 * hidden,
        vocab=_vocabulary(header, keys),
        tied_embeddings="output.weight" not in names,
        value_dim=None if rank or window_key else keys.number("attention.value_length"),
        sliding_window=keys.number("attention.sliding_window") or None,
        swa_period=period or None,
        swa_dense_first=dense_first,
        experts=keys.number("expert_count") or None,
        experts_used=keys.number("expert_used_count") or None,
        moe_ffn=keys.number("expert_feed_forward_length") or None,
        shared_experts=keys.number("expert_shared_count") or None,
        first_dense_layers=keys.number("leading_dense_block_count") or None,
        kv_lora_rank=rank,
        q_lora_rank=keys.number("attention.q_lora_rank") or None,
        qk_rope_head_dim=rope if rank else None,
        qk_nope_head_dim=max(1, mla_key - rope) if rank else None,
        v_head_dim=keys.number("attention.value_length_mla") if rank else None,
        global_head_dim=key if window_key and window_key != key else None,
        kv_shared_layers=keys.number("attention.shared_kv_layers") or None,
        full_attention_interval=keys.number("full_attention_interval") or None,
        extra=_gguf_extra(keys),
    )


def _gguf_extra(keys: _Keys) -> dict[str, float]:
    found = {name: keys.number(name) for name in _EXTRA_KEYS if not isinstance(keys.get(name), list)}
    return {name: float(value) for name, value in found.items() if value}


def _vocabulary(header: Header, keys: _Keys) -> int:
    length = header.array_lengths.get("tokenizer.ggml.tokens") or keys.number("vocab_size", "vocab")
    if length:
        return length
    shape = next((tensor.shape for tensor in header.tensors if tensor.name == "token_embd.weight"), None)
    return integer("vocab", shape[1]) if shape is not None and len(shape) > 1 else 32_000
