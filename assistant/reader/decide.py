"""Three opinions, one reading: the model, the n-gram votes and the keyword rules, and how sure they are together."""

import json
import math
import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from assistant.calls import TOOLS, Tool
from assistant.errors import ModelFileError
from assistant.reader.homonyms import meant, without_homonyms
from assistant.reader.labels import TOOL_GROUPS, Labels
from assistant.reader.lexicon import pattern
from assistant.reader.marking import Marked
from assistant.reader.model import WEIGHTS, ReaderModel
from assistant.reader.rules import rule_flags, rule_labels, rule_tool
from assistant.reader.votes import Opinions, Votes, load_votes

_FLAG_FACTOR = 2.0  # what a flag's keyword does to the odds that the votes give it
# Labels that people state more often than the training phrases do: factor on their odds, chosen on the second test set
# and the development set, where "commercial use" is missed more often than invented.
_MORE_OFTEN = (("commercial_use", "true", 2.0),)
CALIBRATION = "calibration.json"
FEATURES = ("all", "tool", "vote", "rule", "labels")
# Logistic weights of FEATURES and the bias; used until a training run has fitted them on held-out phrases.
_DEFAULT = (0.5, 0.3, 0.3, 0.3, 0.0, 0.0)
# Against the model's own log-probability of a tool; chosen on the development and the second test set.
_VOTE_WEIGHT, _RULE_WEIGHT = 4.0, 0.3
# What a question without any word, name or size of the field adds to declining it, and takes from explaining; chosen
# on phrases kept out of training and on the development set.
_OUTSIDE: dict[Tool, float] = {"out_of_scope": 4.0, "explain": -3.0}

_DOMAIN = pattern("domain")
_DOMAIN_KINDS = ("MOD", "GPU", "MAC", "GB", "PAR", "QNT", "CTX", "KV")

NO_MODEL = {
    "en": "The built-in reading model could not be loaded; the question was read by keywords and may be misread.",
    "ja": "内蔵の読み取りモデルを読み込めなかったため、キーワードで質問を読みました。読み違えているかもしれません。",
}


@dataclass(frozen=True, slots=True)
class Decision:
    """Labels, how probable it is that all of them are right (0 to 1), and the figures this rests on, by FEATURES."""

    labels: Labels
    confidence: float
    features: tuple[float, ...] = ()
    tools: tuple[Tool, ...] = ()  # by how likely they were meant, the one taken first
    opinions: Opinions = field(default_factory=dict)  # the n-gram votes' odds of every label


@dataclass
class Judges:
    """Whoever is present: model and votes are None when their files cannot be loaded; then `note` says so."""

    model: ReaderModel | None
    votes: Votes | None
    weights: tuple[float, ...] = _DEFAULT
    note: dict[str, str] | None = field(default=None)

    @classmethod
    def load(cls, folder: Path = WEIGHTS.parent) -> "Judges":
        """Load what can be loaded; never raises for missing or damaged files."""
        model: ReaderModel | None = None
        votes: Votes | None = None
        note = None
        try:
            model = ReaderModel(folder / WEIGHTS.name)
        except (ModelFileError, OSError, ValueError, ImportError):
            note = NO_MODEL
        try:
            votes = load_votes(folder / "votes.npz")
        except ModelFileError:
            note = note or None
        return cls(model, votes, _load_weights(folder / CALIBRATION), note)

    @property
    def name(self) -> str:
        """What reads, for people and logs."""
        parts = [name for name, there in (("reader.gguf", self.model), ("n-grams", self.votes)) if there is not None]
        return " + ".join([*parts, "rules"])

    def decide(self, marked: Marked, previous: Tool | None = None) -> Decision:
        """Return the labels that the opinions agree on best."""
        opinions = self.votes.opinions(marked.text, previous) if self.votes else {}
        plain = {group: dict(odds) for group, odds in opinions.items()}
        vote = opinions.get("tool", {})
        rule = rule_tool(marked)
        for group, value in rule_flags(marked):
            if group in opinions:
                opinions[group][value] *= _FLAG_FACTOR
        for group, value, factor in _MORE_OFTEN:
            if group in opinions:
                opinions[group][value] *= factor
        if self.model is None:
            return _without_model(marked, opinions, rule, previous)
        emitted = self.model.emit(marked, previous, opinions=opinions)
        scores = {
            tool: math.log(max(emitted.tools.get(tool, 0.0), 1e-6))
            + (_VOTE_WEIGHT * math.log(max(vote[tool], 1e-6)) if vote else 0.0)
            + (_RULE_WEIGHT if tool == rule and previous is None else 0.0)
            for tool in TOOLS
        }
        if previous is None and not in_domain(marked):
            for tool, weight in _OUTSIDE.items():
                scores[tool] += weight
        best = max(TOOLS, key=lambda tool: scores[tool])
        own = emitted.tools.get(best, 0.0)
        probability = emitted.probability
        if best != emitted.labels.tool:
            emitted = self.model.emit(marked, previous, best, opinions)
            probability = own * emitted.probability
        agreed = _agreement(emitted.labels, plain)
        features = (
            _logit(probability), _logit(own), _logit(vote.get(best, 0.5)), 1.0 if rule == best else 0.0, _logit(agreed)
        )  # fmt: skip
        ranked = tuple(sorted(TOOLS, key=lambda tool: (tool != best, -scores[tool])))
        return Decision(emitted.labels, _sigmoid(self.weights, features), features, ranked, opinions)


def _agreement(labels: Labels, opinions: Opinions) -> float:
    """Return how likely the votes find all of the labels, those not given included; 0.5 without votes."""
    odds = [
        opinions[group].get(labels.values.get(group, ""), 0.0)
        for group in TOOL_GROUPS[labels.tool]
        if group in opinions
    ]
    return math.prod(odds) if opinions else 0.5


def in_domain(marked: Marked) -> bool:
    """Tell whether a question names a model, hardware or a size, or a word of the field.

    Words of the field are those of lexicon.toml, `domain`, and the glossary's terms.
    """
    if any(span.kind in _DOMAIN_KINDS for span in meant(marked)):
        return True
    text = without_homonyms(marked.text)
    return bool(_DOMAIN.search(text) or _glossary().search(text))


@lru_cache(maxsize=1)
def _glossary() -> re.Pattern[str]:
    from knowledge.glossary import load_glossary

    names = sorted({name.casefold() for one in load_glossary() for name in (one.ja, one.en, *one.aliases)})
    latin = "|".join(re.escape(name) for name in names if name.isascii() and len(name) > 2)
    japanese = "|".join(re.escape(name) for name in names if not name.isascii() and len(name) > 2)
    return re.compile(rf"(?<![a-z])(?:{latin})s?(?![a-z])|{japanese}", re.I)


def _without_model(marked: Marked, opinions: Opinions, rule: Tool | None, previous: Tool | None) -> Decision:
    vote = opinions.get("tool", {})
    scores = {tool: vote.get(tool, 1 / len(TOOLS)) + (0.3 if tool == rule else 0.0) for tool in TOOLS}
    tool = max(TOOLS, key=lambda one: scores[one])
    labels = rule_labels(marked, tool if vote else rule)
    likely = {group: max(odds, key=lambda value: odds[value]) for group, odds in opinions.items() if group != "tool"}
    if likely:
        labels = Labels(labels.tool, {group: value for group, value in likely.items() if value}, labels.roles)
    if previous is not None:
        labels = Labels(labels.tool, labels.values, labels.roles, labels.tool == previous or len(marked.text) < 25)
    return Decision(labels, 0.5 * vote.get(labels.tool, 0.6))


def _logit(probability: float) -> float:
    bounded = min(max(probability, 1e-4), 1 - 1e-4)
    return math.log(bounded / (1 - bounded))


def _sigmoid(weights: tuple[float, ...], features: tuple[float, ...]) -> float:
    total = weights[-1] + sum(weight * value for weight, value in zip(weights, features, strict=False))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


def _load_weights(path: Path) -> tuple[float, ...]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))["weights"]
        weights = (*(float(values.get(name, 0.0)) for name in FEATURES), float(values["bias"]))
    except (OSError, ValueError, KeyError, TypeError):
        return _DEFAULT
    return weights if all(math.isfinite(one) for one in weights) else _DEFAULT
