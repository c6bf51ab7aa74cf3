"""Fit the ability scales to the shipped catalog and keep them: `python -m assistant.choosing.fit_scores`."""

from hashlib import sha256
from typing import TYPE_CHECKING

from assistant.choosing.cells import benchmark_facts, digest, table
from assistant.choosing.factors import Fitted, fit
from assistant.choosing.kept_scores import FILE, Kept, encode
from assistant.choosing.traits import kind

if TYPE_CHECKING:
    from knowledge.catalog import Catalog


def fit_catalog(catalog: "Catalog") -> dict[str, Fitted]:
    """Return the scale of every kind of model, fitted to the catalog's scores alone; deterministic to the byte."""
    kinds = sorted({kind(model) for model in catalog.models.values()})
    return {name: fit(table(catalog, name)) for name in kinds}


def benchmarks_digest(catalog: "Catalog") -> str:
    """Return a fingerprint of what a fit reads of the benchmarks themselves."""
    return sha256(repr(sorted(benchmark_facts(catalog).items())).encode()).hexdigest()


def main() -> None:
    """Fit the shipped catalog and write the file."""
    from knowledge.catalog import load_catalog

    catalog = load_catalog()
    kept = Kept(digest(catalog), benchmarks_digest(catalog), fit_catalog(catalog))
    FILE.write_text(encode(kept), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
