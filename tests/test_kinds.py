import pytest

from index.kinds import asks_among, kind_asked, lacks_kind


@pytest.mark.parametrize(
    "question, kind",
    [
        ("How much do teenagers pay?", "money"), ("What does a locker cost", "money"), ("parking fee", "money"),
        ("入場料はいくらですか", "money"), ("貸ボートの料金は？", "money"),
        ("What time does the sauna open?", "clock"), ("何時に閉まる？", "clock"),
        ("By when must I cancel?", "time"), ("届け出はいつまで", "time"), ("how long is the warranty", "time"),
        ("何人まで乗れますか", "count"), ("How tall must a rider be?", "count"), ("How much flour goes in?", "count"),
        ("Where do we park?", "place"), ("集合場所は", "place"), ("phone number of the hut", "phone"),
        ("料金は誰に払う？", "person_or_way"), ("How do I pay the fee?", "person_or_way"),
        ("異音がしたらどこに電話する？", "contact"), ("where do I report a leak", "contact"),
        ("whom should we tell about wasps", "contact"), ("Who can drive?", "person_or_way"),
        ("Are dogs allowed?", None), ("犬を連れて行ける？", None), ("いくらでも食べていいの", None),
    ],
)  # fmt: skip
def test_the_kind_of_answer_that_is_asked_for(question, kind):
    assert kind_asked(question) == kind


@pytest.mark.parametrize(
    "question, text",
    [
        ("How much is a day ticket?", "Day tickets are sold at the gate."),
        ("駐車場の料金は", "駐車場は北側にあり、二十台まで停められます。"),
        ("What time is breakfast?", "Breakfast is served in the garden room."),
        ("電話番号を教えて、内線番号でもいい", "窓口は二階です。"),
        ("Where is the spare key?", "Spare keys cost money."),
        ("whom do I call about the boiler", "The boiler is checked in May; bleed it first."),
        ("雨漏りはどこに連絡しますか", "雨漏りのときはバケツを置く。"),
        ("棚卸しは何時から", "棚卸しは全員で行います。"),
        ("絵本は何冊ありますか", "百科事典は受け取れません。"),
    ],
)
def test_a_text_without_such_a_thing_lacks_it(question, text):
    assert lacks_kind(question, [text]) == [True]


@pytest.mark.parametrize(
    "question, text",
    [
        ("How much is a day ticket?", "A day ticket is £12."),
        ("駐車場の料金は", "駐車場は一日八百円です。"),
        ("会費はいくら", "会費 | 3000"),
        ("how much is the lamp", "name: lamp\nprice_eur: 40"),
        ("How much cover is needed?", "cover of at least 2 million euros"),
        ("What is the fee?", "CHF 35 a day"),
        ("雨漏りはどこに連絡しますか", "雨漏りは管理人の三浦さんへ。"),
        ("whom do I tell", "Ring 555 0188."),
        ("What time is breakfast?", "Breakfast from seven to ten."),
        ("Is breakfast included?", "Breakfast is served in the garden room."),
        ("Who pays the fee?", "The firm does."),
        ("何冊まで借りられる？", "本は一人五冊までです。"),
        ("いつ返せばいい", "使い終わったらすぐ棚へ。"),
    ],
)
def test_any_such_thing_will_do_and_other_questions_lack_nothing(question, text):
    assert lacks_kind(question, [text]) == [False]


@pytest.mark.parametrize(
    "question",
    [
        "Which hut is the cheapest?",
        "一番高い山は",
        "which is faster, the ferry or the bus",
        "どちらが安い？",
        "最速の便",
    ],
)
def test_a_question_to_choose_among_several(question):
    assert asks_among(question)


@pytest.mark.parametrize(
    "question",
    [
        "How many at most?",
        "is the pool no longer open",
        "最大何人まで",
        "窓口はどちらですか？",
        "can I have it faster?",
    ],
)
def test_a_question_for_one_thing(question):
    assert not asks_among(question)
