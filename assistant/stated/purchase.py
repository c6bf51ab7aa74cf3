"""Questions of what hardware to buy: about no machine that is there, so that none is chosen for."""

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from assistant.calls import Call, Tool, parse_call
from assistant.events import UNSURE, Reading

if TYPE_CHECKING:
    from assistant.reader.marking import Marked, Tables

ASKS = "purchase"  # of a call's `asks`, alone or with the cards that are weighed ("purchase RTX 4090 / RTX 5090")
Buying = Literal["open", "wish", "sum"]
_THING = (
    r"(?:(?:graphics?|video) cards?|gpus?|cards?|hardware|pcs?|computers?|machines?(?! learning)|workstations?|rigs?|"
    r"laptops?|notebooks?|desktops?|servers?|mac(?:book| ?mini| studio)?s?|setups?|specs)(?![a-z])"
)
_BUY = r"(?:buy|purchase|order|shop for|invest in|go for|spend|upgrade)"
_SOME = (
    r"(?:(?:bigger|larger|better|faster|good|new|used|second[- ]hand|cheap|decent|small|single|suitable|proper|"
    r"powerful|gaming|ai|kind of) )*"
)
_THINGS_JA = (
    r"(?:GPU|グラボ|グラフィック(?:ス)?(?:ボード|カード)|ビデオカード|PC|パソコン|マシン|機材|機械|ハード(?:ウェア)?|スペック|"
    r"ワークステーション|サーバー?|ノート|デスクトップ|Mac(?:Book(?: ?(?:Pro|Air))?| ?mini| ?Studio)?|カード|構成)"
)
_BUY_JA = (
    r"(?:買(?:う|え|い(?!ま?した)|お)|購入(?!した|しました|済)|新調|導入|調達|発注|"
    r"組(?:み|も|む|め)(?!合わ)|揃え|そろえ)"
)
_MONEY = (
    r"(?:[$€£] ?\d[\d,.]*k?|\d[\d,.]*k? ?(?:euros?|eur|pounds?|quid|gbp|dollars?|usd|bucks|chf|francs?|yen))(?![a-z])"
)
_BUDGET = re.compile(
    rf"{_MONEY}|\b(?:budget|prices?|cost|afford|money)\b|予算|価格|値段|円|いくら|コスパ|安", re.IGNORECASE
)
_MONEY_JA = r"\d[\d,.]*(?:万|千)?(?:円|ドル|ユーロ)(?:台|以内|以下|まで|未満|くらい|ぐらい|程度|前後)?(?:で|の)"
_NOT_MODEL = r"(?! ?(?:language )?(?:model|llm|ai\b|モデル))"
_OPEN = re.compile(
    rf"\b(?:what|which)\b(?! (?:\w+ )?(?:models?|llms?)\b)[^.?!]{{0,60}}?\b{_BUY}\b|"
    rf"\b(?:what|which) {_SOME}{_THING}{_NOT_MODEL}[^.?!]{{0,40}}?"
    r"\b(?:buy|get|need|needed|required|recommend|best|run(?:s|ning)?|choose|pick|should [^.?!]{0,30}have)\b|"
    rf"\b(?:what|which) {_SOME}{_THING} ?(?:\?|$)|"
    rf"\b(?:recommend|suggest)(?: me| us)? (?:an? |some |the )?{_SOME}{_THING}{_NOT_MODEL}|"
    rf"\b(?:best|right|cheapest|ideal) {_SOME}{_THING}{_NOT_MODEL}|{_THING} (?:recommendations?|to (?:buy|get))\b|"
    rf"\bwhat if (?:i|we) (?:buy|bought|get|got|add|added) (?:an?|another|more|some) {_SOME}{_THING}|"
    rf"\bif (?:i|we) (?:buy|get|add) (?:an?|another) {_SOME}{_THING}[^.?!]{{0,12}} how (?:many|much) "
    rf"(?:gb|gigs?|v?ram|memory)|"
    rf"{_MONEY_JA}[^。]{{0,8}}(?:買え|手に入)[^。]{{0,8}}{_THINGS_JA}|{_MONEY_JA}[^。]{{0,10}}(?:いい|良い|よい|マシな|強い){_THINGS_JA}|"
    rf"{_THINGS_JA}(?:を|が|も)?(?:足|増設|追加|載せ替え|買い替え|買い足)(?:す|し|する|え|える)?(?:なら|たら|とし|場合)|"
    rf"\bshould (?:i|we) (?:{_BUY}|get)\b[^.?!]*\bor\b|"
    r"\bworth (?:it )?(?:to (?:upgrade|switch|move)|upgrading|switching|moving|the upgrade)\b|"
    r"(?:変え|買い替え|買い換え|乗り換え|アップグレードす)る?(?:だけの)?(?:意味|価値|必要|メリット|べき)|"
    rf"(?:何|なに|どれ|どちら|どっち)(?:を|が)?(?:{_BUY_JA}|買ったら|選べ)|"
    rf"(?:どの|どんな|どういう|何の|なんの)(?:くらいの|程度の)?(?:スペックの)?{_THINGS_JA}(?!でも)|"
    rf"(?:いい|良い|よい|安い|強い|速い){_THINGS_JA}(?:を教え|は(?:どれ|何|なに)|って)|"
    rf"(?:おすすめ|オススメ|お勧め|最適)(?:の|な){_THINGS_JA}(?!の?(?:モデル|LLM)|で)|"
    rf"{_THINGS_JA}(?:の|は(?:何|なに|どれ|どの)?(?:が)?)(?:おすすめ|オススメ|お勧め)(?!の(?:モデル|LLM))",
    re.IGNORECASE,
)
_WISH = re.compile(
    rf"(?<!if i )(?<!if we )(?<!once i )(?<!when i )\b"
    rf"(?:{_BUY}|buying|purchasing|build(?:ing)?|get(?:ting)?) (?:myself |us |me )?(?:an?|some|new|the) "
    rf"{_SOME}{_THING}{_NOT_MODEL}|"
    rf"{_MONEY}[^.?!]{{0,20}} (?:for|on) (?:an?|the|new|some) {_SOME}{_THING}|"
    rf"予算[^。、]{{0,12}}(?:円|万|ドル)[^。]{{0,12}}{_THINGS_JA}|"
    rf"{_THINGS_JA}(?:を|は|が|って)?[^。、？?でに]{{0,10}}(?:{_BUY_JA}|欲しい(?!モデル)|ほしい(?!モデル))",
    re.IGNORECASE,
)
# What a sum buys: 「5万円以内のGPUで一番いいモデル」, "best model under a $500 GPU"; not what was bought for it.
_SUM = re.compile(
    rf"{_MONEY}[- ](?:or (?:less|under) )?(?:budget )?(?:for (?:an? |the )?)?{_SOME}{_THING}{_NOT_MODEL}|"
    rf"(?:{_MONEY_JA}|{_MONEY}(?:以内|以下|まで)?[での])[^。、買]{{0,6}}{_THINGS_JA}|予算[^。、]{{0,12}}(?:円|万|ドル)[^。]{{0,12}}{_THINGS_JA}",
    re.IGNORECASE,
)
_BUILDS = re.compile(r"\b(?:build|rig|workstation)\b|組(?:み|も|む|め)|自作", re.IGNORECASE)
_CARD = re.compile(r"(?<![a-z])(?:gpus?|(?:graphics?|video) cards?|vram)(?![a-z])|グラボ|グラフィック", re.IGNORECASE)
_OTHER_USE = re.compile(
    r"(?<![a-z])(?:gam(?:es?|ing)|video|render(?:ing)?|3d)(?![a-z])|ゲーム|動画|映像|配信", re.IGNORECASE
)
_FIELD = re.compile(
    r"(?<![a-z])(?:llms?|ai|models?|inference|local(?:ly)?)(?![a-z])|モデル|生成|ローカル|言語", re.IGNORECASE
)
_OR = re.compile(
    r"(?<![a-z])(?:or|vs\.?|versus|to)(?![a-z])|から|[/,、]|か(?![らな])|または|それとも|と", re.IGNORECASE
)
_KEPT = ("task", "languages", "commercial_use", "context_tokens", "users", "variant")  # of what was said before
_READ_ALSO: tuple[Tool, ...] = ("recommend", "fit", "max_size", "clarify", "out_of_scope", "explain")


def weighed(asks: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return the cards that a question of what to buy weighs, () for any; None for another question."""
    found = next((one for one in asks if one.partition(" ")[0] == ASKS), None)
    return None if found is None else tuple(name for name in found.removeprefix(ASKS).strip().split(" / ") if name)


def buying(text: str) -> Buying | None:
    """Return how a cleaned text speaks of buying: "open" asks what, "wish" says that something is to be bought.

    "sum" names what it may cost and a kind of machine; beside a named card that is what the card did cost.
    """
    return "open" if _OPEN.search(text) else "wish" if _WISH.search(text) else "sum" if _SUM.search(text) else None


def with_purchase(
    reading: Reading,
    question: str,
    tables: "Tables",
    *,
    talking: bool = False,
    before: Mapping[str, Any] = MappingProxyType({}),
) -> Reading:
    """Return the reading of a question of what to buy: which machines hold the model, or what each size runs best.

    A model (or a size) whose machine is to be bought makes it `fit` without hardware, anything else `recommend`; `asks`
    says so, with the cards that are weighed. Other questions, and those about hardware that is there and a model, stay.
    `talking`: what was said before of the task and the like holds, however unsure the reading of this turn is. `before`
    is everything said before by argument name: without a task of its own a question of what to buy is for that task.
    """
    from assistant.reader.assemble import weighs_an_api
    from assistant.reader.marking import mark
    from assistant.reader.spans import find_spans
    from assistant.reader.text import clean
    from assistant.stated.unknown import without_unknown

    text, call = clean(question), reading.call
    said = buying(without_unknown(text))
    if (
        said is None
        or call.tool not in _READ_ALSO
        or weighs_an_api(text)
        or (call.tool == "explain" and said != "open")
    ):
        return reading
    marked = mark(text, find_spans(text, tables))
    if call.tool == "out_of_scope" and not _of_field(marked):
        return reading
    if said == "sum" and any(span.kind in ("GPU", "MAC") for span in marked.spans):
        return reading
    cards = _weighed(marked)
    hardware = call.arguments().get("hardware", before.get("hardware")) if not cards else None
    spoken_of = call.arguments().get("model") if talking and call.tool == "fit" else None
    if spoken_of and spoken_of.startswith("@") and said == "open":  # of what was recommended, which is not asked about
        spoken_of = None
    model = _model(marked) or spoken_of
    if model is not None and (hardware or cards):
        return reading
    tool: Tool = "fit" if model is not None else "recommend"
    sure = call.tool == tool and (talking or reading.confidence >= UNSURE)
    args = call.arguments() if sure else _by_words(tool, marked)
    if tool == "recommend" and "task" not in args:
        args = {**{name: before[name] for name in _KEPT if name in before}, **args}
    args = {name: value for name, value in args.items() if name not in ("hardware", "hosting", "max_params_b")}
    args |= {"model": model} if model is not None else {"hardware": hardware} if hardware else {}
    asks = (" ".join([ASKS, " / ".join(cards)]).strip(), *(("budget",) if _BUDGET.search(text) else ()))
    found = replace(parse_call(tool, args), asks=asks)
    if reading.confidence >= UNSURE:
        return replace(reading, call=found)
    return replace(reading, call=found, confidence=UNSURE, notes=())  # what was unclear no longer matters


def with_another(call: Call) -> Call:
    """Return a question which of several cards to buy with the card that a later turn names among them."""
    args, cards = call.arguments(), weighed(call.asks)
    gpu = (args.get("hardware") or {}).get("gpu")
    if call.tool != "recommend" or not cards or not gpu:
        return call
    left = {name: value for name, value in args.items() if name not in ("hardware", "hosting")}
    others = tuple(one for one in call.asks if one.partition(" ")[0] != ASKS)
    asks = (" ".join([ASKS, " / ".join(dict.fromkeys([*cards, gpu]))]), *others)
    return replace(parse_call(call.tool, left), asks=asks)


def _of_field(marked: "Marked") -> bool:
    """Tell whether a question of what to buy has to do with models: it says so, or wants a card for nothing else."""
    text = marked.source
    named = any(span.kind in ("MOD", "PAR", "GPU") for span in marked.spans)
    a_card = _CARD.search(text) or (_BUILDS.search(text) and _BUDGET.search(text))
    return named or bool(_FIELD.search(text)) or bool(a_card and not _OTHER_USE.search(text))


def _by_words(tool: Tool, marked: "Marked") -> dict[str, Any]:
    from assistant.reader.assemble import to_args
    from assistant.reader.rules import rule_labels

    return to_args(rule_labels(marked, tool), marked)


def _model(marked: "Marked") -> str | None:
    """Return the model that is to run, or else the largest size that is named ("70B")."""
    named = next((str(span.value) for span in marked.spans if span.kind == "MOD" and span.hint != "unknown"), None)
    sizes = [float(str(span.value)) for span in marked.spans if span.kind == "PAR"]
    return named or (f"{max(sizes):g}B" if sizes else None)


def _weighed(marked: "Marked") -> tuple[str, ...]:
    """Return the cards of which one is to be bought ("a 4090 or a 5090"), () where fewer than two are named."""
    from assistant.stated.alternatives import offers

    found = offers(marked)
    between = [marked.source[one.end : other.start] for one, other in pairwise(found)]
    names = tuple(dict.fromkeys(one.name for one in found))
    return names if len(names) > 1 and all(map(_OR.search, between)) else ()
