"""How invented events come: one by one, in batches, in sessions of users, or as the runs of a job on a schedule.

Each kind of traffic turns expected counts, names x minutes and day by day, into counts; memory does not grow with days.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from mixpanel_data.detect.statistics.tails import Floats
from support.simulated_clock import DAY, LocalMinutes


class Traffic(Protocol):
    """Draws counts, names x minutes, for each day of expected counts."""

    def counts(self, expected: Iterable[Floats], rng: np.random.Generator) -> Iterator[Floats]: ...


@dataclass(frozen=True, slots=True)
class Batches:
    """Compound Poisson counts: batches come by chance, each within one minute, with `size` events in the mean.

    Sizes are geometric, all the same (`fixed`), or Poisson of mean `size` - 1 and one more (`poisson`).
    """

    kind: Literal["geometric", "fixed", "poisson"]
    size: int

    def counts(self, expected: Iterable[Floats], rng: np.random.Generator) -> Iterator[Floats]:
        """Counts of each day."""
        return (self.draw(day, rng) for day in expected)

    def draw(self, expected: Floats, rng: np.random.Generator) -> Floats:
        """Counts of any minutes."""
        counts = rng.poisson(expected / self.size).astype(np.float64)
        at = np.nonzero(counts)
        batches = counts[at]
        if self.kind == "fixed" or self.size == 1:
            counts[at] = batches * self.size
        elif self.kind == "geometric":
            counts[at] += rng.negative_binomial(batches, 1.0 / self.size)
        else:
            counts[at] += rng.poisson(batches * (self.size - 1))
        return counts


SINGLE_EVENTS = Batches("fixed", 1)
"""Each event by itself."""


@dataclass(frozen=True, slots=True)
class Sessions:
    """Users come by chance; each sends a geometric number of events, of mean `events`, with exponential gaps."""

    events: float
    gap_minutes: float = 1.0

    def counts(self, expected: Iterable[Floats], rng: np.random.Generator) -> Iterator[Floats]:
        """Counts of each day; sessions go on past midnight, at most for a day."""
        carried: Floats | float = 0.0
        for day in expected:
            both = self._of_sessions_that_begin(day, rng)
            yield both[:, :DAY] + carried
            carried = both[:, DAY:]

    def _of_sessions_that_begin(self, expected: Floats, rng: np.random.Generator) -> Floats:
        """Names x minutes of the day and the next one."""
        sessions = rng.poisson(expected / self.events)
        names, minutes = (np.repeat(places, sessions[np.nonzero(sessions)]) for places in np.nonzero(sessions))
        lengths = rng.geometric(1.0 / self.events, len(names))
        last = np.cumsum(lengths)
        gaps = np.cumsum(rng.exponential(self.gap_minutes, int(last[-1]) if len(last) else 0))
        # Time since the session's first event, which itself lies anywhere in its minute.
        since = gaps - np.repeat(gaps[last - lengths], lengths) if len(last) else gaps
        at = np.repeat(minutes + rng.uniform(0.0, 1.0, len(minutes)), lengths) + since
        return placed(np.repeat(names, lengths), at, len(expected))


Style = Literal["sharp", "spread", "jitter", "random", "loose"]
STYLES: tuple[Style, ...] = ("sharp", "spread", "jitter", "random", "loose")


Every = int | Literal["day", "workday", "week"]


@dataclass(frozen=True, slots=True)
class ChangedRuns:
    """Runs that are due in [start, end), local minutes since 1970, send `factor` times as many events."""

    start: int
    end: float
    factor: float


@dataclass(frozen=True, slots=True)
class Schedule:
    """A job that sends `size` events a run.

    `every`: minutes from one run to the next, counted on the local clock; or each day, working day, or Monday, at the
    minute `phase` of the day. Styles: all events in the first minute (`sharp`); over three minutes (`spread`); within
    20 s that begin up to a minute late (`jitter`); in the first minute, half to one and a half times as many
    (`random`); or the last three at once (`loose`).
    """

    every: Every
    size: int
    phase: int = 0
    style: Style = "sharp"
    changed: ChangedRuns | None = None

    def starts(self, clock: LocalMinutes) -> Floats:
        """The minutes of the day in which a run is due, as positions."""
        if isinstance(self.every, int):
            is_due = (clock.days * DAY + clock.minutes - self.phase) % self.every == 0
        else:
            is_due = clock.minutes == self.phase
            is_due &= clock.weekdays < {"day": 7, "workday": 5, "week": 1}[self.every]
        return np.flatnonzero(is_due).astype(np.float64)

    def times(self, clock: LocalMinutes, rng: np.random.Generator) -> Floats:
        """The time of each event of the runs due on a day, in minutes since its start."""
        starts = self.starts(clock)
        sizes = np.full(len(starts), self.size)
        if self.style in ("random", "loose"):
            sizes = np.maximum(np.rint(self.size * rng.uniform(0.5, 1.5, len(starts))), 1).astype(np.int64)
        if self.changed:
            due = (clock.days * DAY + clock.minutes)[starts.astype(np.int64)]
            is_changed = (due >= self.changed.start) & (due < self.changed.end)
            sizes = np.where(is_changed, np.rint(self.changed.factor * sizes), sizes).astype(np.int64)
        if self.style in ("jitter", "loose"):
            starts = starts + rng.uniform(0.0, 1.0, len(starts))
        lasts = {"spread": 3.0, "jitter": 1.0 / 3.0, "loose": 2.0}.get(self.style, 0.999)
        return np.repeat(starts, sizes) + rng.uniform(0.0, lasts, int(sizes.sum()))


def runs_of(
    schedules: Sequence[Schedule | None], clocks: Iterable[LocalMinutes], rng: np.random.Generator
) -> Iterator[Floats]:
    """Counts of the runs, names x minutes of each day; a name without a schedule has none."""
    carried: Floats | float = 0.0
    for clock in clocks:
        times = [each.times(clock, rng) if each else np.zeros(0) for each in schedules]
        names = np.repeat(np.arange(len(schedules)), [len(each) for each in times])
        both = placed(names, np.concatenate(times), len(schedules))
        yield both[:, :DAY] + carried
        carried = both[:, DAY:]


def placed(names: "np.ndarray[tuple[int], np.dtype[np.int64]]", minutes: Floats, count: int) -> Floats:
    """Counts of `count` names x the minutes of two days; what comes later is lost."""
    width = 2 * DAY
    at = np.minimum(minutes, width).astype(np.int64)
    flat = np.bincount((names * width + at)[at < width], minlength=count * width)
    return flat.reshape(count, width).astype(np.float64)
