import pytest

from assistant.errors import DocumentError
from index.encodings import declared_in_markup, decode
from index.plausible import plausibility

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


# Short texts of the kinds that people keep in old files: forms, addresses, prices, signs, rows of a table.
SHORT = [
    "品名:ﾎﾞﾙﾄ", "〒100 ﾄｳｷｮｳﾄ", "ｺｰﾄﾞ,品名\nA01,ﾎﾞﾙﾄ M8\n", "ABC ｶﾌﾞｼｷｶﾞｲｼｬ 御中\n", "振込:ﾌﾘｺﾐ", "ﾊﾟｿｺﾝ 2台",
    "ﾃｽﾄ", "瑕疵担保", "薔薇 鬱 檸檬", "齟齬", "躊躇", "斎藤由紀子", "渡邊 誠",
    "東京都港区虎ノ門一丁目", "在庫一覧\n", "会社", "議長", "α=0.05, β=1.2, μm", "○×△□★☆●◎", "20℃", "√2", "1,980円",
    "（笑）", "氏名,年齢\n山田太郎,35\n", "1月", "iOS版とMac版",
]  # fmt: skip


@pytest.mark.parametrize("encoding", ["cp932", "euc_jp"])
@pytest.mark.parametrize("text", SHORT)
def test_short_japanese_is_not_taken_for_another_language(text, encoding):
    assert decode(text.encode(encoding)).text == text


@pytest.mark.parametrize("text", ["㈱山田商店 ①②③", "髙橋様 ℡03-1234", "№5", "50㎡"])
def test_characters_of_windows_in_cp932_and_euc(text):
    rows = text.encode("cp932")
    assert decode(rows).text == text
    if "髙" not in text:  # row 13: bytes 87 40.. in cp932 are AD A1.. in EUC-JP
        euc = b"".join(
            bytes((0xAD, one.encode("cp932")[1] + 0x61 - (one.encode("cp932")[1] > 0x7E)))
            if one.encode("cp932")[0] == 0x87
            else one.encode("euc_jp")
            for one in text
        )
        assert decode(euc).text == text


def test_mail_japanese_with_the_characters_of_windows_and_half_width_katakana():
    # Row 13, cells 74 and 1 to 3: ㈱ ①②③; row 92, cell 74: 髙 (row 13 begins at 0x2D, row 92 is 0x7C)
    assert decode(b'\x1b$B-j;3ED\x1b(B \x1b$B-!-"-#\x1b(B').text == "㈱山田 ①②③"
    assert decode(b"\x1b$B|b66\x1b(J 100\x1b(B\n").text == "髙橋 100\n"
    assert decode(b"\x1b(ICEN1\x1b(B\n").text == "ﾃﾅﾎｱ\n"  # 0x43 + 0x80 = 0xC3: ﾃ
    assert decode(b"\x1b$B-!\x1b(B \x0eC=D\x0f!").text == "① ﾃｽﾄ!"


def test_what_iso_2022_jp_does_not_hold_is_counted():
    decoded = decode(b"\x1b$B" + "日本語の文章です。".encode("iso2022_jp")[3:-3] * 3 + b")!-j\x1b(B")
    assert decoded.replaced == 1 and decoded.text.endswith("。\ufffd㈱")


@pytest.mark.parametrize("text", ["ﾒﾓﾘ 16GB", "ﾆｭｰｽ", "ﾁｪｯｸﾘｽﾄ"])
def test_half_width_katakana_of_euc_jp_has_its_prefix(text):
    assert decode(text.encode("euc_jp")).text == text


def test_half_width_katakana_alone_stays_ambiguous_and_known():
    # cp932 bytes B6 C0 B6 C5 are also the EUC-JP text 鏡凝: nothing in the bytes can tell
    assert decode("ｶﾀｶﾅ".encode("cp932")).encoding in ("euc_jp", "cp932")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    "text", ["在庫一覧\n", "在庫一覧", "東京都港区虎ノ門一丁目\n", "ソフト", "量子化", "Größe\n", "です。"]
)
def test_utf16_without_mark_or_ascii(text, encoding):
    assert decode(text.encode(encoding)).text == text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark(encoding):
    assert decode("モデル一覧\nllama\n".encode(encoding)).text == "モデル一覧\nllama\n"


WESTERN = [
    "naïve café résumé", "Größe der Straße", "El niño está aquí", "Copyright © 2024 Acme Corp. All rights reserved.",
    "Preis: 5 €", "Café", "résumé", "Zürich", "Größe", "name,city\nJörg,Köln", "École", "Übung", "à la carte",
    "It’s fine", "“Hello”", "don’t", "1990–2000", "20 °C", "10 m²", "¡Olé!", "¿Dónde está?", "São Paulo", "København",
    "Nº 5", "½ cup", "£10.50", "L’Oréal", "id;prénom\n1;Zoé\n", "GRÖSSE", "Foo™ bar", "Häagen-Dazs", "Curaçao",
]  # fmt: skip


@pytest.mark.parametrize("text", WESTERN)
def test_western_text_is_not_read_as_japanese(text):
    assert decode(text.encode("cp1252")).text == text


LONGER = {
    "cp949": "이 문서는 모델을 선택하는 방법을 설명합니다. 메모리가 부족하면 양자화를 사용하십시오.",
    "gb18030": "今天天气很好，我们一起去公园散步，然后在附近的饭店吃了午饭。",
    "big5": "今天天氣很好，我們一起去公園散步，然後在附近的餐廳吃了午飯。",
    "cp1251": "Все люди рождаются свободными и равными в своем достоинстве и правах.",
    "cp1250": "Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw.",
}


@pytest.mark.parametrize(("encoding", "text"), LONGER.items())
def test_other_languages_need_a_sentence_or_two(encoding, text):
    assert decode(text.encode(encoding)).text == text
    assert decode(text.encode("utf-16-le")).text == text


@pytest.mark.parametrize(
    ("head", "name", "text"),
    [
        (b"<html><meta charset=euc-kr>", "euc-kr", "모델"),
        (b'<meta http-equiv="Content-Type" content="text/html; charset=Shift_JIS">', "cp932", "ﾄｱ"),
        (b'<?xml version="1.0" encoding="EUC-JP"?>', "euc_jp", "亜"),
        (b"<meta charset='gb2312'>", "gb18030", "模型"),
    ],
)
def test_what_a_page_declares_is_believed(head, name, text):
    data = head + text.encode(name)
    assert decode(data, declared_in_markup(data)).text == head.decode() + text


def test_a_declaration_that_the_bytes_contradict_is_not_believed():
    assert decode("量子化".encode(), "iso-8859-1").text == "量子化"
    assert decode("量子化です".encode("cp932"), "utf-8").text == "量子化です"
    assert decode(b"plain", "utf-16").text == decode(b"plain", "no-such-name").text == "plain"
    assert declared_in_markup(b"<p>charset</p>") is None


@pytest.mark.parametrize("data", [b"a,b\n\0,2\n", b"text\0text", b"id,name\n1,\0\0\n"])
def test_a_stray_nul_does_not_make_utf16(data):
    with pytest.raises(DocumentError, match="not a text file"):
        decode(data)


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
    assert plausibility("Größe") == plausibility("plain") == 1.0 > 0 > plausibility("©ﾀ")
