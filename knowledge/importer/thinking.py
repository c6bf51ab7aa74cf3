"""Which models think before they answer, as price lists have it; what tests tell of it is read with their scores."""

from collections import defaultdict

from knowledge.importer.draft import Draft
from knowledge.importer.naming import model_id
from knowledge.importer.prices import VENDORS
from knowledge.importer.scores import bag
from knowledge.importer.tables import Tables

UNSURE_PROVIDERS = frozenset({"github-models"})  # lists Llama 3 and Phi 3 as thinking, too
_SURE = frozenset({"_canonical", *VENDORS})
_ENOUGH = 3  # providers that agree


def add_thinking(tables: Tables, drafts: dict[str, Draft]) -> None:
    """Set `thinks` where tests have left it open, as most providers of models.dev list a model; a tie says nothing.

    That it does not is taken from its vendor, models.dev itself or several at once: one host may leave thoughts out.
    """
    said: dict[str, list[bool]] = defaultdict(list)
    sure: set[str] = set()
    for row in tables.rows("prices/models_dev.csv"):
        if row["reasoning"] in ("True", "False") and row["provider"] not in UNSURE_PROVIDERS:
            name = bag(model_id(row["model_id"].partition(":")[0]))
            said[name].append(row["reasoning"] == "True")
            sure |= {name} if row["provider"] in _SURE else set()
    for draft in drafts.values():
        name = bag(draft.id)
        thinks = 2 * sum(said[name]) > len(said[name])
        tie = 2 * sum(said[name]) == len(said[name])
        known = not tie and (thinks or name in sure or len(said[name]) >= _ENOUGH)
        if known and draft.fields.get("variant") in ("instruct", "code", "vision"):
            draft.claim("thinks", thinks, "models_dev")
