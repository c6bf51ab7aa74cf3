"""One measured figure."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Row:
    """`what` was measured, its value and unit, and `how` (the command or the set it was measured on)."""

    what: str
    value: float | str
    unit: str = ""
    how: str = ""
    room: str = ""

    @property
    def shown(self) -> str:
        """The value with three significant digits, or as it is."""
        if isinstance(self.value, str):
            return self.value
        return f"{self.value:,.0f}" if abs(self.value) >= 100 else f"{self.value:.3g}"

    def of(self, room: str) -> "Row":
        """Return the row under a room's name."""
        return replace(self, room=room)

    def markdown(self) -> str:
        """Return a table line."""
        cells = (self.room, self.what, self.shown, self.unit, self.how)
        return "| " + " | ".join(cell.replace("|", "/").replace("\n", " ") for cell in cells) + " |"
