"""The days that a query is about."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Days:
    """The days from first to last, both inclusive, as the project counts days."""

    first: date
    last: date

    def parameters(self) -> dict[str, str]:
        """Return the query parameters that name the days."""
        return {"from_date": self.first.isoformat(), "to_date": self.last.isoformat()}
