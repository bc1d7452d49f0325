"""What BigQuery bills for one statement, by its documented rules.

A statement is billed the columns that it names of each table, in the partitions that constant bounds leave, and at
least 10 MB for each table, which its bills show to be 10 MiB. One that changes or removes rows is billed all columns of
the partitions that it may change, too. Whether that holds where no row matched is left open: `most` counts all
partitions that the bounds leave, and `least` one day of them. An INSERT is billed for what it reads; loads are free.
"""

from collections.abc import Callable
from dataclasses import dataclass

from mixpanel_data.costs.references import StatementReferences

LEAST_BYTES = 10.0 * 2**20
"""What a table costs in a statement, however little of it is read."""


@dataclass(frozen=True, slots=True)
class Bill:
    """Bytes, by the reading that costs least and by the one that costs most."""

    least: float = 0.0
    most: float = 0.0

    def __add__(self, other: "Bill") -> "Bill":
        return Bill(self.least + other.least, self.most + other.most)

    def __mul__(self, times: float) -> "Bill":
        return Bill(self.least * times, self.most * times)


def bill(
    statement: StatementReferences,
    rows: Callable[[str], float],
    rows_of_a_day: Callable[[str], float],
    width: Callable[[str, tuple[str, ...]], float],
    whole_width: Callable[[str], float],
) -> Bill:
    """The bill of a statement; `rows` says how many rows of a table or relation its bounds leave.

    `rows_of_a_day` says how many of them are of one day; of a table without partitions, all.
    """
    total = Bill()
    for table, reference in statement.reads.items():
        read = rows(table) * width(table, reference.columns)
        is_changed = statement.modifies and table == statement.writes
        whole = whole_width(table) if is_changed else 0.0
        least, most = read + rows_of_a_day(table) * whole, read + rows(table) * whole
        total += Bill(max(least, LEAST_BYTES), max(most, LEAST_BYTES))
    return total
