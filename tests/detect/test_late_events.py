"""Events that clients hold back are no drop, and an outage is told as soon as it can be known."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from support.detector_world import MINUTE, START, DetectorWorld
from support.events_configs import enabled
from support.late_events import Delay, LateCollector, LateEvents, at_once, changing, every, some_late, uniform_delay

HOUR = timedelta(hours=1)
COLLECTED_EVERY = 15 * MINUTE
LATE = some_late(0.2, 2700)


def never(_: datetime) -> bool:
    """No run fails."""
    return False


@dataclass
class LateWorld:
    """A detector every five minutes, and a collector every quarter of an hour, over a history of some days."""

    world: DetectorWorld
    collector: LateCollector

    def collect(self) -> None:
        """The collector has read everything up to now."""
        self.collector.collect(self.world.clock.at)

    def detect(self) -> None:
        self.world.detect(has_slack=False)

    def pass_until(
        self, end: datetime, *, run_every: timedelta = COLLECTED_EVERY, fails: Callable[[datetime], bool] = never
    ) -> None:
        """Time passes; each run of the detector is five minutes behind a multiple of `run_every`.

        Between two collections a run sees nothing new, so that by default only the first one counts.
        """
        clock = self.world.clock
        while clock.at + COLLECTED_EVERY <= end:
            clock.at += run_every
            if not (clock.at - START) % COLLECTED_EVERY and not fails(clock.at):
                self.collect()
            clock.at += 5 * MINUTE
            self.detect()
            clock.at -= 5 * MINUTE

    def told(self) -> list[tuple[str, datetime, datetime]]:
        """Direction, end of the first window and time of the run, of each incident in order."""
        rows = sorted(self.world.table("alerts"), key=lambda row: row["window_end"])
        return [(row["direction"], row["window_end"], row["opened_at"]) for row in rows]


class LateWorlds:
    """Makes worlds at START, each of one event, whose traffic goes on for some hours."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder, self._stack = folder, stack

    def __call__(
        self,
        delay: Delay,
        *,
        hours: float,
        without: Iterable[tuple[datetime, datetime]] = (),
        per_minute: float = 60,
        days: float = 3,
        lag: timedelta = timedelta(0),
    ) -> LateWorld:
        """A world that was collected and judged once."""
        random, end = np.random.default_rng(11), START + hours * HOUR
        events = LateEvents.drawn(random, START - timedelta(days=days), end, per_minute, delay, without)
        world = self._stack.enter_context(DetectorWorld(self._folder / "late.duckdb", enabled(), {}))
        made = LateWorld(world, LateCollector(world.engine, {"Purchase": events}, lag))
        made.collect()
        made.detect()
        return made


@pytest.fixture
def late_world(tmp_path: Path) -> Iterator[LateWorlds]:
    with ExitStack() as stack:
        yield LateWorlds(tmp_path, stack)


def no_longer_than(delay: timedelta) -> timedelta:
    """How long after an outage begins it is told: what is late has to be over, then a collection and a run come."""
    return delay + COLLECTED_EVERY + 5 * MINUTE


def test_minutes_whose_events_are_still_to_come_are_no_drop(late_world: LateWorlds) -> None:
    late = late_world(LATE, hours=1, per_minute=30, days=1.5)
    late.pass_until(START + HOUR / 2)
    assert late.told() == []
    assert {row["event_name"] for row in late.world.table("detector_delays")} == {"Purchase", None}


def test_an_outage_is_told_though_late_events_still_come(late_world: LateWorlds) -> None:
    outage = START + 2 * MINUTE
    late = late_world(LATE, hours=1, per_minute=30, days=1.5, without=[(outage, START + HOUR)])
    late.pass_until(START + HOUR / 2)
    ((direction, _, told_at),) = late.told()
    assert direction == "low"
    assert told_at - outage <= no_longer_than(timedelta(0))


@pytest.mark.sequences
@pytest.mark.parametrize(("delay", "hours"), [(uniform_delay(60), 8), (LATE, 24), (every(600), 8)])
def test_hours_of_late_events_raise_no_incident(late_world: LateWorlds, delay: Delay, hours: int) -> None:
    late = late_world(delay, hours=hours)
    late.pass_until(START + hours * HOUR)
    assert late.told() == []


@pytest.mark.sequences
@pytest.mark.parametrize(
    ("delay", "longest"), [(at_once, 0), (uniform_delay(60), 1), (LATE, 0), (every(600), 10), (every(3600), 60)]
)
def test_an_outage_is_told_as_soon_as_a_known_delay_allows(
    late_world: LateWorlds, delay: Delay, longest: float
) -> None:
    outage = START + HOUR + 7 * MINUTE
    late = late_world(delay, hours=4, without=[(outage, outage + 2 * HOUR)])
    late.pass_until(START + 3 * HOUR)
    ((direction, first_end, told_at),) = late.told()
    assert direction == "low"
    assert first_end > outage
    assert told_at - outage <= no_longer_than(longest * MINUTE)


@pytest.mark.sequences
def test_an_outage_of_the_collector_is_no_drop(late_world: LateWorlds) -> None:
    late = late_world(LATE, hours=8)
    late.pass_until(START + 8 * HOUR, fails=lambda now: START + 2 * HOUR <= now < START + 5 * HOUR)
    assert late.told() == []


@pytest.mark.sequences
def test_exports_that_show_events_late_are_no_drop_from_the_first_run_on(late_world: LateWorlds) -> None:
    outage = START + 5 * HOUR + 7 * MINUTE
    lag = 45 * MINUTE
    late = late_world(uniform_delay(2), hours=8, lag=lag, without=[(outage, outage + 2 * HOUR)])
    late.pass_until(START + 7 * HOUR)
    ((direction, first_end, told_at),) = late.told()
    assert direction == "low"
    assert first_end > outage
    assert told_at - outage <= no_longer_than(lag)


@pytest.mark.sequences
def test_events_that_begin_to_come_late_are_told_about_once_and_learned_within_hours(late_world: LateWorlds) -> None:
    change = START + 8 * HOUR
    late = late_world(changing(at_once, change, some_late(0.5, 1800)), hours=30)
    late.pass_until(START + 30 * HOUR)
    told = late.told()
    assert len(told) <= 3
    assert all(change < first_end < change + 6 * HOUR for _, first_end, _ in told)


@pytest.mark.sequences
def test_runs_between_two_collections_find_nothing_new(late_world: LateWorlds) -> None:
    late = late_world(LATE, hours=2)
    late.pass_until(START + 2 * HOUR, run_every=5 * MINUTE)
    assert late.told() == []
