"""How large a model's vision projector (mmproj file) is: derived from parameter counts where they are exact."""

from pathlib import Path

from assistant.memory.blueprints.tensors import tensors
from assistant.memory.weights import parameter_count
from knowledge.schema import Architecture, Model

# Published mmproj files at 16 bits: Qwen3.5-0.8B 205 MB (tetherto/qvac #2432), Qwen3.5-2B 668 MB (#2780), Qwen3.8-27B
# 887 MiB (joryirving/home-ops #9075), Gemma-4-E2B 986 MB (#2432); read 2026-11-22. Larger towers reach 2 GB.
USUAL_GIB = (0.2, 1.5)
_FEWEST, _MOST = 30_000_000, 1_500_000_000  # parameters of vision towers: SmolVLM's 94 million to Phi-4's 1.1 billion
_ROUNDED = 1_000_000  # counts that are whole millions were rounded by someone


def reads_images(model: Model) -> bool:
    """Return whether a projector is loaded beside the model to read images."""
    return "image" in model.inputs and model.variant != "image"


def projector_bytes(model: Model, arch: Architecture | None) -> int | None:
    """Return the bytes of the projector at 16 bits, None when it cannot be derived.

    The published count of parameters less those of the text model; where the file also has layers for multi-token
    prediction it comes out too large, never too small.
    """
    if not reads_images(model) or arch is None or arch.arch is None or not model.parameters:
        return None
    found = tensors(arch)
    if not found or model.parameters % _ROUNDED == 0:
        return None
    beside = model.parameters - parameter_count(found)
    return 2 * beside if _FEWEST <= beside <= _MOST else None


def beside(path: Path) -> Path | None:
    """Return the projector file in the same folder as a person's GGUF, None when there is none."""
    try:
        found = sorted(path.parent.glob("*mmproj*.gguf")) if path.suffix.lower() == ".gguf" else []
        return next((one for one in found if one != path and one.is_file()), None)
    except OSError:
        return None
