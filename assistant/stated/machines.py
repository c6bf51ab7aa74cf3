"""Machines that a question names without a card: a Mac, a phone, a server, RAM of a type; or that are not to matter.

The reader's arguments hold cards, chips and sizes only. What is known here completes the call that is run, as the name
of a computer (knowledge.computers) in the place of the card's.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from assistant.calls import Call, Hardware, Tool, parse_call
from assistant.hardware.machine import counted
from assistant.hardware.stated import doubts, kinds_of_card, left_open, rented, stated
from assistant.memory.placement import chosen_gpus, room
from assistant.sentences import both, gigabytes, say
from assistant.stated.choice import machines
from knowledge.cloud_machines import cloud_machine, cloud_machines
from knowledge.computers import Computer, named_computer

if TYPE_CHECKING:
    from assistant.toolbox import Toolbox
    from knowledge.catalog import Catalog

PHONE_GB = 8.0  # of a phone whose memory was not said: an assumption, told in a note
_PHONE = "Smartphone"
_SIZES = (6.0, 8.0, 12.0)
_TOOLS = ("recommend", "fit", "max_size", "compare", "finetune_memory")
_THINGS = r"(?:ハード(?:ウェア)?|スペック|マシン|機材|GPU|VRAM|グラボ|PC|パソコン)"
_ANY = re.compile(
    r"(?:regardless|irrespective|independent) of (?:the |my |any )?(?:hardware|specs?|machine|gpu|vram)|"
    r"(?:hardware|specs?|vram) (?:does ?n[o']t|is ?n[o']t|is no|are no|do ?n[o']t|won't be)[\w ]{0,6} "
    r"(?:matter|issue|object|limit|problem|concern|constraint)|(?:any|whatever|unlimited|infinite) (?:hardware|vram)|"
    r"no (?:hardware|vram) (?:limits?|constraints?|restrictions?)|"
    r"(?:ignor(?:e|ing)|never ?mind|don'?t (?:care|worry) about|forget(?: about)?) (?:the |my )?(?:hardware|specs?)|"
    rf"{_THINGS}(?:の?(?:性能|制限|制約|条件|こと|種類))?(?:は|も|を|が|に)?(?:一切|とくに|特に|まったく|全く)?"
    r"(?:問わ(?:な|ず)|気にし(?:な|ま)|気にせ|無制限|考え(?:な|ず)|考慮し(?:な|ま)|度外視|関係な|関係あり|不問|こだわら|"
    r"(?:なん|何)でも(?:いい|良い|よい|OK))",
    re.IGNORECASE,
)
_PC = re.compile(
    r"(?<![a-z])(?:pcs?|desktop|laptop|notebook|linux|windows|server|workstation|thinkpad|cpu)(?![a-z])|パソコン|"
    r"ノート|デスクトップ|サーバ|ワークステーション",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Stated:
    """The call to run, what was assumed for it, and whether it is about another machine than this one.

    `ram_gb_s`: the bandwidth of the RAM beside a card, in 10^9 bytes/s, None when it was not said.
    """

    call: Call
    notes: tuple[dict[str, str], ...] = ()
    elsewhere: bool = False
    ram_gb_s: float | None = None

    def box(self, own: "Toolbox") -> "Toolbox":
        """Return what the tools work on: without this machine where the question is about another, unknown one."""
        box = own.without_machine() if self.elsewhere else own
        return box if self.ram_gb_s is None else replace(box, ram_gb_s=self.ram_gb_s)


def on_machine(call: Call, question: str, earlier: Sequence[str], catalog: "Catalog") -> Stated:
    """Return the call as `with_machine` does, with notes about a card that is odd or was left open in it.

    Raises UnknownGpu for a card that is not known and has no size.
    """
    from assistant.reader.lexicon import pattern
    from assistant.reader.text import clean

    found = with_machine(call, question, earlier)
    hardware = getattr(found.call.args, "hardware", None)
    if hardware is None:
        of_each = [
            note
            for one in machines(call.asks)
            for note in _rented(one, question) or (*doubts(one, catalog), *_left_open(one, catalog))
        ]
        return replace(found, notes=(*found.notes, *of_each))
    if told := _rented(hardware, question):
        args = {**found.call.arguments(), "hardware": rented(hardware).model_dump(exclude_unset=True)}
        return replace(found, call=found.call.with_arguments(args), notes=(*found.notes, *told))
    in_use = any(pattern("memory_in_use").search(clean(text)) for text in (question, *earlier))
    notes = [
        note
        for one in kinds_of_card(hardware)
        for note in (*doubts(one, catalog, in_use=in_use), *_left_open(one, catalog))
    ]
    return replace(found, notes=(*found.notes, *_apart(call.tool, hardware, catalog), *notes))


def _rented(hardware: Hardware, question: str) -> list[dict[str, str]]:
    """Return what stands in a cloud's machine, as its cloud publishes it; nothing for other hardware.

    Where only its series was named, which one of it was taken is told as well.
    """
    from assistant.reader.text import clean

    machine = cloud_machine(hardware.gpu or "")
    if machine is None:
        return []
    key = "hardware.rented_series" if any(one.series for one in cloud_machines(clean(question))) else "hardware.rented"
    cards = f"{machine.gpus}x {machine.gpu.replace(' 80GB', '')} {machine.vram_gb:g}GB"
    rest = {"ram": f"{machine.ram_gb:g}", "vcpu": machine.vcpu, "date": machine.source.date.isoformat()}
    notes = [both(key, machine=machine.name, cloud=machine.cloud, cards=cards, **rest)]
    count = hardware.gpu_count or 1
    if count not in (1, machine.gpus):  # as many cards as it has are its own
        notes.append(both("hardware.rented_several", machine=machine.name, count=count))
    return notes


def _apart(tool: Tool, hardware: Hardware, catalog: "Catalog") -> list[dict[str, str]]:
    """Return how different cards work together, or which of them is left out: one maker's software drives them.

    Training spreads over cards in its own way, which its answer tells.
    """
    if tool == "finetune_memory" or len(kinds_of_card(hardware)) < 2:
        return []
    machine = stated(hardware, catalog)
    used = chosen_gpus(machine)
    others = [gpu for gpu in machine.gpus if gpu not in used]
    values = {"cards": counted(gpu.name for gpu in used), "others": counted(gpu.name for gpu in others)}
    return [both("hardware.apart" if others else "hardware.together", **values)]


def _left_open(hardware: Hardware, catalog: "Catalog") -> list[dict[str, str]]:
    """Return which memory was taken for a card that is sold with several, nothing when it was said."""
    gpu, sizes = left_open(hardware, catalog)
    if gpu is None:
        return []
    first, *more = (f"{size:g}" for size in sizes)
    return [both("memory_assumed", gpu=gpu.name, first=first, more=" / ".join(more))]


def with_machine(call: Call, question: str, earlier: Sequence[str] = ()) -> Stated:
    """Return the call on the computer that the question names, or one before it whose memory still holds.

    Nothing changes where a card was named. A phone without a size leaves "does it fit" and "for phones" without a
    machine, and other questions with a phone of usual size.
    """
    from assistant.reader.text import clean

    args = call.arguments()
    if call.tool not in (*_TOOLS, "clarify") or (machines(call.asks) and "hardware" not in args):
        return Stated(call)
    hardware: dict[str, Any] = args.get("hardware") or {}
    text = clean(question)
    computer = named_computer(text)
    if computer and computer.memory_gb and not computer.typical and set(hardware) == {"vram_gb"}:
        hardware = {"ram_gb": hardware["vram_gb"]}  # a board, a phone or a Mac has no other memory
    if hardware.get("gpu") or "vram_gb" in hardware or args.get("hosting") == "api":
        return _beside(call, computer) if computer and hardware else Stated(call)
    if computer is None:
        found = _before([text, *map(clean, reversed(earlier))], sized="ram_gb" in hardware)
        if found is None:
            return Stated(call, elsewhere=not hardware and any_hardware(text, earlier))
        computer = found
    if computer.kind == "mac" and "gpu" in hardware:  # "no GPU": an older Mac
        return Stated(call)
    if computer.name == _PHONE and "ram_gb" not in hardware:
        return _on_a_phone(call, args)
    if call.tool == "clarify":
        return _placed(parse_call("recommend", {}), computer, {})
    return _placed(call, computer, hardware)


def _beside(call: Call, computer: Computer) -> Stated:
    """Return the call with the speed of the RAM that a processor or a type of memory named beside a card has."""
    if computer.memory_gb or not computer.bandwidth_gb_s:  # a board or a phone is another machine
        return Stated(call)
    notes = (both("hardware.channels"),) if computer.channels_assumed else ()
    return Stated(call, notes, ram_gb_s=computer.bandwidth_gb_s)


def any_hardware(question: str, earlier: Sequence[str] = ()) -> bool:
    """Tell whether the machine is not to matter, by the latest question that says something about machines."""
    for text in (question, *reversed(earlier)):
        if _ANY.search(text):
            return True
        if _PC.search(text) or named_computer(text) is not None:
            return False
    return False


def _before(texts: Iterable[str], *, sized: bool) -> Computer | None:
    """Return the computer that an earlier question named, if no other kind of machine was named since.

    Where no memory is known by now only a phone may still be meant: it is told without a size.
    """
    for text in texts:
        found = named_computer(text)
        if found is not None:
            return found if sized or found.name == _PHONE else None
        if _PC.search(text) or _ANY.search(text):
            return None
    return None


def _on_a_phone(call: Call, args: dict[str, Any]) -> Stated:
    sizes = both_sizes()
    if call.tool in ("fit", "clarify") or (call.tool == "recommend" and args.get("task", "edge") == "edge"):
        edge = call.tool != "fit"
        return Stated(parse_call("recommend", {**args, "task": "edge"}) if edge else call, (sizes,), elsewhere=True)
    hardware = {"gpu": _PHONE, "ram_gb": PHONE_GB}
    return Stated(_with(call, hardware), (both("hardware.phone", size=f"{PHONE_GB:g}"), sizes))


def both_sizes() -> dict[str, str]:
    """Return in both languages how much of a phone's memory models may take, for usual sizes."""
    held = [gigabytes(_phone_room(size)) for size in _SIZES]
    found = {}
    for language in ("en", "ja"):
        rest = [
            say(language, "hardware.phone_size", size=f"{size:g}", held=one)
            for size, one in zip(_SIZES[1:], held[1:], strict=True)
        ]
        more = ("、" if language == "ja" else ", ").join(rest)
        found[language] = say(language, "hardware.phone_sizes", first=f"{_SIZES[0]:g}", held=held[0], more=more)
    return found


def _phone_room(size_gb: float) -> int:
    from knowledge.catalog import load_catalog

    return room(stated(Hardware(gpu=_PHONE, ram_gb=size_gb), load_catalog())).available


def _placed(call: Call, computer: Computer, hardware: dict[str, Any]) -> Stated:
    notes = []
    if computer.kind == "mac":
        notes.append(both("hardware.mac", computer=computer.name))
    if computer.channels_assumed:
        notes.append(both("hardware.channels"))
    if computer.typical:
        notes.append(both("hardware.typical", size=f"{hardware.get('ram_gb', computer.memory_gb[0]):g}"))
    if computer.taken_as:
        size = f"{hardware.get('ram_gb', computer.memory_gb[0]):g}"
        notes.append(both("hardware.taken_as", computer=computer.name, taken=computer.taken_as, size=size))
    if "ram_gb" not in hardware and len(computer.memory_gb) > 1:
        notes.append(both("hardware.least", computer=computer.name, size=f"{computer.memory_gb[0]:g}"))
    return Stated(_with(call, {**hardware, "gpu": computer.name}), tuple(notes))


def _with(call: Call, hardware: dict[str, Any]) -> Call:
    args = {**call.arguments(), "hardware": hardware}
    if call.tool == "recommend":
        args.setdefault("hosting", "local")
    return call.with_arguments(args)
