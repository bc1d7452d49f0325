"""What Mixpanel would be sent of a table in mirror mode: a checksum for each row, compared between two visits."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

from mixpanel_data.warehouse.base import Row


@dataclass(frozen=True, slots=True)
class Sent:
    """The rows of one visit. The mirror knows no key: a row that was updated is deleted and inserted."""

    inserted: int
    deleted: int

    @property
    def billed(self) -> int:
        """The rows that Mixpanel bills."""
        return self.inserted + self.deleted


class MirrorDouble:
    """Mixpanel's copy of a table, which begins empty."""

    def __init__(self) -> None:
        self._checksums: frozenset[str] = frozenset()

    def visit(self, rows: Iterable[Row]) -> Sent:
        """Take over the rows as they are now."""
        before, self._checksums = self._checksums, frozenset(map(_checksum, rows))
        return Sent(len(self._checksums - before), len(before - self._checksums))


def _checksum(row: Row) -> str:
    return hashlib.sha256(json.dumps(dict(row), sort_keys=True, default=str).encode()).hexdigest()
