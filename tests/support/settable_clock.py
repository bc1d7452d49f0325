"""A clock that a test sets."""

from datetime import datetime, timedelta

from support.export_lines import NOW


class SettableClock:
    """Shows the same time until somebody sets it; `at` is aware and in UTC."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **span: float) -> None:
        """Set the clock forward, by the arguments of `timedelta`."""
        self.at += timedelta(**span)
