"""Prose for models made for one kind of work that no test in the catalog ranks."""

from typing import Any

from assistant.events import Language
from assistant.sentences import language_name, licence_name, parameters, say
from assistant.writer.draft import bullets, parts, section


def specialists(result: dict[str, Any], language: Language) -> str:
    """Return the models made for the asked work, and that nothing ranks them; "" where there are none."""
    rows = [_row(row, language) for row in result.get("specialists", [])]
    if not rows:
        return ""
    return section(say(language, "specialist.title"), parts(say(language, "specialist.unranked"), bullets(rows)))


def _row(row: dict[str, Any], language: Language) -> str:
    """Return a model with its size, its terms and the asked languages that it lists."""
    listed = [say(language, "specialist.language", language=language_name(language, code)) for code in row["languages"]]
    return say(
        language, "specialist.row", model=row["model"], size=parameters(row, say(language, "specialist.no_size")),
        licence=licence_name(language, row["licence"]), terms=say(language, f"commercial.{row['commercial_use']}"),
        languages="".join(listed),
    )  # fmt: skip
