"""How late events arrive is learned from what arrived, name by name."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixpanel_data.detect.findings.arrivals.shares import MOST_AGE, Arrivals, DelayShares, delay_shares
from mixpanel_data.detect.findings.delays import LEARNED_EVERY, Delays, learned_delays, read_delays
from mixpanel_data.warehouse.base import Warehouse
from support.detector_world import MINUTE, START
from support.engines import DuckDB, opened
from support.late_events import LateCollector, LateEvents, at_once, every, some_late, uniform_delay

DELAYS = {
    "Minute": uniform_delay(60),
    "Late": some_late(0.2, 2700),
    "Batch": every(600),
    "Ahead": uniform_delay(-900),
    "Daily": every(86_400),
}
DAYS = timedelta(days=4)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """Some days of events that come as they like; `Rare` are as late as all together."""
    random, engine = np.random.default_rng(7), DuckDB(tmp_path_factory.mktemp("delays"))
    events = {name: LateEvents.drawn(random, START - DAYS, START, 3, delay) for name, delay in DELAYS.items()}
    events["Rare"] = LateEvents.drawn(random, START - DAYS, START, 0.005, at_once)
    LateCollector(engine, events).collect(START)
    with ExitStack() as stack:
        yield stack.enter_context(opened(engine))


@pytest.fixture(scope="module")
def learned(warehouse: Warehouse) -> Delays:
    return learned_delays(warehouse, START)


def arrived(delays: Delays, name: str, *ages: float) -> list[float]:
    return [float(share) for share in delays.at([name], np.array(ages))[0]]


def test_the_share_that_has_arrived_grows_with_the_age_of_a_minute(learned: Delays) -> None:
    assert arrived(learned, "Minute", -1, 0, 1, 2, 3) == pytest.approx([0, 0, 0.5, 1, 1], abs=0.04)
    first, later, last = arrived(learned, "Late", 1, 20, 47)
    assert (first, later, last) == pytest.approx((0.8, 0.88, 1.0), abs=0.04)


def test_of_events_that_come_together_none_has_to_have_come_yet(learned: Delays) -> None:
    assert arrived(learned, "Batch", 3, 10, 11) == pytest.approx([0.0, 0.0, 1.0], abs=0.01)
    assert arrived(learned, "Daily", 3, 720, 1435, 1500) == pytest.approx([0.0, 0.0, 0.0, 1.0], abs=0.01)


def test_events_of_clocks_that_are_ahead_are_there_at_once(learned: Delays) -> None:
    assert arrived(learned, "Ahead", 1, 2) == [pytest.approx(1.0, abs=0.01)] * 2


def test_a_name_with_few_events_is_as_late_as_all_together(learned: Delays) -> None:
    common = learned.by_name[None]
    assert arrived(learned, "Rare", 1, 30) == arrived(learned, "New", 1, 30) == list(common.at(np.array([1.0, 30.0])))


def test_minutes_are_compared_with_what_the_collector_can_have_read(learned: Delays) -> None:
    names, start = ["Ahead", "Minute", "Late"], START - 60 * MINUTE
    shares = learned.arrived(names, start, 65, START + 20 * MINUTE / 60)
    assert shares is not None
    assert shares.shape == (3, 65)
    assert shares[1, 57:61] == pytest.approx([1.0, 1.0, 0.5, 0.0], abs=0.04)
    assert np.all(np.diff(shares, axis=1) <= 0.0)
    assert learned.arrived(names, start, 60, None) is None
    assert learned.arrived(["Minute"], start, 60, START + timedelta(days=3)) is None


def test_learned_delays_are_kept_for_some_hours(warehouse: Warehouse) -> None:
    delays = read_delays(warehouse, START)
    assert (delays.learned_until, delays.is_to_be_stored) == (START, True)


def test_without_a_collection_everything_has_arrived(warehouse: Warehouse) -> None:
    delays = read_delays(warehouse, None)
    assert arrived(delays, "Late", 1) == [1.0]
    assert not delays.is_to_be_stored


def test_without_times_of_storage_everything_has_arrived(warehouse: Warehouse) -> None:
    delays = learned_delays(warehouse, START + timedelta(days=30))
    assert arrived(delays, "Late", 1) == [1.0]
    assert delays.learn_again_at == delays.learned_until + LEARNED_EVERY


AGES = st.lists(st.tuples(st.integers(0, 35), st.sampled_from([0, 1, 30, 65, 300, 900]), st.integers(1, 500)))
PAIRS = st.lists(st.tuples(st.integers(0, 1), st.sampled_from([0, 1, 30, 65, 300, 705]), st.integers(0, 500)))


def text(rows: Iterable[tuple[int, ...]]) -> str:
    return " ".join(str(figure) for row in rows for figure in row)


@settings(max_examples=25)
@given(st.dictionaries(st.sampled_from("abc"), st.tuples(AGES, PAIRS)))
def test_shares_rise_to_one_whatever_arrived(
    given: dict[str, tuple[list[tuple[int, ...]], list[tuple[int, ...]]]],
) -> None:
    by_name = {
        name: Arrivals.of(text(ages), text([(*pair, pair[-1]) for pair in pairs]))
        for name, (ages, pairs) in given.items()
    }
    for shares in delay_shares(by_name).values():
        at = shares.at(np.arange(-5.0, MOST_AGE + 5))
        assert np.all(np.diff(at) >= 0.0)
        assert (at.min(), at[-1]) == (0.0, 1.0)
        again = DelayShares.of(shares.packed())
        assert again.at(np.arange(0.0, 90)) == pytest.approx(shares.at(np.arange(0.0, 90)), abs=0.0001)


def summed(pairs: list[tuple[int, int, int, int]]) -> list[tuple[int, ...]]:
    """Pairs of the same part and age put together."""
    keys = sorted({pair[:2] for pair in pairs})
    return [(*key, *(sum(pair[at] for pair in pairs if pair[:2] == key) for at in (2, 3))) for key in keys]


def steady(hours: range, late: int = 0) -> Arrivals:
    """100 events a minute that arrive at once, but `late` minutes late in the given hours before the last ones."""
    counts = [(part, late if 2 * part in hours else 0, 12_000) for part in range(36)]
    pairs = [(1 - hour // 24, late if 30 + hour in hours else 0, 330_000, 330_000) for hour in range(48)]
    return Arrivals.of(text(counts), text(summed(pairs)))


def test_one_standstill_of_mixpanel_hides_no_drop() -> None:
    shares = delay_shares({"Visit": steady(range(31, 36), late=50)})["Visit"]
    assert shares.at(np.array([1.0]))[0] > 0.7


def test_longer_delays_are_learned_within_hours_and_shorter_ones_within_days() -> None:
    later = delay_shares({"Visit": steady(range(2), late=50)})["Visit"]
    assert later.at(np.array([1.0, 51.0])) == pytest.approx([0.0, 1.0], abs=0.02)
    sooner = delay_shares({"Visit": steady(range(60, 72), late=50)})["Visit"]
    assert sooner.at(np.array([1.0, 51.0])) == pytest.approx([0.93, 1.0], abs=0.02)


def test_an_outage_in_which_late_events_still_come_teaches_nothing() -> None:
    counts = [(part, age, 0 if part == 0 and age == 0 else 6_000) for part in range(36) for age in (0, 40)]
    (_, outage) = delay_shares({"Visit": Arrivals.of(text(counts), "")}).values()
    assert outage.at(np.array([1.0])) == pytest.approx(0.5, abs=0.03)
