"""The only code that uses the network, and only on an explicit command: `models pull`, `catalog add`, `catalog update`.

huggingface_hub does the work (resume, checksums, mirrors by HF_ENDPOINT); nothing half-loaded is ever left in place.
"""

import importlib
import json
import os
import re
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import Any

from assistant.errors import BadArguments, ServerError

DEFAULT_ENDPOINT = "https://huggingface.co"
DEFAULT_FEED = "https://models.dev/api.json"
TIMEOUT_SECONDS = 30
LARGEST_FEED = 64_000_000  # bytes; models.dev's listing has some 2 MB
DEAREST = 1_000.0  # US dollars per million tokens; more is another unit
Price = tuple[float | None, float | None, float | None]  # input, output, cached input
Prices = dict[str, dict[str, Price]]  # provider -> model -> price


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


def price_feed(url: str) -> Prices:
    """Return the prices of a listing in models.dev's form (https://models.dev/api.json) by provider and model.

    Models without a price, or with one of zero, which means free or unknown there, are left out. Raises ServerError
    when the listing does not come whole or is not of that form, BadArguments for an address that is not http(s).
    """
    if not re.match(r"https?://[^/]", url):
        raise BadArguments("--prices", url, "an http or https address", "http か https のアドレス")
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer:
            body = answer.read(LARGEST_FEED + 1)
        if len(body) > LARGEST_FEED:
            raise ValueError(f"more than {LARGEST_FEED} bytes")
        listing = json.loads(body)
        return {str(slug): _prices(provider["models"]) for slug, provider in listing.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, HTTPException) as error:
        raise _unread(url, error) from error


def _prices(models: dict[str, Any]) -> dict[str, Price]:
    """Return model -> (input, output, cached input) in US dollars per million tokens. Raises ValueError, TypeError."""
    found: dict[str, Price] = {}
    for name, model in models.items():
        cost = model.get("cost") or {}
        values = [None if cost.get(key) is None else float(cost[key]) for key in ("input", "output", "cache_read")]
        if any(value is not None and not 0 <= value <= DEAREST for value in values):
            raise ValueError(f"{name}: a price of {values}")
        if values[0] or values[1]:
            found[str(name)] = (values[0], values[1], values[2] or None)
    return found


def _failed(hub_id: str, error: Exception) -> ServerError | BadArguments:
    """Turn the library's errors into one line."""
    return error if isinstance(error, BadArguments) else _unread(f"{endpoint()}/{hub_id}", error)


def _unread(url: str, error: Exception) -> ServerError:
    first = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
    return ServerError(
        url=url,
        reason=f"could not be downloaded ({first}); nothing was changed",
        reason_ja=f"ダウンロードできませんでした（{first}）。何も変更していません",
    )
