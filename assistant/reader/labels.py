"""The compact language that the model emits, its grammar, and what it means.

One sentence is: in a conversation `<c:more>` or `<c:new>` (does the earlier call still hold?) and dropped values
`<d:...>`; the tool; the tool's labels in a fixed order, each optional; then, for every placeholder that the tool can
use, the placeholder and its role. Every word is one token. Digits, names and codes never pass through the model.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import get_args

from assistant.calls import TASKS, TOOLS, Hosting, InfoField, Method, Priority, Tool
from assistant.reader.marking import LIMITS
from assistant.reader.units import Kind, Span

# label group -> its values, in the order in which they are emitted
GROUPS: dict[str, tuple[str, ...]] = {
    "task": TASKS,
    "hosting": get_args(Hosting),
    "commercial_use": ("true",),
    "needs_finetuning": ("true",),
    "variant": ("base", "instruct", "reasoning"),  # other wishes have no phrases to learn from; code reads them
    "priority": get_args(Priority),
    "field": get_args(InfoField),
    "method": get_args(Method),
    "nogpu": ("true",),
}
TOOL_GROUPS: dict[Tool, tuple[str, ...]] = {
    "recommend": ("task", "hosting", "commercial_use", "needs_finetuning", "variant", "priority", "nogpu"),
    "fit": ("nogpu",),
    "max_size": ("nogpu",),
    "compare": ("task", "nogpu"),
    "model_info": ("field",),
    "finetune_memory": ("method", "nogpu"),
    "explain": (),
    "out_of_scope": (),
    "clarify": (),
}
_HARDWARE: dict[Kind, tuple[str, ...]] = {
    "GPU": ("hw", "no"),
    "MAC": ("hw", "no"),
    "GB": ("vram", "ram", "no"),
    "NUM": ("gpus", "no"),
}
_MODEL: dict[Kind, tuple[str, ...]] = {"MOD": ("model", "no"), "REF": ("model", "no"), "PAR": ("model", "no")}
TOOL_ROLES: dict[Tool, dict[Kind, tuple[str, ...]]] = {
    "recommend": _HARDWARE
    | {
        "MOD": ("exclude", "no"),
        "REF": ("exclude", "no"),
        "LAB": ("exclude", "no"),
        "PAR": ("max", "no"),
        "CTX": ("ctx", "no"),
        "LANG": ("lang", "no"),
        "NUM": ("gpus", "count", "no"),
        "LIC": ("lic", "no"),
        "USD": ("price", "no"),
    },
    "fit": _HARDWARE
    | _MODEL
    | {"CTX": ("ctx", "no"), "QNT": ("quant", "no"), "KV": ("kv", "no"), "NUM": ("gpus", "users", "no")},
    "max_size": _HARDWARE | {"CTX": ("ctx", "no"), "QNT": ("quant", "no")},
    "compare": _HARDWARE | _MODEL,
    "model_info": _MODEL,
    "finetune_memory": _HARDWARE | _MODEL,
    "explain": {},
    "out_of_scope": {},
    "clarify": {},
}
# What is always meant where it is the only one of its kind in a question: of the training phrases at most one in fifty
# names memory, a quantisation, ... of its own machine or model in passing.
_ALWAYS_MEANT: dict[Tool, tuple[Kind, ...]] = {
    "recommend": ("GB", "PAR", "LIC"),
    "fit": ("GB", "CTX", "QNT", "KV"),
    "max_size": ("GB", "CTX", "QNT"),
    "finetune_memory": ("GB",),
}
DROPPABLE = (
    "task",
    "hardware",
    "hosting",
    "context_tokens",
    "languages",
    "commercial_use",
    "licences",
    "exclude",
    "needs_finetuning",
    "variant",
    "priority",
    "max_params_b",
    "max_price",
    "count",
    "quant",
    "users",
)
_ROLES = tuple(dict.fromkeys(role for kinds in TOOL_ROLES.values() for roles in kinds.values() for role in roles))

PLACEHOLDERS = tuple(f"<{kind}{n}>" for kind, limit in LIMITS.items() for n in range(1, limit + 1))
PREVIOUS = tuple(f"<p:{tool}>" for tool in TOOLS)  # stands before the question in a conversation
EMITTED = (
    "<c:more>",
    "<c:new>",
    *(f"<d:{name}>" for name in DROPPABLE),
    *(f"<t:{tool}>" for tool in TOOLS),
    *(f"<{group}:{value}>" for group, values in GROUPS.items() for value in values),
    *(f"<r:{role}>" for role in _ROLES),
)
SYMBOLS = (*PLACEHOLDERS, *PREVIOUS, *EMITTED)


@dataclass(frozen=True)
class Labels:
    """What the model (or a person who labels) says about one question; `roles` in placeholder order."""

    tool: Tool
    values: dict[str, str] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)  # "GPU1" -> "hw"
    more: bool | None = None  # in a conversation: does the earlier call still hold?
    dropped: tuple[str, ...] = ()


def kind_of(placeholder: str) -> Kind:
    """Return the kind of a placeholder name such as "GPU1"."""
    return placeholder.rstrip("0123456789")  # type: ignore[return-value]


_NO_ROLE = {("GB", "disk"), ("USD", "month"), ("USD", "once"), ("USD", "least")}


def roles_for(tool: Tool, placeholder: str, span: Span) -> tuple[str, ...]:
    """Return the roles that a placeholder may take for a tool; what its surroundings exclude is left out."""
    roles = TOOL_ROLES[tool].get(kind_of(placeholder), ())
    if span.kind == "NUM":
        roles = tuple(role for role in roles if role in (span.hint, "no"))
        return roles if len(roles) > 1 else ()
    if (span.kind, span.hint) in _NO_ROLE or (span.hint == "least" and "max" in roles):
        return ("no",)
    return roles


def choices(
    tool: Tool, placeholders: Sequence[tuple[str, Span]], *, conversation: bool = False
) -> dict[str, tuple[str, ...]]:
    """Return the roles to choose from by placeholder: "no" is none of them for what is always meant."""
    free = [span for name, span in placeholders if len(roles_for(tool, name, span)) > 1]
    alike = Counter(said for span in free for said in {(span.kind, span.hint), (span.kind, "")})
    out: dict[str, tuple[str, ...]] = {}
    for name, span in placeholders:
        roles = roles_for(tool, name, span)
        counts = span.kind == "NUM" and span.value != 1 and (span.hint == "users" or conversation)
        if len(roles) > 1 and alike[span.kind, span.hint] == 1 and (counts or span.kind in _ALWAYS_MEANT.get(tool, ())):
            roles = tuple(role for role in roles if role != "no")
        if roles:
            out[name] = roles
    return out


def encode(labels: Labels, placeholders: Sequence[tuple[str, Span]]) -> list[str]:
    """Return the sentence for labels; placeholders without a role get `<r:no>`."""
    out: list[str] = []
    if labels.more is not None:
        out.append("<c:more>" if labels.more else "<c:new>")
        out.extend(f"<d:{name}>" for name in DROPPABLE if name in labels.dropped)
    out.append(f"<t:{labels.tool}>")
    out.extend(f"<{group}:{labels.values[group]}>" for group in TOOL_GROUPS[labels.tool] if group in labels.values)
    for name, span in placeholders:
        allowed = roles_for(labels.tool, name, span)
        if allowed:
            role = labels.roles.get(name, "no")
            out += [f"<{name}>", f"<r:{role if role in allowed else 'no'}>"]
    return out


def decode(symbols: Sequence[str]) -> Labels:
    """Return the labels of a sentence. Raises ValueError when it is not one."""
    tool: Tool | None = None
    values: dict[str, str] = {}
    roles: dict[str, str] = {}
    more: bool | None = None
    dropped: list[str] = []
    waiting: str | None = None
    for symbol in symbols:
        group, _, value = symbol.strip("<>").partition(":")
        if not value:
            waiting = group
        elif group == "c":
            more = value == "more"
        elif group == "d":
            dropped.append(value)
        elif group == "t" and value in TOOLS:
            tool = next(one for one in TOOLS if one == value)
        elif group == "r" and waiting:
            roles[waiting], waiting = value, None
        elif group in GROUPS and value in GROUPS[group]:
            values[group] = value
        else:
            raise ValueError(f"unexpected {symbol!r}")
    if tool is None:
        raise ValueError("no tool")
    return Labels(tool, values, roles, more, tuple(dropped))


def grammar(placeholders: Sequence[tuple[str, Span]], *, conversation: bool = False, only: Tool | None = None) -> str:
    """Return the GBNF of every sentence about this question: only its own placeholders, only roles that make sense.

    With `only`, sentences of that tool alone.
    """
    rules = []
    tools = (only,) if only else TOOLS
    for tool in tools:
        parts = [f'"<t:{tool}>"']
        for group in TOOL_GROUPS[tool]:
            parts.append("(" + " | ".join(f'"<{group}:{value}>"' for value in GROUPS[group]) + ")?")
        for name, allowed in choices(tool, placeholders, conversation=conversation).items():
            parts.append(f'"<{name}>" (' + " | ".join(f'"<r:{role}>"' for role in allowed) + ")")
        rules.append(f"{tool.replace('_', '-')} ::= " + " ".join(parts))
    choice = " | ".join(tool.replace("_", "-") for tool in tools)
    start = "root ::= tool"
    if conversation:
        drops = " ".join(f'("<d:{name}>")?' for name in DROPPABLE)
        start = f'root ::= (("<c:more>" {drops}) | "<c:new>") tool'
    return "\n".join([start, f"tool ::= {choice}", *rules])
