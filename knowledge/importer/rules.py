"""The hand-written mapping beside this file: organisations, architectures, licences, what publishers state."""

import re
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from knowledge.importer.hub_ids import fold

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Rules:
    """The hand-written mapping beside this file."""

    folder: Path = HERE

    @cached_property
    def _rules(self) -> dict[str, Any]:
        return tomllib.loads((self.folder / "rules.toml").read_text(encoding="utf-8"))

    @cached_property
    def _licences(self) -> list[tuple[re.Pattern[str], str]]:
        table = tomllib.loads((self.folder / "licences_map.toml").read_text(encoding="utf-8"))
        return [(re.compile(one["match"], re.IGNORECASE), one["licence"]) for one in table["map"]]

    @cached_property
    def _skip(self) -> re.Pattern[str]:
        return re.compile("|".join(self._rules["skip"]["names"]))

    @cached_property
    def _same(self) -> re.Pattern[str]:
        return re.compile("|".join(self._rules["same_vocabulary"]["match"]))

    def organisation(self, hf_id: str) -> tuple[str, str, str] | None:
        """Return (folder, lab, country) of the hub organisation; None when the rules do not know it."""
        found = self._rules["organisations"].get(hf_id.split("/")[0].casefold())
        return tuple(found) if found else None

    @property
    def extra(self) -> list[str]:
        """Hub ids of models that the merged table has no row for but the narrower tables tell something about."""
        return list(self._rules["extra"]["hub"])

    def skipped(self, hf_id: str) -> bool:
        """Return whether a row is a copy or an intermediate artefact rather than a model for a reader."""
        return bool(self._skip.search(hf_id.casefold()))

    def same_vocabulary(self, hf_id: str) -> bool:
        """Return whether a derived model is stated to keep its base's tokenizer."""
        return bool(self._same.search(hf_id.casefold()))

    @cached_property
    def _vendors(self) -> dict[str, Any]:
        return tomllib.loads((self.folder / "vendors.toml").read_text(encoding="utf-8"))

    def vendor(self, hf_id: str) -> dict[str, Any]:
        """Return what the publisher states about the family: licence, languages, tool_calling, where written down."""
        stated: dict[str, Any] = {}
        for one in [*self._languages, *self._vendors["rule"]]:
            if re.search(one["match"], fold(hf_id)):
                stated = {key: value for key, value in one.items() if key != "match"} | stated
        return stated

    @cached_property
    def _languages(self) -> list[dict[str, Any]]:
        table = tomllib.loads((self.folder / "languages.toml").read_text(encoding="utf-8"))
        return [{"match": one["match"], "languages": one["languages"].split()} for one in table["rule"]]

    def same_network(self, hf_id: str) -> str | None:
        """Return the folded hub id of the model whose network this one has, None when none is written down."""
        found = self._vendors["same_network"].get(fold(hf_id))
        return str(found) if found else None

    @cached_property
    def _families(self) -> list[tuple[str, re.Pattern[str]]]:
        table = tomllib.loads((self.folder / "families.toml").read_text(encoding="utf-8"))["families"]
        return [(name, re.compile(start)) for name, start in table.items()]

    def family(self, model_id: str) -> str | None:
        """Return the family that an entry's id tells, None when its beginning is in no list."""
        return next((name for name, start in self._families if start.match(model_id)), None)

    def arch(self, hf_id: str) -> str | None:
        """Return llama.cpp's architecture name, None when it has none or it is not certain."""
        for one in self._rules["architectures"]:
            if re.search(one["match"], hf_id.casefold()):
                return one["arch"] or None
        return None

    def licence(self, text: str) -> str | None:
        """Return the key in licences.toml of a licence's name; None for an empty cell."""
        if not text.strip():
            return None
        return next((key for pattern, key in self._licences if pattern.search(text.strip())), "other-terms")
