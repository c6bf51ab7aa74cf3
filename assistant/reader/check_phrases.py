"""Check the training phrases: `python -m assistant.reader.check_phrases` prints counts, or the lines that break a rule.

A line of `phrases/<lang>_<writer>.jsonl` is `{"text", "tool", "args", "writer"}`; a line of
`phrases/dialogs_<lang>.jsonl` is `{"turns": [{"text", "tool", "args"}, ...], "writer"}` with the merged arguments after
each turn. What a machine can check of the label policy is checked here: the call is valid, a labelled number was said,
"no GPU" was said, own hardware makes a recommendation local, tools without arguments have none, nothing is there twice.
"""

import json
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.calls import parse_call
from assistant.errors import BadArguments
from knowledge.gpu_table import load_gpus

FOLDER = Path(__file__).parent / "phrases"
LANGUAGES = ("ja", "en")

_GPU_WORD = re.compile(
    r"gpu|graphic|video card|accelerator|\bcards?\b|cuda|nvidia|geforce|radeon|cpu|processor|"
    r"グラボ|グラフィ|ビデオカード|アクセラレ|内蔵|オンボ"
)
_ABSENCE = re.compile(
    r"\b(no|not|without|none|nothing|non|nor|never|zero|only|just|alone|minus|sans|nope|nada|w/o|lacks?|lacking|"
    r"integrated|onboard|nashi|cannot|missing|(do|does|is|has|have|ai)n.?t)\b|n't|less\b|-free|cpu|processor|"
    r"な[いくしか]|無|ませ|せん|非|未|ゼロ|レス|ねえ|へん|ずに|ぬ|抜き|のみ|だけ|オンリー|内蔵|オンボ|統合"
)
_API = re.compile(
    r"api|cloud|hosted|service|token|mtok|online|as you go|pay per|saas|azure|aws|bedrock|openrouter|vendor|provider|"
    r"(someone|somebody) else|(run|host|own|maintain|keep) (it|any|noth|no )|"
    r"クラウド|サービス|トークン|従量|課金|オンライン|ホスト",
    re.IGNORECASE,
)
_TEENS_AND_BELOW = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen twenty"""
_ENGLISH = {word: n for n, word in enumerate(_TEENS_AND_BELOW.split())} | {
    word: n
    for n, words in {
        1: "a an single once just first",
        2: "dual pair couple both twin another double second",
        3: "triple trio third",
        4: "quad fourth",
        12: "dozen",
        24: "twenty-four",
        30: "thirty",
        32: "thirty-two",
        40: "forty",
        48: "forty-eight",
        50: "fifty",
        64: "sixty-four",
        70: "seventy",
        80: "eighty",
        96: "ninety-six",
        100: "hundred",
    }.items()
    for word in words.split()
}
_KANJI = {char: n for n, char in enumerate("〇一二三四五六七八九")}
_UNITS = {
    **dict.fromkeys(("k", "千", "thousand"), 1e3),
    "万": 1e4,
    **dict.fromkeys(("m", "百万", "million"), 1e6),
    **dict.fromkeys(("tb", "t", "テラ"), 1024.0),
}
_WORDED = {"もう一": 2, "ふた": 2, "みっつ": 3, "よっつ": 4, "いつつ": 5, "ひとつ": 1, "半": 0.5, "half": 0.5}
_CODE_LIST = """ja en zh ko de fr es it pt ru ar hi th vi id ms tl nl sv fi no da pl tr uk cs sk hu ro bg el he fa ur bn
    ta te ne so sw my km lo mn ain yue hr sr sl et lv lt ca eu gl is ga cy mt sq mk hy ka az kk uz si ml mr gu
    pa kn am yo ig ha zu af la eo jv su ceb fil mi haw ps ku bo ug tg ky nb sa br lb"""
_CODES = frozenset(_CODE_LIST.split())


@dataclass(frozen=True)
class Phrase:
    """One labelled question; `said` is all text it may draw on (in a dialog, the earlier turns too)."""

    place: str
    language: str
    writer: str
    text: str
    said: str
    tool: str
    args: dict[str, Any]
    dialog: bool


def kanji_number(text: str) -> int:
    """Return the value of a run of kanji digits below ten thousand: 十六 is 16, 二百五十六 is 256, 三二 is 32."""
    if not any(char in "十百千" for char in text):
        return int("".join(str(_KANJI[char]) for char in text))
    total, digit = 0, 0
    for char in text:
        if char in _KANJI:
            digit = _KANJI[char]
        else:
            total += (digit or 1) * {"十": 10, "百": 100, "千": 1000}[char]
            digit = 0
    return total + digit


def numbers(text: str) -> set[float]:
    """Return every number the text can be said to name: digits, kanji and words, with and without their unit."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    folded = re.sub(r"(?<=\d),(?=\d{3})", "", folded)
    folded = re.sub(r"(?<=\d)o|o(?=\d)", "0", folded)
    found: set[float] = set()
    for digits, unit in re.findall(r"(\d+(?:\.\d+)?)[ -]?(k|千|万|百万|million|thousand|m|tb|t|テラ)?", folded):
        found.add(float(digits))
        if unit:
            found.add(float(digits) * _UNITS[unit])
    for run, unit in re.findall(r"([〇一二三四五六七八九十百千]+)(万|テラ)?", folded):
        value = float(kanji_number(run))
        found |= {value, value * _UNITS.get(unit, 1.0)}
    for word, unit in re.findall(r"(?=\b([a-z]+(?:-[a-z]+)?|[a-z]+)\b)[a-z]+ ?(million|thousand|tb\b)?", folded):
        for part in {word, word.split("-")[0]} & _ENGLISH.keys():
            found |= {float(_ENGLISH[part]), _ENGLISH[part] * _UNITS.get(unit, 1.0)}
    found |= {float(n) for word, n in _WORDED.items() if word in folded}
    return found


def read_phrases(folder: Path = FOLDER) -> Iterator[Phrase]:
    """Yield every labelled question under `folder`, dialogs turn by turn. Raises ValueError on malformed lines."""
    for path in sorted(folder.glob("*.jsonl")):
        dialog = path.stem.startswith("dialogs_")
        language = path.stem.split("_")[1 if dialog else 0]
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            place = f"{path.name}:{number}"
            try:
                row = json.loads(line)
                turns = row["turns"] if dialog else [row]
                said = ""
                for turn in turns:
                    said = f"{said}\n{turn['text']}".strip()
                    yield Phrase(place, language, row["writer"], turn["text"], said, turn["tool"], turn["args"], dialog)
            except (KeyError, TypeError, json.JSONDecodeError) as error:
                raise ValueError(f"{place}: {error!r}") from None


def problems_of(phrase: Phrase) -> list[str]:
    """Return what is wrong with one labelled question, in words; empty when nothing is."""
    try:
        parse_call(phrase.tool, phrase.args)
    except BadArguments as error:
        return [str(error)]
    found = []
    if not phrase.text.strip() or phrase.language not in LANGUAGES or not phrase.writer:
        found.append("empty text, unknown language or no writer")
    if phrase.tool in ("explain", "out_of_scope", "clarify") and phrase.args:
        found.append(f"{phrase.tool} takes no arguments here")
    if phrase.tool in ("fit", "model_info", "finetune_memory") and not phrase.args.get("model"):
        found.append(f"{phrase.tool} needs a model")
    if phrase.tool == "compare" and len(phrase.args.get("models", ())) < 2:
        found.append("compare needs two models")
    if phrase.tool == "max_size" and not phrase.args.get("hardware"):
        found.append("max_size needs hardware")
    return found + _unsaid_numbers(phrase) + _broken_policy(phrase)


def _unsaid_numbers(phrase: Phrase) -> list[str]:
    """Name the labelled numbers that the text does not contain."""
    args, hardware = phrase.args, phrase.args.get("hardware") or {}
    wanted: dict[str, float] = {
        name: float(args[name])
        for name in ("context_tokens", "users", "max_params_b", "max_price", "count")
        if args.get(name) is not None
    }
    wanted |= {
        name: float(hardware[name]) for name in ("gpu_count", "vram_gb", "ram_gb") if hardware.get(name) is not None
    }
    names = [args["model"]] if args.get("model") else list(args.get("models", ()))
    for name in names:
        for size in re.findall(r"(?<![\w.])(\d+(?:\.\d+)?)B\b", name):
            wanted[f"size in {name}"] = float(size)
    if digits := re.search(r"\d+", args.get("quant", "")):
        wanted["quant"] = float(digits.group())
    said = numbers(phrase.said)
    return [f"{name} {value:g} was not said" for name, value in wanted.items() if value not in said]


def _says_no_gpu(text: str) -> bool:
    """Return whether the text speaks of a graphics card (or of the CPU) and of something missing."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return bool(_GPU_WORD.search(folded) and _ABSENCE.search(folded))


def _broken_policy(phrase: Phrase) -> list[str]:
    """Name the rules of the label policy that a label breaks, as far as a machine can tell."""
    found = []
    hardware = phrase.args.get("hardware")
    if hardware == {}:
        found.append("empty hardware")
    if hardware and "gpu" in hardware and hardware["gpu"] is None and not _says_no_gpu(phrase.said):
        found.append("gpu null without saying so")
    if hardware and hardware.get("gpu_count") == 1:
        found.append("gpu_count is given only above 1")
    if phrase.tool == "recommend" and hardware and phrase.args.get("hosting") is None:
        found.append("own hardware without hosting")
    if phrase.args.get("hosting") == "api" and not _API.search(phrase.said):
        found.append("hosting api without saying so")
    if hardware and hardware.get("gpu") and hardware["gpu"] not in load_gpus():
        found.append(f"{hardware['gpu']} is not in the GPU table")
    for code in phrase.args.get("languages", ()):
        if code not in _CODES:
            found.append(f"language code {code}")
    return found


def duplicates(phrases: list[Phrase]) -> list[str]:
    """Name single questions of one language whose text is the same but for spacing, width and case."""
    seen: dict[tuple[str, str], str] = {}
    found = []
    for phrase in phrases:
        if phrase.dialog:
            continue
        key = phrase.language, re.sub(r"[\s。、.,!?]", "", unicodedata.normalize("NFKC", phrase.text).casefold())
        if key in seen:
            found.append(f"{phrase.place}: same text as {seen[key]}: {phrase.text}")
        seen.setdefault(key, phrase.place)
    return found


def check(folder: Path = FOLDER) -> tuple[list[Phrase], list[str]]:
    """Return every labelled question and every problem found, in file order. Raises ValueError on malformed lines."""
    phrases = list(read_phrases(folder))
    found = [f"{phrase.place}: {problem}: {phrase.text}" for phrase in phrases for problem in problems_of(phrase)]
    return phrases, found + duplicates(phrases)


def report(phrases: list[Phrase]) -> str:
    """Return the counts by language, tool, task and writer as text, one per line."""
    lines = []
    columns: dict[str, Callable[[Phrase], str]] = {
        "tool": lambda phrase: phrase.tool,
        "task": lambda phrase: phrase.args.get("task", "-"),
        "writer": lambda phrase: phrase.writer,
    }
    for title, key in columns.items():
        counts = {
            language: Counter(key(phrase) for phrase in phrases if phrase.language == language)
            for language in LANGUAGES
        }
        names = sorted(set().union(*counts.values()))
        lines.append(f"{title:<24}" + "".join(f"{language:>7}" for language in LANGUAGES))
        lines += [f"  {name:<22}" + "".join(f"{counts[language][name]:>7}" for language in LANGUAGES) for name in names]
    singles = Counter(phrase.language for phrase in phrases if not phrase.dialog)
    dialogs = Counter(language for language, _ in {(p.language, p.place) for p in phrases if p.dialog})
    lines.append(f"{'questions':<24}" + "".join(f"{singles[language]:>7}" for language in LANGUAGES))
    lines.append(f"{'dialogs':<24}" + "".join(f"{dialogs[language]:>7}" for language in LANGUAGES))
    return "\n".join(lines)


def main() -> int:
    """Print the problems and the counts; return 1 when there are problems."""
    phrases, found = check()
    for problem in found:
        sys.stdout.write(problem + "\n")
    sys.stdout.write(report(phrases) + "\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
