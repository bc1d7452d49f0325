"""A run: what it is asked, and what it has done so far."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from mixpanel_data.base.clock import Clock
from mixpanel_data.base.window import Window
from mixpanel_data.runs.origin import UNKNOWN_ORIGIN, Origin
from mixpanel_data.runs.parts import Part
from mixpanel_data.warehouse.base import Warehouse

NULL_TIME = datetime(1, 1, 1, tzinfo=UTC)
"""Stands for NULL in a TIMESTAMP parameter: BigQuery does not promise to take a parameter without a value."""

ANY_STATE = -1
"""Stands for a run that has compared nothing, whose transactions go with any state."""


@dataclass(slots=True)
class Run:
    """One execution of a job over a window of event time, on one warehouse.

    `request` is the same text for runs that can take over from one another. `has_read_all` is False for a run over
    some events only: its window does not count as read. `figures` become the row's figures when the run ends.
    The other fields are the collector's: `watermark_from`, where the reading of arrivals starts; `narrowed`, by how
    many steps Mixpanel's refusals narrowed it; `calls`, export calls that led to no part; `clock_ahead`, by how much
    the clock is ahead of Mixpanel's. A run can change its `window` to the one that it read.
    """

    run_id: str
    job: str
    started_at: datetime
    window: Window
    warehouse: Warehouse
    clock: Clock
    request: str = ""
    has_read_all: bool = True
    figures: dict[str, Any] = field(default_factory=dict)
    watermark_from: datetime | None = None
    narrowed: int = 0
    calls: int = 0
    clock_ahead: timedelta = timedelta(0)
    origin: Origin = UNKNOWN_ORIGIN
    """What the state has to belong to."""
    zone: str = ""
    """The time zone in which the run reads the clock of events; '' for a run that does not."""
    mixed_until: datetime | None = None
    """Stored events before this time may have been read in another zone; `begin` sets it."""
    published: int = ANY_STATE
    """The count of the job's guarded transactions if no other run has published since `begin`, or since a later
    comparison set it; each of the run's own transactions counts it up."""
    newest_seq: int | None = None
    """Of the collector: the greatest seq of `event_arrivals` in that state; None if the guard does not know it."""
    lease: str = ""
    """The lease holder that the guard has to find: set by `exclusive` while the run is alone."""
    parts: int = 0
    """Parts published or noted so far."""
    writes: int = 0
    """Guarded transactions without a part so far."""
    commits: int = 0
    """Guarded transactions that took effect so far."""
    noted: list[Part] = field(default_factory=list)
    """Parts that changed no table and wait to be recorded."""

    @property
    def read_until(self) -> datetime | None:
        """The event time up to which the run has read everything once it ends well; None for a run over some events."""
        return min(self.window.end, self.started_at - self.clock_ahead) if self.has_read_all else None
