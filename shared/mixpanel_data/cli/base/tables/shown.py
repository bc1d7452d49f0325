"""The columns of a table with their texts, and the width that each of them needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rich.cells import cell_len

from mixpanel_data.base.visible_text import visible_lines
from mixpanel_data.cli.base.tables.columns import Column, Kind, Record
from mixpanel_data.cli.base.tables.layout import Need, folded, pieces
from mixpanel_data.cli.base.tables.texts import is_instant, is_minute, short

_LEAST_TEXT, _LEAST_PROSE, _LEAST_PLOT = 12, 30, 12


@dataclass(frozen=True)
class Shown:
    """A column as a table shows it: its title, and the text of each row."""

    column: Column
    values: Sequence[Any]

    @property
    def is_plot(self) -> bool:
        """Whether the values draw themselves by the room that there is."""
        return self.column.kind is Kind.PLOT

    @property
    def is_prose(self) -> bool:
        """Whether it may stand below its rows."""
        return self.column.kind is Kind.PROSE

    @property
    def is_empty(self) -> bool:
        """Whether it tells nothing: no row has a text here, nor a drawing. A query's column is there by its name."""
        return not self.is_plot and not self.is_exact and not any(self.texts)

    @property
    def is_exact(self) -> bool:
        """Whether somebody asked for this column by its name."""
        return self.column.kind is Kind.EXACT

    @cached_property
    def texts(self) -> list[str]:
        """The text of each row; of a drawing none."""
        return [] if self.is_plot else [visible_lines(short(each, self._kind)) for each in self.values]

    @property
    def _kind(self) -> Kind:
        """The kind, whole minutes where the values show that they are."""
        are_minutes = self.column.kind is Kind.VALUE and all(map(is_minute, filter(None, self.values)))
        return Kind.MINUTE if are_minutes else self.column.kind

    @cached_property
    def title(self) -> str:
        """The name, with the zone of a column that has instants alone."""
        given = [each for each in self.values if each is not None]
        zone = " (UTC)" if given and not self.is_exact and all(map(is_instant, given)) else ""
        return f"{visible_lines(self.column.title)}{zone}"

    @cached_property
    def has_numbers(self) -> bool:
        """Whether it has numbers alone, which are aligned at the right."""
        given = [each for each in self.values if each is not None and each != ""]
        return bool(given) and all(map(_is_number, given))

    @cached_property
    def need(self) -> Need:
        """The width that it needs; numbers and instants are neither cut nor folded, long words and ids may be."""
        if self.is_plot:
            return Need(_LEAST_PLOT, _LEAST_PLOT, _LEAST_PLOT)
        enough = _LEAST_PROSE if self.is_prose else _LEAST_TEXT
        sizes = [max(map(cell_len, text.split("\n"))) for text in self.texts]
        least = [
            size if self._is_whole(value) else min(size, enough) for size, value in zip(sizes, self.values, strict=True)
        ]
        head = max((cell_len(each.rstrip()) for each in pieces(self.title)), default=0)
        most = max([head, *sizes])
        return Need(max([head, *least]), most, max(most, cell_len(self.title)))

    def _is_whole(self, value: Any) -> bool:
        return self.column.kind is Kind.ID or _is_number(value) or is_instant(value)

    def cells(self, width: int) -> list[str]:
        """What stands in each row."""
        if self.is_plot:
            return [each.drawn(width) for each in self.values]
        return [folded(each, width) for each in self.texts]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def of_records(records: Sequence[Record], columns: Sequence[Column]) -> list[Shown]:
    """The columns with the values of all records."""
    return [Shown(column, [column.value(record) for record in records]) for column in columns]
