"""The faults that somebody starts in the invented traffic while it flows, one at a time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from mixpanel_data.base.errors import RequestError, UnavailableError
from mixpanel_data_standins.serve.names import PER_MINUTE


class Kind(StrEnum):
    """What is wrong with the traffic: far too many events of a name, none of any name, none of one name."""

    BURST = "burst"
    OUTAGE = "outage"
    SILENCE = "silence"


LASTS = {Kind.BURST: timedelta(minutes=12), Kind.OUTAGE: timedelta(minutes=40), Kind.SILENCE: timedelta(minutes=40)}
"""How long each kind lasts by the traffic's clock: long enough for an alert before its end."""

DEFAULT_EVENT = {Kind.BURST: "Checkout Failed", Kind.SILENCE: "Checkout Started"}
"""The event of a fault that concerns one."""

_BURST_FACTOR = 15.0


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault in `[begins, ends)` (UTC, by the traffic's clock); `event` is None for an outage, which is of all."""

    kind: Kind
    event: str | None
    begins: datetime
    ends: datetime

    def factor(self, name: str, at: datetime) -> float:
        """What the usual rate of an event name is multiplied by at an instant."""
        if not self.begins <= at < self.ends or self.event not in (None, name):
            return 1.0
        return _BURST_FACTOR if self.kind is Kind.BURST else 0.0

    def __str__(self) -> str:
        return f"{_ARTICLE[self.kind]} {self.kind} of {self.event or 'all events'}"


_ARTICLE = {Kind.BURST: "a", Kind.OUTAGE: "an", Kind.SILENCE: "a"}


class Faults:
    """The fault that was started last."""

    def __init__(self) -> None:
        self._last: Fault | None = None

    def begin(self, kind: Kind, event: str | None, at: datetime) -> Fault:
        """Start a fault at an instant (UTC).

        Raises RequestError for an event that the traffic does not have, UnavailableError while another fault lasts.
        """
        fault = Fault(kind, _event(kind, event), at, at + LASTS[kind])
        if self._last is not None and at < self._last.ends:
            raise UnavailableError(
                f"There is {self._last} until {self._last.ends:%H:%M} of simulated time. Start the next one then."
            )
        self._last = fault
        return fault

    def factor(self, name: str, at: datetime) -> float:
        """What the usual rate of an event name is multiplied by at an instant (UTC)."""
        return 1.0 if self._last is None else self._last.factor(name, at)


def _event(kind: Kind, event: str | None) -> str | None:
    if kind is Kind.OUTAGE:
        if event is not None:
            raise RequestError("An outage is of all events. Leave the event out, or start a silence of it.")
        return None
    chosen = event or DEFAULT_EVENT[kind]
    if chosen not in PER_MINUTE:
        raise RequestError(f"The traffic has no event {chosen!r}. Choose one of: {', '.join(PER_MINUTE)}.")
    return chosen
