"""Quotes: whole when short, whole sentences when long, and never a heading of their own."""

from assistant.writer.explanation import quote


def test_a_short_passage_is_quoted_whole():
    assert quote("One sentence. Another.", 100) == "One sentence. Another."


def test_a_long_passage_ends_with_a_whole_sentence():
    assert quote("一つ目の文です。二つ目の文です。三つ目の文です。", 18) == "一つ目の文です。二つ目の文です。 …"


def test_headings_of_a_quoted_document_become_bold_text():
    assert quote("# Library\n\n## Hours\n\nOpen #1 daily.", 100) == "**Library**\n\n**Hours**\n\nOpen #1 daily."
