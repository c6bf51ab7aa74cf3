"""A person's own GGUF file, whole or split: its headers and what its tensors weigh in memory."""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from assistant.errors import ModelFileError
from assistant.memory.files.gguf_format import Header, TensorInfo, read_header
from assistant.memory.weights import Weights
from knowledge.schema import Model

_PART = re.compile(r"-(\d{5})-of-(\d{5})\.gguf$", re.IGNORECASE)
_LAYER = re.compile(r"^(?:enc\.|dec\.)?blk\.(\d+)\.")
_MOST_PARTS = 1000


@dataclass(frozen=True, slots=True)
class Parts:
    """`first` is the file to load, `header` its header (it holds the keys), `tensors` those of all parts."""

    first: Path
    header: Header
    tensors: tuple[TensorInfo, ...]

    @property
    def bytes(self) -> int:
        """Bytes of all tensors."""
        return sum(tensor.bytes for tensor in self.tensors)

    @property
    def parameters(self) -> int:
        """Number of values in all tensors."""
        return sum(tensor.values for tensor in self.tensors)

    def number(self, key: str) -> int:
        """Return a key of the file's architecture as a count, 0 when it is absent or no number."""
        arch = self.header.keys.get("general.architecture")
        found = self.header.keys.get(f"{arch}.{key}")
        values = found if isinstance(found, list) else [found]
        return max((int(one) for one in values if isinstance(one, int) and one >= 0), default=0)


def parts_number(path: Path) -> int | None:
    """Return which part of a split model a file is by its name, None when it is no part."""
    match = _PART.search(path.name)
    return int(match[1]) if match else None


def parts_of(path: Path) -> Parts:
    """Return the headers of a GGUF file and of all parts it is split into, whichever part `path` is.

    Raises ModelFileError when one of them is absent, damaged, hostile or not whole.
    """
    try:
        state = path.stat()
    except (OSError, ValueError):
        raise ModelFileError(path=str(path), reason="no such file", reason_ja="ファイルがありません") from None
    return _parts(path, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=8)
def _parts(path: Path, size: int, changed: int) -> Parts:
    """`size` and `changed` only tell a changed file from the one that was read."""
    match = _PART.search(path.name)
    if not match:
        header = _whole(path)
        return Parts(path, header, header.tensors)
    count = int(match[2])
    if not 1 <= int(match[1]) <= count <= _MOST_PARTS:
        raise ModelFileError(
            path=str(path), reason=f"part {int(match[1])} of {count} cannot be",
            reason_ja=f"{count} 個中 {int(match[1])} 個目という分割は読めません",
        )  # fmt: skip
    names = [f"{path.name[: match.start()]}-{number:05d}-of-{match[2]}.gguf" for number in range(1, count + 1)]
    paths = [path if name.casefold() == path.name.casefold() else path.with_name(name) for name in names]
    absent = [one.name for one in paths if not one.is_file()]
    if absent:
        raise ModelFileError(
            path=str(path), reason=f"{len(absent)} of {count} parts are absent, first {absent[0]}",
            reason_ja=f"分割ファイル {count} 個のうち {len(absent)} 個がありません（{absent[0]} など）",
        )  # fmt: skip
    headers = [_whole(one) for one in paths]
    return Parts(paths[0], headers[0], tuple(tensor for header in headers for tensor in header.tensors))


def _whole(path: Path) -> Header:
    header = read_header(path)
    if header.missing:
        there, needed = header.size / 2**20, (header.size + header.missing) / 2**20
        raise ModelFileError(
            path=str(path), reason=f"cut off: {there:,.0f} of {needed:,.0f} MiB are there",
            reason_ja=f"途中で切れています（{needed:,.0f} MiB のうち {there:,.0f} MiB しかありません）",
        )  # fmt: skip
    return header


def own_gguf(model: Model, quant: str) -> Path | None:
    """Return the file to load of a person's own model in a quantisation, None when the model is not such a file."""
    if not model.user:
        return None
    for file in model.files:
        path = Path(file.source)
        if file.quant == quant and path.suffix.lower() == ".gguf" and path.is_file():
            return path
    return None


def file_weights(path: Path) -> Weights:
    """Return what the tensors of a GGUF file weigh as llama.cpp loads them. Raises as `parts_of`.

    Layers for predicting several tokens at once stay in the file (llama_model_params.load_mtp is off).
    """
    parts = parts_of(path)
    loaded = parts.number("block_count") - parts.number("nextn_predict_layers")
    total = embedding = output = experts = layers = 0
    for tensor in parts.tensors:
        match = _LAYER.match(tensor.name)
        if match and parts.number("nextn_predict_layers") and int(match[1]) >= loaded:
            continue
        total += tensor.bytes
        if match:
            layers += tensor.bytes
            experts += tensor.bytes if "_exps." in tensor.name else 0
        elif tensor.name == "token_embd.weight":
            embedding = tensor.bytes
        elif tensor.name.startswith("output"):
            output += tensor.bytes
    tied = not any(tensor.name == "output.weight" for tensor in parts.tensors)
    output += embedding if tied else 0
    count, used = parts.number("expert_count"), parts.number("expert_used_count")
    chosen = experts * used // count if count and used else experts
    return Weights(total, embedding, output, experts, layers, layers - experts + chosen + output, tied)
