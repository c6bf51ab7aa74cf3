"""The GGUF container, version 3: write a header without weights, and read one that may be hostile.

Format: ggml's docs/gguf.md. A header is magic, version, number of tensors, number of keys, the keys, then name, shape,
type and offset of each tensor; the data follow, aligned to 32 bytes.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import BinaryIO

from assistant.errors import ModelFileError
from assistant.memory.quants import BLOCKS

ALIGNMENT = 32
TYPE_IDS = {
    "F32": 0, "F16": 1, "Q4_0": 2, "Q4_1": 3, "Q5_0": 6, "Q5_1": 7, "Q8_0": 8, "Q8_1": 9, "Q2_K": 10, "Q3_K": 11,
    "Q4_K": 12, "Q5_K": 13, "Q6_K": 14, "Q8_K": 15, "IQ2_XXS": 16, "IQ2_XS": 17, "IQ3_XXS": 18, "IQ1_S": 19,
    "IQ4_NL": 20, "IQ3_S": 21, "IQ2_S": 22, "IQ4_XS": 23, "IQ1_M": 29, "BF16": 30, "TQ1_0": 34, "TQ2_0": 35,
    "MXFP4": 39, "NVFP4": 40, "Q1_0": 41, "Q2_0": 42, "I8": 24, "I16": 25, "I32": 26, "I64": 27, "F64": 28,
}  # fmt: skip
_PLAIN = {"I8": 1, "I16": 2, "I32": 4, "I64": 8, "F64": 8}  # bytes of a value in tables such as DeepSeek 4's routing
# llama.h enum llama_ftype: a whole file's quantisation, as its key general.file_type tells it.
FTYPES = {
    "F32": 0, "F16": 1, "Q4_0": 2, "Q4_1": 3, "Q8_0": 7, "Q5_0": 8, "Q5_1": 9, "Q2_K": 10, "Q3_K_S": 11, "Q3_K_M": 12,
    "Q3_K_L": 13, "Q4_K_S": 14, "Q4_K_M": 15, "Q5_K_S": 16, "Q5_K_M": 17, "Q6_K": 18, "IQ2_XXS": 19, "IQ2_XS": 20,
    "Q2_K_S": 21, "IQ3_XS": 22, "IQ3_XXS": 23, "IQ1_S": 24, "IQ4_NL": 25, "IQ3_S": 26, "IQ3_M": 27, "IQ2_S": 28,
    "IQ2_M": 29, "IQ4_XS": 30, "IQ1_M": 31, "BF16": 32, "TQ1_0": 36, "TQ2_0": 37, "MXFP4": 38,
}  # fmt: skip
_TYPE_NAMES = {number: name for name, number in TYPE_IDS.items()}
# Number types of keys: id -> struct format.
_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9

Value = str | bool | int | float
Values = Value | Sequence[Value]

MAX_TENSORS = 100_000
MAX_KEYS = 100_000
MAX_STRING = 1 << 20
MAX_NAME = 256
MAX_ARRAY = 1 << 22
MAX_TEXTS = 1_500_000  # in all arrays together; Gemma 4 has 777,050
_CHUNK = 1 << 20
MAX_HEADER = 1 << 28  # bytes of header that are read at most
KEEP_ARRAY = 4096  # values kept of an array; longer ones (vocabularies) are only counted


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """One tensor of a file: its shape starts with the row length."""

    name: str
    shape: tuple[int, ...]
    kind: str
    offset: int

    @property
    def values(self) -> int:
        """Number of values."""
        return prod(self.shape)

    @property
    def bytes(self) -> int:
        """Size of its data."""
        per_block, size = _block(self.kind)
        return self.values // per_block * size


@dataclass(frozen=True, slots=True)
class Header:
    """A file's keys and tensors. Of long arrays `keys` holds nothing but `array_lengths` their length.

    `data_start` is where the tensors' data begin, `size` the file's bytes.
    """

    keys: dict[str, Values]
    array_lengths: dict[str, int]
    tensors: tuple[TensorInfo, ...]
    data_start: int = 0
    size: int = 0

    @property
    def missing(self) -> int:
        """Bytes that the tensors need beyond the end of the file: it was not downloaded or copied whole."""
        end = max((tensor.offset + tensor.bytes for tensor in self.tensors), default=0)
        return max(0, self.data_start + end - self.size)


def _block(kind: str) -> tuple[int, int]:
    return BLOCKS.get(kind) or (1, _PLAIN[kind])


def _string(text: str) -> bytes:
    data = text.encode("utf-8")
    return struct.pack("<Q", len(data)) + data


def _value(value: Values) -> bytes:
    if isinstance(value, bool):
        return struct.pack("<I?", 7, value)
    if isinstance(value, int):
        return struct.pack("<II", 4, value)
    if isinstance(value, float):
        return struct.pack("<If", 6, value)
    if isinstance(value, str):
        return struct.pack("<I", _STRING) + _string(value)
    first = value[0] if value else 0
    kind = 7 if isinstance(first, bool) else 6 if isinstance(first, float) else 4
    data = struct.pack(f"<{len(value)}{_NUMBERS[kind]}", *value)
    return struct.pack("<IIQ", _ARRAY, kind, len(value)) + data


def write_header(path: Path, keys: Mapping[str, Values], tensors: Iterable[tuple[str, tuple[int, ...], str]]) -> int:
    """Write a GGUF file whose tensors have no data, extended (sparsely) to its logical size; return that size.

    `tensors` are (name, shape starting with the row length, type). Integers are written as uint32.
    """
    infos, offset, count = [], 0, 0
    for name, shape, kind in tensors:
        infos.append(_string(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, TYPE_IDS[kind], offset))
        size = TensorInfo(name, shape, kind, offset).bytes
        offset += -(-size // ALIGNMENT) * ALIGNMENT
        count += 1
    head = b"GGUF" + struct.pack("<IQQ", 3, count, len(keys))
    head += b"".join(_string(key) + _value(value) for key, value in keys.items()) + b"".join(infos)
    head += b"\0" * (-len(head) % ALIGNMENT)
    with path.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + offset)
    return len(head) + offset


class _Reader:
    """Reads little-endian values; every shortage or absurd count is a ModelFileError."""

    def __init__(self, path: Path, file: BinaryIO, size: int) -> None:
        self.path, self.file, self.size, self.left = path, file, size, min(size, MAX_HEADER)
        self.texts = MAX_TEXTS

    def fail(self, en: str, ja: str) -> ModelFileError:
        return ModelFileError(path=str(self.path), reason=en, reason_ja=ja)

    def take(self, count: int) -> bytes:
        if count > self.left:
            raise self.fail(
                "the file is cut off or its header is damaged", "ファイルが途中で切れているか、ヘッダーが壊れています"
            )
        data = self.file.read(count)
        if len(data) != count:
            raise self.fail("the file is cut off", "ファイルが途中で切れています")
        self.left -= count
        return data

    def number(self, form: str) -> int | float | bool:
        value: int | float | bool = struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))[0]
        return value

    def count(self, form: str, most: int, what: str, what_ja: str) -> int:
        value = int(self.number(form))
        if value > most:
            raise self.fail(f"{what}: {value} is more than {most}", f"{what_ja}が多すぎます（{value}、上限 {most}）")
        return value

    def skip_strings(self, number: int) -> None:
        """Pass over texts without keeping them: a vocabulary has some 150,000."""
        self.texts -= number
        if self.texts < 0:
            raise self.fail(f"more than {MAX_TEXTS} texts", f"文字列が多すぎます（上限 {MAX_TEXTS}）")
        unpack, data, place, used = struct.Struct("<Q").unpack_from, b"", 0, 0
        for _ in range(number):
            if place + 8 > len(data):
                data, place = data[place:] + self.file.read(_CHUNK), 0
            length = unpack(data, place)[0] if place + 8 <= len(data) else self.left
            used += 8 + length
            place += 8 + length
            if used > self.left or length > MAX_STRING:
                raise self.fail("a text is longer than the file", "文字列がファイルより長くなっています")
            if place > len(data):
                self.file.seek(place - len(data), 1)
                data, place = b"", 0
        self.file.seek(place - len(data), 1)
        self.left -= used

    def string(self, most: int = MAX_STRING) -> str:
        length = self.count("Q", most, "length of a text", "文字列長")
        return self.take(length).decode("utf-8", "replace")


def read_header(path: Path) -> Header:
    """Return a GGUF file's keys and tensor infos. Never reads weights; bounded in time and memory.

    Raises ModelFileError for a missing, truncated, damaged or hostile file and for versions other than 2 and 3.
    """
    try:
        size = path.stat().st_size
        if not path.is_file():  # a folder, a pipe that would never answer
            raise ModelFileError(path=str(path), reason="not a file", reason_ja="ファイルではありません")
        with path.open("rb", buffering=1 << 20) as file:
            return _read(_Reader(path, file, size))
    except (OSError, ValueError) as error:
        raise ModelFileError(
            path=str(path),
            reason=f"cannot be read ({getattr(error, 'strerror', None) or 'impossible path'})",
            reason_ja="読み取れません",
        ) from None


def _read(reader: _Reader) -> Header:
    if reader.size < 24 or reader.take(4) != b"GGUF":
        raise reader.fail("not a GGUF file", "GGUF ファイルではありません")
    version = int(reader.number("I"))
    if version not in (2, 3):
        raise reader.fail(
            f"GGUF version {version} is not supported (2 or 3)", f"GGUF バージョン {version} には対応していません"
        )
    tensor_count = reader.count("Q", MAX_TENSORS, "number of tensors", "テンソル数")
    key_count = reader.count("Q", MAX_KEYS, "number of keys", "キー数")
    keys: dict[str, Values] = {}
    lengths: dict[str, int] = {}
    for _ in range(key_count):
        name = reader.string(1 << 16)
        if name in keys or name in lengths:
            raise reader.fail(f"the key {name[:60]!r} occurs twice", f"キー {name[:60]!r} が重複しています")
        kind = int(reader.number("I"))
        if kind == _ARRAY:
            values, length = _array(reader)
            lengths[name] = length
            if values is not None:
                keys[name] = values
        else:
            keys[name] = _scalar(reader, kind)
    tensors = tuple(_tensor(reader) for _ in range(tensor_count))
    if len({tensor.name for tensor in tensors}) < len(tensors):
        raise reader.fail("a tensor occurs twice", "同じ名前のテンソルが重複しています")
    consumed = min(reader.size, MAX_HEADER) - reader.left
    alignment = keys.get("general.alignment", ALIGNMENT)
    if not isinstance(alignment, int) or alignment < 1 or alignment & (alignment - 1):
        raise reader.fail("general.alignment is no power of two", "general.alignment が 2 の累乗ではありません")
    return Header(keys, lengths, tensors, -(-consumed // alignment) * alignment, reader.size)


def _scalar(reader: _Reader, kind: int) -> Value:
    if kind == _STRING:
        return reader.string()
    if kind not in _NUMBERS:
        raise reader.fail(f"unknown type {kind} of a key", f"未知のキー型 {kind}")
    return reader.number(_NUMBERS[kind])


def _array(reader: _Reader) -> tuple[list[Value] | None, int]:
    kind = int(reader.number("I"))
    length = reader.count("Q", MAX_ARRAY, "length of an array", "配列の長さ")
    if kind == _STRING:
        if length <= KEEP_ARRAY:
            return [reader.string() for _ in range(length)], length
        reader.skip_strings(length)
        return None, length
    if kind not in _NUMBERS:  # nested arrays do not occur in real files and invite endless nesting
        raise reader.fail(f"unknown or nested array type {kind}", f"未知または入れ子の配列型 {kind}")
    form = _NUMBERS[kind]
    data = reader.take(length * struct.calcsize("<" + form))
    return (list(struct.unpack(f"<{length}{form}", data)) if length <= KEEP_ARRAY else None), length


def _tensor(reader: _Reader) -> TensorInfo:
    name = reader.string(MAX_NAME)
    dimensions = reader.count("I", 4, "dimensions of a tensor", "テンソルの次元数")
    shape = tuple(int(reader.number("Q")) for _ in range(dimensions))
    kind = int(reader.number("I"))
    offset = int(reader.number("Q"))
    values = 1
    for one in shape:
        values *= one
    if not shape or min(shape) < 1 or values > 1 << 48:
        raise reader.fail(
            f"tensor {name[:60]!r} has an impossible shape {shape}", f"テンソル {name[:60]!r} の形状が不正です"
        )
    if kind not in _TYPE_NAMES or shape[0] % _block(_TYPE_NAMES[kind])[0]:
        raise reader.fail(
            f"tensor {name[:60]!r} has an unknown type {kind}", f"テンソル {name[:60]!r} の型 {kind} は未知です"
        )
    return TensorInfo(name, shape, _TYPE_NAMES[kind], offset)
