"""Each alternative says what it is better at and what it costs; one with nothing in its favour is not listed."""

import pytest

from assistant.writer.alternatives import instead


def pick(name, score=80.0, mib=None, rate=None, **other):
    fit = None if mib is None else {"total_mib": mib, "tokens_per_second": rate and {"mid": rate}}
    base = {
        "id": name, "model": name, "quant": None, "score": score, "fit": fit, "context_tokens": 32_768,
        "commercial_use": "yes", "unproven": [], "measured": ["a test"], "parts": {"scores": [1]},
        "usd_per_month": None,
    }  # fmt: skip
    return base | other


FIRST = pick("First", mib=8_192.0, rate=20.0)


@pytest.mark.parametrize(
    ("other", "en", "ja"),
    [
        (
            pick("B", 73.0, mib=4_096.0, rate=40.0),
            "B [2]: takes 4.0 GiB less memory, 2.0 times as fast; but ability 7 lower",
            "B [2]: メモリが 4.0 GiB 少なくて済む、2.0 倍速い。ただし、実力は 7 低い",
        ),
        (
            pick("C", 90.0, mib=12_288.0, rate=5.0),
            "C [2]: ability 10 higher; but takes 4.0 GiB more memory, 4.0 times slower",
            "C [2]: 実力は 10 高い。ただし、メモリが 4.0 GiB 多く必要、4.0 倍遅い",
        ),
        (pick("D", 85.0, mib=8_200.0, rate=21.0), "D [2]: ability 5 higher", "D [2]: 実力は 5 高い"),
        (pick("E", 70.0, mib=8_192.0, rate=20.0), "", ""),  # weaker and nothing else
        (pick("F", 80.0, mib=9_216.0, rate=20.0), "", ""),  # as able, but larger
        (pick("G", 80.0, mib=8_192.0, rate=10.0, measured=[], parts={"scores": []}), "", ""),
        (
            pick("H", 80.0, mib=8_192.0, rate=30.0, commercial_use="no", context_tokens=8_192),
            "H [2]: equal ability within the noise, 1.5 times as fast; but a shorter context (8,192 tokens), "
            "no commercial use",
            "H [2]: 実力は誤差の範囲で同じ、1.5 倍速い。ただし、コンテキストが短い（8,192 トークン）、商用不可",
        ),
        (
            pick("I", 84.0, usd_per_month=3.0),
            "I [2]: ability 4 higher, takes no memory of yours (through an API)",
            "I [2]: 実力は 4 高い、API なので手元のメモリを使わない",
        ),
    ],
)
def test_both_sides_are_told(other, en, ja):
    assert instead(FIRST, other, 2, [], "en") == en
    assert instead(FIRST, other, 2, [], "ja") == ja


def test_between_two_apis_the_month_counts():
    dear, cheap = pick("Dear", 90.0, usd_per_month=100.0), pick("Cheap", 88.0, usd_per_month=10.0)
    assert instead(dear, cheap, 2, [], "en") == "Cheap [2]: about $10 a month instead of $100; but ability 2 lower"
    assert instead(cheap, dear, 3, [], "en") == "Dear [3]: ability 2 higher; but about $100 a month instead of $10"


def test_freer_terms_speak_for_a_model():
    bound = pick("Bound", 80.0, mib=8_192.0, rate=20.0, commercial_use="conditional")
    assert "commercial use allowed" in instead(bound, FIRST | {"score": 75.0}, 2, [], "en").split("; but")[0]


def test_as_many_as_were_asked_for_are_listed():
    weaker = pick("E", 70.0, mib=8_192.0, rate=20.0)
    assert instead(FIRST, weaker, 2, [], "en", wished=True) == "E [2]: nothing in its favour; ability 10 lower"
