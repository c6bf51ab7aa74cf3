"""Compare the formula with published GGUF files: python -m tests.benchmarks.published_sizes TABLE.csv.

The table has the columns name, canonical (a hub address), quantization and size_bytes, as LM Studio's 2024 catalog
gives them. Prints each file's difference and the median.
"""

import csv
import statistics
import sys
from pathlib import Path

from assistant.errors import UnknownModel
from assistant.memory.quants import QUANTS
from assistant.memory.weights import settle, weights
from knowledge.catalog import Catalog, load_catalog
from knowledge.names import find_model
from knowledge.schema import Model


def known(catalog: Catalog, address: str, name: str) -> Model | None:
    """Return the catalog's model of a hub address or name."""
    hub = address.removeprefix("https://huggingface.co/").strip("/").lower()
    for model in catalog.models.values():
        if (model.hf_id or "").lower() == hub:
            return model
    try:
        return find_model(catalog, name)
    except UnknownModel:
        return None


def main() -> None:
    """Print the table."""
    catalog, off = load_catalog(), []
    with Path(sys.argv[1]).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            model = known(catalog, row["canonical"], row["name"])
            if model is None or model.architecture is None or row["quantization"] not in QUANTS:
                print(f"not covered: {row['name']} {row['quantization']}")
                continue
            found = weights(settle(model.architecture, model.parameters), row["quantization"])
            if found is not None:
                off.append(found.total / int(row["size_bytes"]) - 1)
                print(f"{off[-1]:+.2%}  {model.id} {row['quantization']}")
    print(
        f"{len(off)} files, median absolute difference {statistics.median(map(abs, off)):.2%}, "
        f"worst {max(map(abs, off)):.2%}"
    )


if __name__ == "__main__":
    main()
