"""What is quoted of the person's documents: the rows and lines that a question is about, and where they are."""

from functools import partial

from assistant.excerpts import Excerpt
from assistant.excerpts import excerpt as excerpt_of
from index.lexical import shares
from index.synonyms import synonyms
from knowledge.glossary import load_glossary

KNOWN = synonyms(load_glossary())

TABLE = "\n".join(
    [
        "code: K-1 | room: Annex | colour: red",
        "code: K-2 | room: Hall | colour: red",
        "code: K-3 | room: Hall | colour: blue | note: lent",
    ]
)
PARK = (
    "Notes\nThe gates open at seven. Dogs stay on a lead near the pond, where ducks nest. The boat house takes a "
    "deposit of 20 euros. It is paid back on the same day. Cycling is not allowed. Lost property goes to the town hall "
    "on the first Monday of the month. Mrs. Okafor keeps the shelter's key, 3.5 km away."
)
LEAVE = "慶弔のときの休み\n" + "\n".join(
    [
        "転居のときは1日とし、引っ越しの前の日から次の日までのあいだに取る。",
        "父母の介護のときは年に5日とする。",
        "骨髄の提供のときは要する日数とし、入院の日と検査の日をこれに数える。",
        "裁判員に選ばれたときは出頭を求められた日とし、旅費は裁判所から受け取る。",
    ]
)


def excerpt(text: str, place: str, question: str, **more) -> Excerpt:
    return excerpt_of(text, place, partial(shares, question, synonyms=KNOWN), question, **more)


def test_the_rows_that_hold_most_of_the_question_are_a_table_with_their_lines():
    found = excerpt(TABLE, "l. 2", "colour of K-3")
    assert found.text.split("\n") == [
        "| code | room | colour | note |", "| --- | --- | --- | --- |", "| K-3 | Hall | blue | lent |"
    ]  # fmt: skip
    assert found.place == "l. 4"  # the passage begins at line 2 and this is its third row
    both = excerpt(TABLE, "l. 2", "what is in the hall?")
    assert both.text.count("Hall") == 2 and "Annex" not in both.text and both.place == "l. 3-4"


def test_a_question_that_no_row_stands_out_for_gets_them_all():
    found = excerpt(TABLE, "l. 2", "something else")
    assert all(code in found.text for code in ("K-1", "K-2", "K-3")) and found.place == "l. 2-4"


def test_a_place_that_is_no_line_is_kept():
    assert excerpt(TABLE, "sheet 1", "K-2").place == "sheet 1"


def test_of_lines_that_are_about_different_things_the_one_that_answers_is_quoted():
    found = excerpt(LEAVE, "l. 9", "介護で何日休めますか")
    assert found.text.startswith("… 父母の介護のときは年に5日とする。") and "裁判員" not in found.text
    assert found.place == "l. 9"


def test_of_a_long_line_the_sentences_that_answer_are_quoted_with_the_next_in_either_language():
    boat = "… The boat house takes a deposit of 20 euros. It is paid back on the same day. …"
    assert excerpt(PARK, "", "deposit for the boat house").text == boat
    assert excerpt(PARK, "", "ボートを借りるといくら").text == boat
    assert excerpt(PARK, "", "shelter key").text.endswith("Mrs. Okafor keeps the shelter's key, 3.5 km away.")


def test_short_passages_and_those_without_a_telling_line_are_quoted_whole():
    assert excerpt("一行目。\n二行目。", "", "二行目").text == "一行目。\n二行目。"
    assert excerpt("父母の介護のときは年に5日とする。\n" * 4, "", "介護").text.count("介護") == 4
    assert excerpt(LEAVE, "", "天気").text == LEAVE


def test_a_question_is_quoted_with_its_answer():
    pairs = [
        ("How long does the battery last?", "Up to 38 hours, and ten minutes of charging give four more."),
        ("How do I reset them?", "Hold both buttons for twelve seconds.\nPairings are deleted."),
        ("Can the cushions be replaced?", "Yes. Order part AC-517 in our shop, 29 euros a pair, and press it on."),
    ]
    text = "\n\n".join(f"question: {question}\nanswer: {answer}" for question, answer in pairs)
    assert excerpt(text, "", "how are the headphones reset?").text == (
        "… question: How do I reset them?\nanswer: Hold both buttons for twelve seconds.\nPairings are deleted. …"
    )


def test_an_item_is_quoted_with_what_introduces_its_list():
    text = (
        "Opening hours are on the door; on weekdays and on the first Saturday of each month somebody sits here.\n"
        "Nobody may without leave of the desk:\n"
        "- bring a dog into the reading room or leave it alone at the gate,\n- eat at the tables,\n"
        "- lend a ticket to somebody else, whoever that is, or sell it,\n- write in books, not even with a pencil."
    )
    assert excerpt(text, "", "may my dog come into the reading room").text == (
        "… Nobody may without leave of the desk:\n- bring a dog into the reading room or leave it alone at the gate, …"
    )


def test_lines_broken_to_a_width_are_quoted_as_one():
    text = (
        "Seats: thirty, of which four are kept free until noon for those who come by the early\n"
        "ferry. The ferryman rings when he leaves, and again when he is on the far side of it.\n"
        "Dogs wait outside.\n"
        "1. Boots stay at the door,\n"
        "   unless it freezes.\n"
        "2. Whoever is last puts out the lamp.\n"
        "Mon   opened by the warden, who also has the key of the shed beside the landing stage\n"
        "Tue   opened by the ferryman\n"
    )
    assert excerpt(text, "l. 3", "who rings when the ferry leaves?").text == (
        "Seats: thirty, of which four are kept free until noon for those who come by the early ferry. "
        "The ferryman rings when he leaves, and again when he is on the far side of it. …"
    )
    assert excerpt(text, "l. 3", "where do boots stay?").text == "… 1. Boots stay at the door, unless it freezes. …"
    assert excerpt(text, "l. 3", "do dogs wait?").text == "… Dogs wait outside. …"
    assert excerpt(text, "l. 3", "who opens on Tue").text.endswith("… Tue   opened by the ferryman")


def test_a_line_that_holds_little_of_the_question_is_not_put_before_the_others():
    text = "Rides: an outing lasts forty minutes at most.\nHorses: hooves are picked before a horse leaves the yard."
    assert excerpt(text, "l. 1", "how long may I keep the horse for a trial").text == text


def test_rows_with_a_cell_without_a_name_keep_it():
    rows = "East | 2023: 120 | 2024: 150\nWest | 2023: 80 | 2024: 95"
    assert "West" in excerpt(rows, "p. 2", "sales of West in 2024").text


def test_a_row_beside_prose_is_quoted_alone():
    rows = [
        f"unit: N-{n} | place: hall {n} | maker: Takemoto Pumps of Hamamatsu | bought: 2019-0{n}-12" for n in (1, 2, 3)
    ]
    text = "List of pumps and of what drives them\n\n" + "\n".join(rows)
    shown = excerpt(text, "", "where does N-2 stand").text
    assert shown.startswith("…\n\n| unit | place |") and "| N-2 | hall 2 |" in shown
    assert shown.count("N-") == 1 and "List of pumps" not in shown


HERBS = """Sown in trays under glass, unless it says otherwise.

| herb | sown | height |
|---|---|---|
| dill | April | 90 cm |
| sorrel | March | 60 cm |
| chervil | August | 40 cm |
| thyme | May | 20 cm |

Cut them in the morning."""


def test_of_a_markdown_table_the_row_that_answers_is_quoted_below_its_columns():
    tail = "\n\nWhat is left over hangs from the beams of the barn until the first frost."
    found = excerpt(HERBS + tail * 8, "", "chervil")
    assert "| herb | sown | height |\n| --- | --- | --- |\n| chervil | August | 40 cm |" in found.text
    assert "dill" not in found.text and found.text.startswith("…\n\n|") and found.text.endswith("|\n\n…")


def test_a_record_of_one_line_has_that_line_as_its_place():
    text = "\n\n".join(f"id: T-{n}\nfault: {one}" for n, one in enumerate(("paper jam", "faint print", "no light"), 1))
    found = excerpt(text, "l. 5", "who had faint print", records="one line")
    assert (found.text, found.place) == ("… id: T-2\nfault: faint print …", "l. 6")


def test_messages_of_a_chat_stay_apart_and_a_question_has_the_next_two():
    talk = """12/09/2026, 18:04 - Ines: training moves to Wednesday from October, at the old boathouse
12/09/2026, 18:05 - Callum: who has the trailer that we need for the two long boats then?
12/09/2026, 18:09 - Ines: Bernard, until the races, and his brother in the week thereafter
12/09/2026, 18:11 - Priya: entry is 22 pounds for each boat and we have four of them now
12/09/2026, 18:12 - Callum: paid for the four already, the receipt lies in the drawer"""
    shown = excerpt(talk, "", "who has the trailer").text
    assert "Bernard" in shown and "receipt" not in shown and "boathouse 12/09" not in shown


def test_a_small_drawn_table_is_quoted_whole():
    assert excerpt(HERBS, "", "when is chervil sown?").text.count("cm |") == 4


def test_rows_that_the_question_names_are_quoted_whatever_else_they_hold():
    codes = {1: "no water", 2: "the lid is repaired and stops", 7: "battery low", 9: "lost the signal"}
    text = "\n".join(f"code: E{n} | meaning: {one} | what to do: ask the warden" for n, one in codes.items())
    assert "| E9 |" in excerpt(text, "", "stops with E9, how is it repaired").text
    assert "E7" not in excerpt(text, "", "E9?").text and "| E1 |" not in excerpt(text, "", "E12 and E9").text
    beans = "\n".join(f"bean: {one} | soak: {n} h" for n, one in enumerate(("あずき", "そらまめ", "いんげん"), 4))
    assert excerpt(beans, "", "いんげんだと？").text.count(" h |") == 1


def test_a_full_width_space_begins_a_paragraph_except_below_a_bullet():
    text = (
        "昼食の注文について\n　前の週の木曜正午までに券を箱に入れる。\n・卵を抜く献立は前の週までに言えば\n　作れる。\n"
        * 3
    )
    found = excerpt(text, "", "献立から卵を抜けるか").text
    assert "言えば作れる。" in found and "について前の週" not in found


def test_a_question_for_the_most_of_a_kind_gets_every_row():
    assert excerpt(HERBS, "", "which sown herb is the tallest?").text.count("cm |") == 4
    assert excerpt(TABLE, "l. 2", "which red one is the oldest in the hall?").text.count("K-") == 3
    assert excerpt(TABLE, "l. 2", "what is red in the annex").text.count("K-") == 1


def test_cells_below_no_names_are_a_list():
    text = "| Weight | 1.2 kg |\n| Load | 14 kg |\n| Made in | Vietnam |"
    assert excerpt(text, "", "how heavy").text == "- Weight: 1.2 kg\n- Load: 14 kg\n- Made in: Vietnam"


def test_a_record_is_quoted_whole():
    text = "name: Brass lamp\nprice: 40\nshelf: 7\n\nname: Oak chest\nprice: 95\nshelf: 2\n\nname: Bell\nprice: 12"
    assert excerpt(text, "", "what does the oak chest cost", records="lines").text == (
        "… name: Oak chest\nprice: 95\nshelf: 2 …"
    )


def test_what_announces_a_list_is_quoted_with_it():
    text = (
        "３　次の各号に掲げる者は、貸出しを受けることができない。\n"
        "　一　返却を三十日以上怠っている者\n　二　利用登録をしていない者\n"
        "４　辞書は、閲覧室の外に持ち出さない。\n５　新聞及び雑誌の最新号は、当日に限り閲覧室で読むことができる。\n"
        "６　職員は、蔵書の点検のため、毎年八月の第一週に図書室を閉じることができる。"
    )
    shown = excerpt(text, "", "貸出しを受けられないのはどんな人").text
    assert "一　返却を" in shown and "二　利用登録" in shown and "新聞" not in shown
