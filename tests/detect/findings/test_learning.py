"""What a run takes up, learns and keeps, however many names there are and whenever it is cut off."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mixpanel_data import detect as detector
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.configuration.events import EventsConfig
from mixpanel_data.detect.findings.judging import Findings, judge
from mixpanel_data.detect.findings.learning.names import read_names
from mixpanel_data.detect.findings.learning.plan import Plan, oldest_learned, plan_names
from mixpanel_data.detect.findings.standing import read_standing
from mixpanel_data.warehouse.base import Row
from support.detector_world import OPTIONS
from support.engines import DuckDB, opened
from support.events_configs import enabled
from support.published_counts import publish_counts
from support.settable_clock import SettableClock
from support.stored_rows import all_rows_of

pytestmark = pytest.mark.sequences

START = datetime(2040, 3, 15, 12, tzinfo=UTC)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
UTC_ZONE = OPTIONS.time_zone


class Expiring(Deadline):
    """A deadline that passes when it has been looked at so many times."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        object.__setattr__(self, "_looks", itertools.count())
        object.__setattr__(self, "_last", looks)

    def left(self, most_seconds: float) -> float:
        return most_seconds if next(self._looks) < self._last else 0.0  # type: ignore[attr-defined]


@dataclass
class Traffic:
    """A dataset in which events come every few minutes."""

    engine: DuckDB
    config: EventsConfig = field(default_factory=enabled)
    clock: SettableClock = field(default_factory=lambda: SettableClock(START))

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)

    def come(self, every: Mapping[str, int], start: datetime, end: datetime, count: int = 1) -> None:
        """`count` events of each name every so many minutes of [start, end)."""
        counts = {
            (name, start + number * MINUTE): count
            for name, minutes in every.items()
            for number in range(0, (end - start) // MINUTE, minutes)
        }
        self.arrive(counts)

    def goes_on(self, time: timedelta, *names: str) -> "Traffic":
        """So much time passes, in which these names come every minute; the collector has read all of it."""
        start = self.clock.at
        self.clock.at += time
        self.come(dict.fromkeys(names, 1), start, self.clock.at)
        return self

    def arrive(self, counts: Mapping[tuple[str, datetime], int]) -> None:
        """These counts arrive now, and the collector has read up to now."""
        number, now = next(self._numbers), self.clock.at
        publish_counts(self.engine, counts, now, run_id=f"c{number}", read_until=now, events_from=now + DAY)

    def run(self, deadline: Deadline | None = None, **request: Any) -> detector.Result:
        """Run the detector now, without Slack."""
        with opened(self.engine) as warehouse:
            return detector.run(
                detector.Request.model_validate(request),
                run_id=f"d{next(self._numbers)}",
                warehouse=warehouse,
                events=self.config,
                options=OPTIONS,
                slack=None,
                clock=self.clock,
                deadline=deadline or Deadline(),
            )

    def judged(self, **how: Any) -> Findings:
        """What a run would find now."""
        given: dict[str, Any] = {"is_of_now": True, "zone": UTC_ZONE, "deadline": Deadline(), **how}
        now = self.clock.at
        with opened(self.engine) as warehouse:
            reached = read_standing(warehouse, now).progress
            return judge(warehouse, self.config, self.config.selection, "", now, reached, **given)

    def plan(self) -> Plan:
        """The plan of a run now."""
        now = self.clock.at
        with opened(self.engine) as warehouse:
            names = read_names(warehouse, now, oldest=oldest_learned(now), max_age=DAY, handled_seq=None)
            return plan_names(warehouse, names, self.config, self.config.selection, "", now)

    def baselines(self) -> dict[str, Row]:
        """The stored baselines by name, without the numbers of runs."""
        with opened(self.engine) as warehouse:
            rows = warehouse.rows(all_rows_of("detector_baselines"))
        return {row["event_name"]: {**row, "changed_at": None} for row in rows}

    def incidents(self) -> list[tuple[str, str]]:
        """Event and direction of each incident, in order."""
        with opened(self.engine) as warehouse:
            return sorted((row["event_name"], row["direction"]) for row in warehouse.rows(all_rows_of("alerts")))

    def after(self, time: timedelta) -> "Traffic":
        """The same, so much later."""
        self.clock.at += time
        return self


@pytest.fixture
def traffic(tmp_path: Path) -> Traffic:
    return Traffic(DuckDB(tmp_path))


def copied(traffic: Traffic, folder: Path) -> Traffic:
    """Another dataset with the same contents."""
    folder.mkdir()
    engine = DuckDB(folder)
    engine.path.write_bytes(traffic.engine.path.read_bytes())
    other = Traffic(engine, traffic.config, SettableClock(traffic.clock.at))
    other._numbers = itertools.count(1000)
    return other


# Names that are worth it


def test_a_name_that_came_once_costs_nothing_and_leaves_no_baseline(traffic: Traffic) -> None:
    traffic.come({"Visit": 5}, START - 3 * DAY, START)
    alone = traffic.plan()
    traffic.arrive({(f"invented {number}", START - 30 * HOUR): 1 for number in range(50)})
    flooded = traffic.plan()
    assert flooded == alone
    traffic.run()
    assert [*traffic.baselines()] == ["Visit"]


def test_only_names_that_are_a_day_old_with_ten_events_share_the_budget(traffic: Traffic) -> None:
    traffic.come({"Visit": 5}, START - 3 * DAY, START)
    alone = traffic.plan().cut
    traffic.come({"young": 5}, START - 20 * HOUR, START)
    traffic.arrive({("rare", START - 30 * HOUR): 3, ("rare", START - HOUR): 6})
    assert traffic.plan().cut == alone
    traffic.arrive({("rare", START - HOUR): 1})
    assert traffic.plan().cut > alone


def test_names_with_a_baseline_and_much_traffic_come_first(traffic: Traffic) -> None:
    traffic.come({"rare": 60, "often": 6}, START - 3 * DAY, START)
    traffic.run()
    traffic.come({"invented": 1, "older": 2}, START - 2 * DAY, START)
    traffic.come({"older": 2}, START - 5 * DAY, START - 4 * DAY)
    order = [name.event_name for group in traffic.plan().groups(names_at_once=1) for name in group.names]
    assert order == ["often", "rare", "older", "invented"]


def test_a_threshold_finds_a_name_however_rare(traffic: Traffic) -> None:
    traffic.config = enabled({"name": "*", "alert_threshold": 1})
    traffic.come({"Visit": 60}, START - 3 * DAY, START)
    traffic.arrive({("rare", START - HOUR): 2})
    traffic.run()
    assert traffic.incidents() == [("rare", "high")]


def test_a_name_that_fell_silent_is_watched_until_its_baseline_is_deleted(traffic: Traffic) -> None:
    traffic.come({"Visit": 1, "Other": 1}, START - 4 * DAY, START)
    traffic.run()
    traffic.goes_on(2 * HOUR, "Other").run()
    assert traffic.incidents() == [("Visit", "low")]
    traffic.after(60 * DAY).arrive({})
    traffic.run()
    assert {name.event_name for name in traffic.plan().names} == {"Visit", "Other"}
    traffic.after(8 * DAY).arrive({})
    traffic.run()
    assert traffic.baselines() == {}


# Groups, and time that runs out

COUNTS = st.lists(st.integers(1, 90), min_size=2, max_size=6)


@given(every=COUNTS, names_at_once=st.integers(1, 5), burst=st.integers(0, 300))
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_groups_of_any_size_find_the_same(
    tmp_path_factory: pytest.TempPathFactory, every: list[int], names_at_once: int, burst: int
) -> None:
    traffic = Traffic(DuckDB(tmp_path_factory.mktemp("groups")))
    for number, minutes in enumerate(every):
        traffic.come({f"event {number}": minutes}, START - (2 + number) * DAY, START - number * HOUR)
    traffic.arrive({("event 0", START - burst * MINUTE - MINUTE): 40})
    one, other = traffic.judged(), traffic.judged(names_at_once=names_at_once)
    assert one.decisions == other.decisions
    assert one.minutes.keys() == other.minutes.keys()
    for name, judged in one.minutes.items():
        assert np.array_equal(judged.counts, other.minutes[name].counts)
        assert np.allclose(judged.expected, other.minutes[name].expected)


@given(looks=st.lists(st.integers(0, 40), min_size=1, max_size=3))
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_first_learning_that_is_cut_off_ends_where_an_undisturbed_one_would(
    tmp_path_factory: pytest.TempPathFactory, looks: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    traffic = Traffic(DuckDB(folder))
    traffic.come({"Visit": 3, "Other": 7}, START - 12 * DAY, START - 2 * HOUR)
    traffic.come({"Young": 11}, START - 30 * HOUR, START)
    undisturbed = copied(traffic, folder / "other")
    assert undisturbed.run().learning == 0
    for each in looks:
        result = traffic.run(deadline=Expiring(each))
        assert result.learning + len(traffic.baselines()) >= 3 or result.learning == 0
    assert traffic.run().learning == 0
    assert traffic.incidents() == undisturbed.incidents() == [("Other", "low"), ("Visit", "low")]
    assert {name: row["state"] for name, row in traffic.baselines().items()} == {
        name: row["state"] for name, row in undisturbed.baselines().items()
    }


def test_a_first_learning_without_time_says_so_and_keeps_what_it_learned(traffic: Traffic) -> None:
    traffic.come({"Visit": 5}, START - 3 * DAY, START)
    assert traffic.run(deadline=Expiring(3)).learning == 1
    first = traffic.baselines()["Visit"]["learned_until"]
    assert traffic.run(deadline=Expiring(3)).learning == 1
    assert first < traffic.baselines()["Visit"]["learned_until"]


# Time in which nobody watched


def test_an_event_that_was_disabled_and_enabled_again_was_not_silent(traffic: Traffic) -> None:
    traffic.come({"Visit": 1, "Other": 1}, START - 7 * DAY, START)
    traffic.run()
    traffic.config = enabled({"name": "Visit", "enabled": False}, {"name": "*"})
    for _ in range(2):
        traffic.goes_on(HOUR, "Other").run()
    traffic.config = enabled()
    for time in (5 * MINUTE, 5 * MINUTE, 2 * HOUR):
        traffic.goes_on(time, "Visit", "Other").run()
    assert traffic.incidents() == []
    traffic.goes_on(HOUR, "Other").run()
    assert traffic.incidents() == [("Visit", "low")]


def test_days_in_which_an_event_was_disabled_are_not_learned(traffic: Traffic) -> None:
    traffic.come({"Visit": 1, "Other": 1}, START - 4 * DAY, START)
    traffic.run()
    before = traffic.baselines()["Visit"]
    traffic.config = enabled({"name": "Visit", "enabled": False}, {"name": "*"})
    for _ in range(4):
        traffic.goes_on(DAY, "Other").run()
    assert traffic.baselines()["Visit"] == before
    traffic.config = enabled()
    traffic.goes_on(3 * HOUR, "Visit", "Other").run()
    assert traffic.incidents() == []
    after = traffic.baselines()["Visit"]
    assert after["learned_until"] > before["learned_until"]
    assert after["events"] - before["events"] == 54 * 60


# History that is collected later


def test_history_that_is_collected_later_is_learned_without_alerts(traffic: Traffic) -> None:
    traffic.come({"Visit": 10}, START - 3 * DAY, START)
    traffic.run()
    few = traffic.baselines()["Visit"]["events"]
    traffic.after(5 * MINUTE).come({"Visit": 10}, START - 20 * DAY, START - 3 * DAY)
    traffic.run()
    known = traffic.baselines()["Visit"]
    assert known["events"] > 10 * few
    assert known["first_event_at"] == START - 20 * DAY
    assert traffic.incidents() == []
    traffic.after(5 * MINUTE).arrive({})
    assert traffic.plan().relearned == frozenset()


def test_late_events_that_trickle_in_are_no_history(traffic: Traffic) -> None:
    traffic.come({"Visit": 5}, START - 5 * DAY, START)
    traffic.run()
    traffic.after(5 * MINUTE).arrive({("Visit", START - 4 * DAY + number * HOUR): 1 for number in range(12)})
    assert traffic.plan().relearned == frozenset()
