import pytest

from assistant.courtesy import courtesy, reply


@pytest.mark.parametrize(
    "message, kind",
    [
        ("どうもありがとうございました！", "thanks"),
        ("助かりました。ありがとう😊", "thanks"),
        ("Perfect, thank you very much.", "thanks"),
        ("cheers mate", "thanks"),
        ("おはようございます", "greeting"),
        ("Good morning, Mekiki!", "greeting"),
        ("hey there", "greeting"),
        ("またね", "parting"),
        ("bye bye", "parting"),
    ],
)
def test_mere_politeness_is_told_from_its_first_words(message, kind):
    assert courtesy(message) == kind


@pytest.mark.parametrize(
    "message",
    [
        "こんにちは。8GBで動くモデルは？",
        "thanks, and Gemma?",
        "hi-fi audio",
        "はい",
        "high",
        "",
        "ありがとうの英訳に強いモデル",
        "？",
    ],
)
def test_anything_more_is_a_question(message):
    assert courtesy(message) is None


def test_the_reply_is_short_says_what_can_be_asked_and_exists_in_both_languages():
    for kind in ("thanks", "greeting", "parting"):
        english, japanese = reply(kind, "en"), reply(kind, "ja")
        assert english.verdict != japanese.verdict and english.next_questions and japanese.next_questions
        assert len(english.text()) < 200
