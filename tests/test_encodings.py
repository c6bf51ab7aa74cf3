import pytest

from assistant.errors import DocumentError
from index.encodings import decode, plausibility

# Samples after libraries.md section 3: short Japanese that charset detectors misread, and longer text.
SAMPLES = [
    "量子化",
    "量子化モデルの選び方とVRAM",
    "日本語",
    "モデル",
    "設定ファイル（cp932）",
    "要件定義書\n1. はじめに\n",
    "2024年\t売上",
]
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "cp932", "euc_jp", "iso2022_jp"]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("text", SAMPLES)
def test_japanese_comes_back_in_every_encoding(text, encoding):
    decoded = decode(text.encode(encoding))
    assert (decoded.text, decoded.replaced) == (text, 0)


@pytest.mark.parametrize("encoding", ["utf-8", "cp932", "euc_jp"])
def test_half_width_katakana_beside_latin(encoding):
    assert decode("ｶﾀｶﾅとVRAM".encode(encoding)).text == "ｶﾀｶﾅとVRAM"


def test_half_width_katakana_alone_stays_ambiguous_and_known():
    # cp932 bytes B6 C0 B6 C5 are also the EUC-JP text 鏡凝: nothing in the bytes can tell
    assert decode("ｶﾀｶﾅ".encode("cp932")).encoding in ("euc_jp", "cp932")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark(encoding):
    assert decode("モデル一覧\nllama\n".encode(encoding)).text == "モデル一覧\nllama\n"


@pytest.mark.parametrize("text", ["naïve café résumé", "Größe der Straße", "El niño está aquí"])
def test_western_text_is_not_read_as_japanese(text):
    assert decode(text.encode("cp1252")).text == text


def test_replaced_characters_are_counted():
    broken = "量子化すると小さくなります。".encode() * 20 + b"\xff" + "終わり".encode()
    decoded = decode(broken)
    assert decoded.encoding == "utf-8" and decoded.replaced == 1 and decoded.text.endswith("終わり")


@pytest.mark.parametrize("data", [b"\x00\x01\x02\x03" * 50, b"\x89PNG\r\n\x1a\n\x00\x00", bytes(range(1, 32)) * 20])
def test_binary_is_refused(data):
    with pytest.raises(DocumentError, match="not a text file"):
        decode(data)


def test_empty_is_text():
    assert decode(b"").text == ""


def test_plausibility_prefers_kana_to_private_use():
    assert plausibility("これは文章です") > 0.9 > 0 > plausibility("\ue000\ue001\ue002")
