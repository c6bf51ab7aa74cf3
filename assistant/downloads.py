"""The only code that uses the network, and only on an explicit command: `models pull`, `catalog add`, `catalog update`.

huggingface_hub does the work (resume, checksums, mirrors by HF_ENDPOINT); nothing half-loaded is ever left in place.
"""

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assistant.errors import BadArguments, ServerError

DEFAULT_ENDPOINT = "https://huggingface.co"
TIMEOUT_SECONDS = 30


@contextmanager
def network() -> Iterator[Any]:
    """Yield huggingface_hub with its offline switch lifted for the length of one command."""
    before = os.environ.get("HF_HUB_OFFLINE")
    os.environ["HF_HUB_OFFLINE"] = "0"
    import huggingface_hub
    from huggingface_hub import constants

    was = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = False
    _close_sessions()
    try:
        yield huggingface_hub
    finally:
        constants.HF_HUB_OFFLINE = was
        _close_sessions()
        if before is None:
            os.environ.pop("HF_HUB_OFFLINE", None)
        else:
            os.environ["HF_HUB_OFFLINE"] = before


def _close_sessions() -> None:
    """Make huggingface_hub forget its HTTP client, which remembers whether it was offline."""
    http = importlib.import_module("huggingface_hub.utils._http")
    if hasattr(http, "close_session"):
        http.close_session()


def endpoint() -> str:
    """Return the hub's address: HF_ENDPOINT for a mirror, else the public one."""
    return os.environ.get("HF_ENDPOINT", DEFAULT_ENDPOINT).rstrip("/")


def split_id(name: str) -> str:
    """Return a hub id "organisation/name". Raises BadArguments."""
    if name.count("/") != 1 or not all(name.split("/")):
        raise BadArguments("id", name, "a hub id such as 'Qwen/Qwen3-8B-GGUF'", "'Qwen/Qwen3-8B-GGUF' のようなID")
    return name


def pull_file(hub_id: str, filename: str, folder: Path) -> Path:
    """Download one file of a repository into `folder` and return its path. Raises ServerError or BadArguments."""
    if Path(filename).is_absolute() or ".." in Path(filename).parts:  # a mirror's list may say anything
        raise BadArguments("file", filename, "a path inside the repository", "リポジトリー内のパス")
    with network() as hub:
        try:
            path = hub.hf_hub_download(
                split_id(hub_id), filename, local_dir=folder, endpoint=endpoint(), etag_timeout=TIMEOUT_SECONDS
            )
        except Exception as error:
            raise _failed(hub_id, error) from error
    return Path(path)


def list_files(hub_id: str) -> list[str]:
    """Return the file names of a repository. Raises ServerError or BadArguments."""
    with network() as hub:
        try:
            return sorted(hub.HfApi(endpoint=endpoint()).list_repo_files(split_id(hub_id)))
        except BadArguments:
            raise
        except Exception as error:
            raise _failed(hub_id, error) from error


def hub_facts(hub_id: str) -> dict[str, Any]:
    """Return what the hub says of a model: parameters (safetensors), licence, creation day; None: unknown."""
    with network() as hub:
        try:
            info = hub.HfApi(endpoint=endpoint()).model_info(split_id(hub_id), timeout=TIMEOUT_SECONDS)
        except BadArguments:
            raise
        except Exception as error:
            raise _failed(hub_id, error) from error
    card = info.card_data or {}
    licence = card.get("license") if hasattr(card, "get") else None
    tensors = getattr(info, "safetensors", None)
    return {
        "parameters": getattr(tensors, "total", None),
        "licence": licence if isinstance(licence, str) else None,
        "released": info.created_at.date() if info.created_at else None,
    }


def _failed(hub_id: str, error: Exception) -> ServerError | BadArguments:
    """Turn the library's errors into one line."""
    if isinstance(error, BadArguments):
        return error
    first = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
    return ServerError(
        url=f"{endpoint()}/{hub_id}",
        reason=f"could not be downloaded ({first}); nothing was changed",
        reason_ja=f"ダウンロードできませんでした（{first}）。何も変更していません",
    )
