import pytest

from assistant.small_talk import small_talk


@pytest.mark.parametrize(
    "message",
    [
        "lol", "Hahaha, good one!", "hello there", "ok cool", "never mind...", "how old are you?", "Who made you", "hm",
        "What's your name?", "do you like trains", "tell me a joke about ducks", "I'm so tired today", "oh",
        "Happy birthday!", "what is the weather", "What time is it now?", "is it raining in London?", "🙂", "???",
        "笑", "なるほどね", "うん、わかった", "すごいですね！", "君の名前は？", "好きな色は何ですか", "暇だな〜",
        "おなかすいた", "今日の天気は？", "今何時ですか", "誕生日おめでとうございます", "何か面白い話して",
        "あああああ",
    ],
)  # fmt: skip
def test_small_talk_is_told(message):
    assert small_talk(message)


@pytest.mark.parametrize(
    "message",
    [
        "What is your cancellation fee?", "How old must children be?", "Do you insure scooters?", "is it allowed",
        "what time does the pool open", "good conduct", "testing the alarm", "what happens in bad weather", "notice",
        "雨の日はどこに集まる？", "名前の変更届", "草刈りの当番", "好きな席を選べますか", "何時に閉まりますか",
        "本当の住所を書く必要は", "天気が悪いときの連絡先", "おめでとう会の会費", "", " ",
    ],
)  # fmt: skip
def test_questions_that_a_document_may_answer_are_none(message):
    assert not small_talk(message)


def test_a_long_row_of_the_same_letters_takes_no_time_to_refuse():
    assert not small_talk("あ" * 50 + "ぬ") and small_talk("あ" * 60) and not small_talk("あ" * 61)
