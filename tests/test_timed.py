"""Calendars and subtitles: what is on when and where, and who said what."""

from index.documents import read_bytes


def found(text, suffix):
    return [(one.kind, one.text, one.place) for one in read_bytes(text.encode(), suffix).blocks]


def test_events_are_rows_with_days_as_people_write_them():
    text = (
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;TZID=Europe/Oslo:20261108T090000\r\nDTEND:20261108T100000Z\r\n"
        "SUMMARY:Boat cleaning\\, north pier\r\nDESCRIPTION:Bring gloves\\nand a sc\r\n raper.\r\nBEGIN:VALARM\r\n"
        "DESCRIPTION:beep\r\nEND:VALARM\r\nEND:VEVENT\r\nBEGIN:VTODO\r\nSUMMARY:Oil\r\nDUE;VALUE=DATE:20261201\r\n"
        "END:VTODO\r\nBEGIN:VEVENT\r\nUID:1\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    assert found(text, ".ics") == [
        ("table", "event: Boat cleaning, north pier | start: 2026-11-08 09:00 | end: 2026-11-08 10:00 UTC | "
         "notes: Bring gloves and a scraper.\nevent: Oil | due: 2026-12-01", ""),
    ]  # fmt: skip


def test_a_japanese_calendar_has_japanese_names():
    text = "BEGIN:VEVENT\nSUMMARY:餅つき\nLOCATION:会館\nEND:VEVENT\n"
    assert found(text, ".ics") == [("table", "予定: 餅つき | 場所: 会館", "")]


def test_what_was_said_stands_with_speaker_and_time_and_whole():
    text = """WEBVTT

1
00:00:01.000 --> 00:00:05.200
<v Dana>The launch moves to the twelfth.

2
00:00:05.400 --> 00:00:09.900 align:start
<v Piotr>Lucia said

00:00:10.000 --> 00:00:12.500
<v Piotr>she would <i>write</i> it.
"""
    assert found(text, ".vtt") == [
        ("text", "Dana: The launch moves to the twelfth.", "00:00:01"),
        ("text", "Piotr: Lucia said she would write it.", "00:00:05"),
    ]


def test_subtitles_without_speakers():
    text = "1\n00:01:02,000 --> 00:01:04,000\n水は\n夜に出る。\n\n2\n00:01:05,000 --> 00:01:06,000\n[Ann]: Thanks.\n"
    assert [one[1:] for one in found(text, ".srt")] == [("水は 夜に出る。", "00:01:02"), ("Ann: Thanks.", "00:01:05")]
    assert found("", ".srt") == [] and found("no cue at all", ".vtt") == []
