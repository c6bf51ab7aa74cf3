"""The ability scales fitted without some benchmarks, once per held-out set: a fit of the language models takes 10 s.

Kept in the temporary folder under a fingerprint of the scores left and of the fitting code, so that the benchmarks that
hold out the same sets, and their next runs, read them.
"""

import os
import tempfile
from dataclasses import replace
from functools import cache
from hashlib import sha256
from pathlib import Path

from assistant.choosing import cells, factors, traits
from assistant.choosing.cells import digest, table
from assistant.choosing.kept_scores import Kept, decode, encode
from assistant.choosing.ranking import Scales
from assistant.choosing.traits import kind
from knowledge.catalog import Catalog

FOLDER = Path(tempfile.gettempdir()) / "mekiki-refits"


def without(catalog: Catalog, hidden: frozenset[str]) -> Catalog:
    """Return the catalog without the scores of some benchmarks."""
    models = {
        name: replace(model, scores=tuple(one for one in model.scores if one.benchmark not in hidden))
        for name, model in catalog.models.items()
    }
    return replace(catalog, models=models)


def refit_without(catalog: Catalog, hidden: frozenset[str]) -> Scales:
    """Return the scales of those kinds of models that had scores on the hidden benchmarks, fitted to the others."""
    seen = without(catalog, hidden)
    kinds = {kind(m) for m in catalog.models.values() if any(score.benchmark in hidden for score in m.scores)}
    mark = sha256(f"{digest(seen)} {sorted(kinds)} {_code()}".encode()).hexdigest()
    path = FOLDER / f"{mark}.json"
    if not path.is_file():
        kept = Kept(mark, "", {name: factors.fit(table(seen, name)) for name in sorted(kinds)})
        FOLDER.mkdir(exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}")
        part.write_text(encode(kept), encoding="utf-8")
        part.replace(path)
    return Scales(seen, decode(path.read_text(encoding="utf-8")).scales)


@cache
def _code() -> str:
    """Return a fingerprint of the code that fits."""
    paths = [Path(module.__file__ or "") for module in (cells, factors, traits)]
    return sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()
