"""The days that a run asks for, and their portions: each day of a window once and in order."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixpanel_data.base.errors import RequestError
from mixpanel_data.base.window import Window
from mixpanel_data.collect.plan import LINES_PER_PART, TOO_MANY_LINES, Days, Portions, days_of, left_of
from mixpanel_data.collect.request import Options, Request, requested_window
from support.export_lines import NOW, utc

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "Australia/Lord_Howe")
ZONES_WITHOUT_SOME_MIDNIGHTS = ("America/Sao_Paulo", "Africa/Cairo", "Asia/Beirut")
DAY = timedelta(days=1)

days = st.dates(date(2010, 1, 1), date(2039, 12, 31))
zones = st.sampled_from([*ZONES, *ZONES_WITHOUT_SOME_MIDNIGHTS]).map(ZoneInfo)
moments = st.datetimes(datetime(2010, 1, 1), datetime(2039, 12, 31), timezones=st.just(UTC))


@st.composite
def windows(draw: st.DrawFn, most: timedelta = 40 * DAY) -> Window:
    start = draw(moments)
    return Window(start, start + draw(st.timedeltas(timedelta(microseconds=1), most)))


@st.composite
def pieces(draw: st.DrawFn) -> list[Days]:
    """Some days in order, none of them twice, perhaps with gaps."""
    found, day = [], draw(days)
    for _ in range(draw(st.integers(1, 4))):
        first = day + draw(st.integers(0, 5)) * DAY
        day = first + draw(st.integers(0, 400)) * DAY
        found.append(Days(first, day))
        day += DAY
    return found


def each(of: Days) -> list[date]:
    return [of.first + number * DAY for number in range(len(of))]


def options(zone: str = "UTC", retention_days: int = 730, lookback_days: int = 90) -> Options:
    return Options(ZoneInfo(zone), lookback_days, timedelta(hours=1), retention_days, None)


def asked(now: datetime = NOW, of: Options | None = None, **parameters: object) -> Window:
    window = requested_window(Request.model_validate(parameters), of or options(), now)
    assert window is not None
    return window


# Days of a window


@given(windows(), zones)
def test_the_days_of_a_window_cover_it_and_each_of_them_overlaps_it(window: Window, zone: ZoneInfo) -> None:
    found = days_of(window, zone)
    whole = found.window(zone)
    assert whole.start <= window.start
    assert window.end <= whole.end
    assert Days(found.first, found.first).window(zone).end > window.start
    assert Days(found.last, found.last).window(zone).start < window.end


@given(days, st.integers(1, 800), zones)
def test_whole_days_are_the_days_of_their_own_window(first: date, count: int, zone: ZoneInfo) -> None:
    whole = Days(first, first + (count - 1) * DAY)
    assert len(whole) == count
    assert days_of(whole.window(zone), zone) == whole


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2024, 3, 31), 23),
        ("Europe/Berlin", date(2024, 10, 27), 25),
        ("America/New_York", date(2024, 3, 10), 23),
        ("Australia/Lord_Howe", date(2024, 4, 7), 24.5),
        ("America/Sao_Paulo", date(2018, 11, 4), 23),
        ("Asia/Kolkata", date(2024, 3, 31), 24),
    ],
)
def test_a_day_on_which_clocks_change_has_its_real_length(zone: str, day: date, hours: float) -> None:
    window = Days(day, day).window(ZoneInfo(zone))
    assert window.end - window.start == timedelta(hours=hours)


@given(st.sampled_from(ZONES).map(ZoneInfo), days)
def test_consecutive_days_have_neither_gap_nor_overlap(zone: ZoneInfo, day: date) -> None:
    assert Days(day, day).window(zone).end == Days(day + DAY, day + DAY).window(zone).start


def test_a_window_that_ends_at_midnight_does_not_touch_the_next_day() -> None:
    window = Window(utc("2024-10-26 22:00"), utc("2024-10-27 23:00"))
    assert days_of(window, ZoneInfo("Europe/Berlin")) == Days(date(2024, 10, 27), date(2024, 10, 27))


# The rest of a window


@given(windows(), st.lists(windows(), max_size=5), moments)
def test_the_rest_of_a_window_is_what_no_part_has_published(
    window: Window, published: list[Window], moment: datetime
) -> None:
    left = left_of(window, published)

    def lies_in(some: list[Window]) -> bool:
        return any(piece.start <= moment < piece.end for piece in some)

    assert lies_in(left) == (lies_in([window]) and not lies_in(published))
    assert all(one.end <= other.start for one, other in pairwise(left))
    assert all(window.start <= piece.start and piece.end <= window.end for piece in left)


@pytest.mark.parametrize(
    ("done", "left"),
    [
        ([], [(1, 9)]),
        ([(1, 9)], []),
        ([(0, 10)], []),
        ([(1, 3), (3, 9)], []),
        ([(1, 3)], [(3, 9)]),
        ([(3, 5)], [(1, 3), (5, 9)]),
        ([(2, 3), (5, 6)], [(1, 2), (3, 5), (6, 9)]),
        ([(5, 6), (2, 3), (2, 6)], [(1, 2), (6, 9)]),
        ([(0, 1), (9, 10)], [(1, 9)]),
    ],
)
def test_the_rest_of_a_window_is_cut_around_published_parts(
    done: list[tuple[int, int]], left: list[tuple[int, int]]
) -> None:
    def window(hours: tuple[int, int]) -> Window:
        return Window(*(utc("2040-01-01") + timedelta(hours=hour) for hour in hours))

    assert left_of(window((1, 9)), [window(hours) for hours in done]) == [window(hours) for hours in left]


# Portions


@given(pieces(), st.none() | st.floats(1, 1e9), st.lists(st.tuples(st.booleans(), st.integers(0, 10**8))))
def test_portions_give_out_each_day_once_and_in_order_whatever_they_learn_or_take_back(
    given_days: list[Days], rate: float | None, lessons: list[tuple[bool, int]]
) -> None:
    """As in a run, one portion is under way: it is learnt from or taken back before the next is given out."""
    portions = Portions(list(given_days), rate)
    read: list[date] = []
    upcoming = iter(lessons)
    while (portion := portions.next()) is not None:
        is_taken_back, lines = next(upcoming, (False, 1))
        if is_taken_back and len(portion) > 1:
            portions.take_back(portion, TOO_MANY_LINES + lines)
        else:
            portions.learn(portion, lines)
            read += each(portion)
    assert read == [day for piece in given_days for day in each(piece)]
    assert portions.left == []


@given(days, st.integers(2, 3000), st.none() | st.floats(1, 1e9), st.integers(TOO_MANY_LINES + 1, 10**9))
def test_a_portion_that_is_taken_back_is_given_out_again_in_smaller_ones(
    first: date, count: int, rate: float | None, lines: int
) -> None:
    portions = Portions([Days(first, first + (count - 1) * DAY)], rate)
    portion = portions.next()
    assert portion is not None
    calls = 0
    while len(portion) > 1:
        portions.take_back(portion, lines)
        smaller = portions.next()
        assert smaller is not None
        assert smaller.first == portion.first
        assert len(smaller) <= len(portion) // 2
        portion, calls = smaller, calls + 1
    assert calls <= 11


def read_all(portions: Portions, lines_of: Callable[[Days], int]) -> list[Days]:
    """The calls of a run, which gives up a call that brings too much."""
    calls = []
    while (portion := portions.next()) is not None:
        calls.append(portion)
        lines = lines_of(portion)
        if lines > TOO_MANY_LINES and len(portion) > 1:
            portions.take_back(portion, TOO_MANY_LINES + 1)
        else:
            portions.learn(portion, lines)
    return calls


YEAR = Days(date(2039, 1, 1), date(2039, 12, 31))


@pytest.mark.parametrize(("a_day", "most"), [(0, 4), (1, 4), (100, 4), (1000, 5), (10_000, 16)])
@pytest.mark.parametrize("is_known", [True, False], ids=["known", "never read"])
def test_a_year_of_a_small_project_takes_a_handful_of_calls(a_day: int, most: int, is_known: bool) -> None:
    calls = read_all(Portions([YEAR], float(max(1, a_day)) if is_known else None), lambda portion: a_day * len(portion))
    assert len(calls) <= most


def test_twenty_years_without_an_event_take_a_few_calls() -> None:
    calls = read_all(Portions([Days(date(2020, 1, 1), date(2039, 12, 31))]), lambda _: 0)
    assert len(calls) <= 10
    assert max(map(len, calls)) <= 2_000


def test_a_project_known_to_have_no_events_is_read_in_large_portions() -> None:
    assert len(read_all(Portions([YEAR], 0.0), lambda _: 0)) <= 3


def test_days_with_many_lines_are_found_in_a_few_calls() -> None:
    """The sparse days before them are no reason to try again a portion that was too large."""

    def lines(portion: Days) -> int:
        return sum(LINES_PER_PART if day >= date(2039, 12, 20) else 10 for day in each(portion))

    calls = read_all(Portions([Days(date(2039, 10, 3), YEAR.last)], most_days=90), lines)
    assert len(calls) <= 12 + 10


@pytest.mark.parametrize("a_day", [LINES_PER_PART, 3 * LINES_PER_PART, 100 * LINES_PER_PART])
def test_a_large_project_is_read_day_by_day(a_day: int) -> None:
    calls = read_all(Portions([YEAR]), lambda portion: a_day * len(portion))
    assert {len(portion) for portion in calls[4:]} == {1}
    assert len(calls) <= len(YEAR) + 4


def test_a_project_that_grows_suddenly_takes_a_few_calls_more() -> None:
    def lines(portion: Days) -> int:
        return sum(LINES_PER_PART if day >= date(2039, 7, 1) else 10 for day in each(portion))

    calls = read_all(Portions([YEAR]), lines)
    assert len([portion for portion in calls if portion.last < date(2039, 7, 1)]) <= 12
    assert len(calls) <= 184 + 24


def test_a_day_that_is_larger_than_any_portion_is_read_alone() -> None:
    assert len(read_all(Portions([Days(NOW.date(), NOW.date())]), lambda _: 10**9)) == 1


# Windows that move with the day


def test_recent_means_the_last_seven_days_including_today() -> None:
    assert asked(reread="recent") == Window(utc("2040-03-09"), utc("2040-03-16"))


def test_arrivals_are_read_as_far_back_as_the_lookback_setting() -> None:
    assert asked(of=options(lookback_days=5)) == Window(utc("2040-03-11"), utc("2040-03-16"))


def rereadings(zone: str, retention_days: int, count: int) -> Counter[int]:
    """How often one slice and one recent reading a day read each day again, by the day's age on the last day."""
    read: Counter[int] = Counter()
    given_options = options(zone, retention_days)
    last_day = (NOW + (count - 1) * DAY).astimezone(given_options.zone).date()
    for number in range(count):
        now = NOW + number * DAY
        for reread in ("recent", "slice"):
            found = days_of(asked(now, given_options, reread=reread), given_options.zone)
            read.update((last_day - day).days for day in each(found))
    return read


@pytest.mark.parametrize("retention_days", [8, 30, 37, 38, *(pytest.param(days) for days in (90, 365, 400, 730)), 1827])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Pacific/Apia"])
def test_over_31_consecutive_days_every_day_of_the_retention_is_read_again(zone: str, retention_days: int) -> None:
    read = rereadings(zone, retention_days, 31)
    assert [age for age in range(retention_days) if not read[age]] == []


@pytest.mark.parametrize("retention_days", [8, 30, 37, 38, 90, 365, 400, 730, 1827])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Pacific/Apia"])
def test_over_60_consecutive_days_every_day_of_the_retention_is_read_again(zone: str, retention_days: int) -> None:
    read = rereadings(zone, retention_days, 60)
    assert [age for age in range(retention_days) if not read[age]] == []


def test_31_days_of_slices_cover_the_retention_from_whichever_day_they_start() -> None:
    for begun in range(30):
        read: set[date] = set()
        for number in range(31):
            now = NOW + (begun + number) * DAY
            read.update(each(days_of(asked(now, reread="slice"), ZoneInfo("UTC"))))
        last = (NOW + (begun + 30) * DAY).date()
        assert {last - age * DAY for age in range(37, 730)} <= read


@pytest.mark.parametrize("retention_days", [90, 730, 1827])
def test_a_slice_is_hardly_more_than_a_thirtieth_of_the_retention(retention_days: int) -> None:
    for number in range(30):
        window = asked(NOW + number * DAY, options(retention_days=retention_days), reread="slice")
        assert window.end - window.start <= timedelta(days=retention_days / 29 + 2)


@pytest.mark.parametrize("nights", [1, 2, 7, 90])
def test_in_the_nights_of_a_period_every_older_day_is_read_again(nights: int) -> None:
    for begun in range(3):
        read: set[date] = set()
        for number in range(nights):
            now = NOW + (begun + number) * DAY
            read.update(
                each(days_of(asked(now, replace(options(), reread_days=nights), reread="slice"), ZoneInfo("UTC")))
            )
        last = (NOW + (begun + nights - 1) * DAY).date()
        assert {last - age * DAY for age in range(7 + nights, 730)} <= read


@given(windows(), zones, moments)
def test_a_window_stays_within_what_was_asked_and_ends_with_today_at_the_latest(
    window: Window, zone: ZoneInfo, now: datetime
) -> None:
    def ask() -> Window:
        return asked(now, options(zone.key), **{"from": window.start.isoformat(), "to": window.end.isoformat()})

    if window.start >= now:
        with pytest.raises(RequestError, match="future"):
            ask()
    else:
        today = now.astimezone(zone).date()
        assert ask() == Window(window.start, min(window.end, Days(today, today).window(zone).end))
