"""Models from a person's own files: a GGUF header, a folder with config.json, or raw hyperparameters in JSON."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from assistant.errors import ModelFileError
from assistant.memory.blueprints.tensors import tensors
from assistant.memory.files.gguf_config import gguf_config
from assistant.memory.files.gguf_format import FTYPES, Header
from assistant.memory.files.gguf_parts import parts_number, parts_of
from assistant.memory.files.model_config import Config, parse_config
from assistant.memory.files.safetensors_count import counted_parameters
from assistant.memory.quants import QUANTS
from assistant.memory.weights import parameter_count
from knowledge.schema import Architecture, File, Model

MAX_JSON = 4 << 20
_MOST_FILES = 1000
_FTYPE_NAMES = {number: name for name, number in FTYPES.items()}


def read_model_file(path: Path) -> Model:
    """Return the model in a GGUF file (its header only), a config.json, or a folder with either.

    A split GGUF counts all parts beside it. `files` holds the file's quantisation and exact bytes; safetensors files
    beside a config.json tell the number of parameters. Raises ModelFileError for what is missing, cut off, damaged or
    hostile, BadArguments for hyperparameters out of range.
    """
    if not _exists(path):
        raise ModelFileError(
            path=str(path), reason="no such file or folder", reason_ja="ファイルもフォルダーもありません"
        )
    if path.is_dir():
        return _from_folder(path)
    if path.suffix.lower() == ".json":
        whole = path.name == "config.json"
        return _from_json(path, path.absolute().parent.name if whole else path.stem, beside=whole)
    return _from_gguf(path)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that no file can have
        return False


def _from_folder(path: Path) -> Model:
    name = path.absolute().name
    try:
        if (path / "config.json").is_file():
            return _from_json(path / "config.json", name, beside=True)
        found = sorted(path.glob("*.gguf"))[:_MOST_FILES]
    except (OSError, ValueError):
        raise ModelFileError(path=str(path), reason="cannot be read", reason_ja="読み取れません") from None
    models = [one for one in found if "mmproj" not in one.name and parts_number(one) in (None, 1)]
    if len(models) == 1:
        return _from_gguf(models[0])
    raise ModelFileError(
        path=str(path),
        reason=f"the folder has no config.json and {len(models)} GGUF models; name one file",
        reason_ja=f"config.json がなく、GGUF モデルが {len(models)} 個あります。ファイルを指定してください",
    )


def read_architecture(path: Path) -> Model:
    """Return a model from raw hyperparameters in JSON: schema.Architecture's names, or config.json's.

    Raises ModelFileError when the file is missing or not JSON, BadArguments for values missing or out of range.
    """
    return _from_json(path, path.stem)


def _load_json(path: Path) -> dict[str, Any]:
    try:
        if not (_exists(path) and path.is_file()):
            raise ModelFileError(path=str(path), reason="no such file", reason_ja="ファイルがありません")
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


def _from_json(path: Path, name: str, *, beside: bool = False) -> Model:
    table = _load_json(path)
    config = parse_config(table)
    if beside and config.parameters is None:
        config = replace(config, parameters=counted_parameters(path.parent, table))
    return _model(name, config)


def _model(name: str, config: Config, files: tuple[File, ...] = ()) -> Model:
    arch = config.architecture
    parameters = config.parameters or (_counted(arch) if arch else None)
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
    parts = parts_of(path)
    if not parts.tensors:
        raise ModelFileError(path=str(path), reason="the file holds no tensors", reason_ja="テンソルが含まれていません")
    name = parts.header.keys.get("general.name")
    config = gguf_config(parts, path)
    file = File(_quant(parts.header, parts.bytes, parts.parameters), parts.bytes, str(parts.first.absolute()))
    return _model(name if isinstance(name, str) and name.strip() else path.stem, config, (file,))


def _quant(header: Header, total: int, parameters: int) -> str:
    """Return the file's quantisation as its header names it, else the one nearest in bits per weight."""
    ftype = header.keys.get("general.file_type")
    if isinstance(ftype, int) and (ftype & ~1024) in _FTYPE_NAMES:
        return _FTYPE_NAMES[ftype & ~1024]
    bits = total * 8 / parameters
    return min(
        (one for one in QUANTS.values() if one.gguf), key=lambda one: (abs(one.bits_per_weight - bits), one.name)
    ).name
