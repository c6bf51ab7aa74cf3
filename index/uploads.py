"""Put documents into a user's folder and take them out again, by names that cannot leave it."""

import os
import re
import unicodedata
from pathlib import Path

from assistant.errors import DocumentError
from index.documents import MAX_FILE_BYTES

_RESERVED = re.compile(r"^(con|prn|aux|nul|clock\$|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?$", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[<>:"|?*\\/\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069\u200b-\u200f\ufeff]')
_MAX_NAME_BYTES = 200


def add_document(folder: Path, name: str, data: bytes) -> Path:
    """Write a document into a folder and return its path; a file of that name is replaced whole.

    Raises DocumentError when the name is not a plain file name on every system, or the data is too large.
    """
    safe = safe_name(name)
    if len(data) > MAX_FILE_BYTES:
        limit = MAX_FILE_BYTES // 1024**2
        raise DocumentError(reason=f"{safe}: larger than {limit} MiB", reason_ja=f"{safe}: {limit} MiB を超えています")
    target = folder / safe
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if target.is_symlink() or target.is_dir():
            raise _refused(name, "it names a link or a folder", "リンクまたはフォルダーの名前です")
        draft = folder / f".{safe[:60]}.{os.getpid()}.part"
        try:
            draft.write_bytes(data)
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)  # what a full disk left of it
    except OSError as error:
        raise DocumentError(
            reason=f"{safe}: cannot be written: {error.strerror}", reason_ja=f"{safe}: 書き込めません: {error.strerror}"
        ) from error
    return target


def delete_document(folder: Path, file: str) -> None:
    """Delete a document by the path that the index shows ("notes.md", "team/notes.md").

    Raises DocumentError when the path leads out of the folder, through a link, or to nothing.
    """
    parts = file.split("/")
    if (
        not parts
        or any(part in ("", ".", "..") or "\x00" in part or "\\" in part for part in parts)
        or Path(file).is_absolute()
    ):
        raise _refused(file, "it leads out of the folder", "フォルダーの外を指しています")
    target = folder
    for part in parts:
        target = target / part
        if target.is_symlink():
            raise _refused(file, "it leads through a symbolic link", "シンボリックリンクを通ります")
    if not target.resolve().is_relative_to(folder.resolve()):
        raise _refused(file, "it leads out of the folder", "フォルダーの外を指しています")
    if not target.is_file():
        raise DocumentError(
            reason=f"no document {file!r} in {folder}", reason_ja=f"{folder} に文書 {file!r} はありません"
        )
    try:
        target.unlink()
    except OSError as error:
        raise DocumentError(
            reason=f"{file}: cannot be deleted: {error.strerror}", reason_ja=f"{file}: 削除できません: {error.strerror}"
        ) from error


def safe_name(name: str) -> str:
    """Return the name as it will be stored (NFC). Raises DocumentError for an unusable one."""
    safe = unicodedata.normalize("NFC", name)
    if not safe.strip() or safe != safe.strip() or safe.endswith("."):
        raise _refused(name, "it is empty or ends in a space or a dot", "空、または空白・ピリオドで終わっています")
    if safe.startswith((".", "~$")):
        raise _refused(name, "hidden files are not indexed", "隠しファイルは索引にされません")
    if _FORBIDDEN.search(safe):
        raise _refused(
            name, "it holds a path or a character that file names may not have", "パスまたは使えない文字を含みます"
        )
    if _RESERVED.match(safe):
        raise _refused(name, "Windows reserves this name", "Windows の予約名です")
    try:
        size = len(safe.encode("utf-8"))
    except UnicodeEncodeError as error:
        raise _refused(name, "it is not valid text", "文字として正しくありません") from error
    if size > _MAX_NAME_BYTES:
        raise _refused(name, f"it is longer than {_MAX_NAME_BYTES} bytes", f"{_MAX_NAME_BYTES} バイトを超えています")
    return safe


def _refused(name: str, why: str, why_ja: str) -> DocumentError:
    shown = repr(name[:80])
    return DocumentError(
        reason=f"the file name {shown} is refused: {why}", reason_ja=f"ファイル名 {shown} は使えません: {why_ja}"
    )
