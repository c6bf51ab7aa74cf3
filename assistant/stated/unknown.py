"""A GPU of which a person says that they do not know which it is: that is not the same as none."""

import re

from assistant.calls import Call
from assistant.sentences import both

_CARD = r"(?:gpu|graphics? ?card|video ?card|graphics)(?![a-z])"
_NOT_KNOWN = (
    r"(?:(?:not|n't) (?:really |quite |exactly |actually )?(?:sure|know|certain|remember|recall|tell)|no idea|no clue|"
    r"unsure|uncertain|dunno|idk|forgot|forget)(?![a-z])"
)
_THERE = (
    r"(?: (?:i|we|it|he|she|they)(?:'s|'ve| have| has| had)?(?: got)?(?![a-z])"
    r"(?! (?:need|should|want|could|can|would|buy))|"
    r" (?:is|are) (?:in|inside|installed|there|built)(?![a-z])| (?:in|inside|of) (?:my|the|this|it)(?![a-z])|"
    r" (?:my|the|this) [\w ]{2,20} has|(?<! a gpu) is(?=[.,;!?]|$)|(?= ?(?:[.,;!?)\n]|$|but|so|and)))"
)
_CARD_JA = r"(?:GPU|グラボ|グラフィックス?(?:ボード|カード)?|ビデオカード)"
_NOT_KNOWN_JA = (
    r"(?:(?:わか|分か|判)(?:ら|り)(?:な[いく]|ん(?!か)|ま(?:せ|へ)|ず)|不明|知ら(?:な[いく]|ん(?!か)|ず)|知りませ|"
    r"覚えて(?:い)?(?:な|ま)|忘れ|把握して(?:い)?(?:な|ま)|謎)"
)
_UNKNOWN = re.compile(
    rf"{_NOT_KNOWN}(?: about)?(?: (?:which|what|whether|if|my|the|that|of|kind|type|model|it|there|this|i|is|has|have|"
    rf"even|a|an|any|exact)){{0,6}} {_CARD}{_THERE}|(?<![a-z])unknown {_CARD}|{_CARD}(?: is|:)? ?unknown|"
    rf"(?:何|なに|どの|どんな)(?:の)?{_CARD_JA}(?:が|を)?(?:入って|載って|積んで|付いて|ついて|使って|ある)(?:い)?る?"
    rf"(?:の)?か(?:は|も)?、?(?:よく|全然|ちょっと|正直)?{_NOT_KNOWN_JA}|"
    rf"{_CARD_JA}(?:の(?:型番|型式|種類|名前|機種|性能|こと|詳細|スペック|モデル))?(?:に?は|って|が|も|を|なんて|とか|なのか)?"
    r"(?:何|なに|どれ|どんなの)?(?:が|を)?(?:入って|載って|積んで|付いて|ついて|使って|ある|あった)?(?:い)?る?"
    r"(?:の)?(?:なの|だった)?(?:か|かは|かも|だか|やら)?(?:どうか)?、?(?:よく|全然|まったく|全く|あまり|ちょっと|正直|いまいち)?"
    rf"{_NOT_KNOWN_JA}",
    re.IGNORECASE,
)


def unknown_gpu(text: str) -> bool:
    """Tell whether a cleaned text says that its writer does not know which GPU there is."""
    return bool(_UNKNOWN.search(text))


def without_unknown(text: str) -> str:
    """Return the text without those words: "what GPU I have" asks for none to buy."""
    return _UNKNOWN.sub(" ", text)


def with_unknown_gpu(call: Call, question: str) -> tuple[Call, tuple[dict[str, str], ...]]:
    """Return the call without the "no GPU" that was read out of not knowing it, and a note that says so.

    What else was said of the machine holds; where nothing was, the call is about no particular machine.
    """
    from assistant.reader.text import clean

    args = call.arguments()
    hardware = args.get("hardware") or {}
    if call.tool in ("explain", "out_of_scope", "model_info") or not unknown_gpu(clean(question)):
        return call, ()
    if hardware.get("gpu") or "vram_gb" in hardware:
        return call, ()
    known = {name: value for name, value in hardware.items() if name != "gpu"}
    left = {name: value for name, value in args.items() if name != "hardware"} | ({"hardware": known} if known else {})
    if not known and left.get("hosting") == "local":
        del left["hosting"]
    key = "hardware.unknown_gpu" if known else "hardware.unknown_gpu_here"
    return call.with_arguments(left), (both(key), both("hardware.how_to_look"))
