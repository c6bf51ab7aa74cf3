"""Nothing leaves the machine: switch off what libraries would send or look up, before they are imported."""

import os
from collections.abc import MutableMapping

# Each is read when its library is imported, so silence() comes first. Forced: a wish for telemetry in the shell's
# profile is not a wish for it here.
FORCED = {
    "GRADIO_ANALYTICS_ENABLED": "False",  # gradio: launch events, and the version check against api.gradio.app
    "HF_HUB_OFFLINE": "1",  # huggingface_hub, and gradio's telemetry threads that go through it
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
    "HF_HUB_DISABLE_UPDATE_CHECK": "1",
    "HF_DATASETS_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "ANONYMIZED_TELEMETRY": "False",  # chromadb
    "DO_NOT_TRACK": "1",
    "DISABLE_TELEMETRY": "YES",
    "OTEL_SDK_DISABLED": "true",  # opentelemetry, which chromadb brings along
    "WANDB_MODE": "disabled",
}
# Defaults that keep output quiet and repeatable; a person may want others.
DEFAULTS = {
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_VERBOSITY": "error",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
}
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def silence(environ: MutableMapping[str, str] | None = None) -> None:
    """Set the variables that stop every library's telemetry, hub look-ups and version checks.

    A company's proxy variables would also send requests for this machine's own addresses (the page checks that it is
    up) to the proxy, so the loopback names are added to NO_PROXY.
    """
    environ = os.environ if environ is None else environ
    environ.update(FORCED)
    for name, value in DEFAULTS.items():
        environ.setdefault(name, value)
    # Chroma would send traces to an endpoint named here.
    for name in [one for one in environ if one.upper().startswith("CHROMA_OTEL_")]:
        del environ[name]
    for name in ("NO_PROXY", "no_proxy"):
        listed = [one.strip() for one in environ.get(name, "").split(",") if one.strip()]
        if "*" not in listed:
            environ[name] = ",".join([*listed, *(host for host in LOOPBACK if host not in listed)])


def problems(environ: MutableMapping[str, str] | None = None) -> tuple[str, ...]:
    """Return the forced variables that are not in force, as NAME; empty when everything is silent."""
    environ = os.environ if environ is None else environ
    return tuple(name for name, value in FORCED.items() if environ.get(name) != value)
