"""Variants of a marked question that keep its meaning: typos, particles, kana, punctuation, filler around it."""

import random
import re

_PLACE = re.compile(r"(<[A-Z]+\d+>)")
_KANA_WORD = re.compile("[\u30a1-\u30fa\u30fc]{2,}")


def vary(text: str, rng: random.Random, filler: dict[str, list[str]]) -> str:
    """Return a variant of a marked question; the placeholders stay as they are, in their order."""
    japanese = bool(re.search("[\u3041-\u30fa\u4e00-\u9fff]", text))
    pieces = _PLACE.split(text)
    rate = rng.choice((0.0, 0.0, 0.0, 0.02, 0.05))
    if rate:
        pieces = [piece if _PLACE.fullmatch(piece) else _noise(piece, rng, rate, japanese) for piece in pieces]
    text = "".join(pieces)
    roll = rng.random()
    if roll < 0.12:
        text = re.sub(r"[?？。.!！]+$", "", text)
    elif roll < 0.2:
        text = re.sub(r"[?？。.!！]*$", rng.choice(("?", "？", "。", "??", "...", "!", "…", "w", "。。。")), text)
    elif roll < 0.25:
        text = text.replace("、", " ").replace(", ", " ")
    elif roll < 0.3 and japanese:
        text = _PLACE.sub(r" \1 ", text)
    elif roll < 0.34 and japanese:
        text = text.replace(" ", "")
    if rng.random() < 0.15:
        extra = rng.choice(filler["ja" if japanese else "en"]).casefold()
        text = f"{extra} {text}" if rng.random() < 0.6 else f"{text} {extra}"
    return re.sub(r"\s+", " ", text).strip()


def _noise(piece: str, rng: random.Random, rate: float, japanese: bool) -> str:
    out = []
    chars = list(piece)
    index = 0
    while index < len(chars):
        char = chars[index]
        if rng.random() < rate:
            if char.isascii() and char.isalpha():
                choice = rng.randrange(4)
                if choice == 0 and index + 1 < len(chars):  # swap
                    out += [chars[index + 1], char]
                    index += 2
                    continue
                if choice == 1:  # drop
                    index += 1
                    continue
                if choice == 2:  # double
                    out.append(char)
                else:
                    char = rng.choice("abcdefghijklmnopqrstuvwxyz")
            elif char in "はがをでのにも" and rng.random() < 0.7:
                index += 1
                continue
        out.append(char)
        index += 1
    text = "".join(out)
    if japanese and rng.random() < 0.1:
        text = _KANA_WORD.sub(lambda word: word[0] if rng.random() < 0.5 else _to_hiragana(word[0]), text)
    return text


def _to_hiragana(word: str) -> str:
    return "".join(chr(ord(char) - 0x60) if "\u30a1" <= char <= "\u30f6" else char for char in word)
