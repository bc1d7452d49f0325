"""Schedules: bursts of a minute or a few that come back at the same minute of the hour, of the day, or of the week.

A job that sends forty events in the first minute of each hour is no news, and none of the smooth rates of `seasons`
and `hour_shape` has room for it. So every burst is remembered for three weeks, and a minute expects what came at the
same minute before: of the last three hours, five days or three weeks, the second largest. One burst alone makes no
schedule, except for a name that is not three days old yet (of the day before), or three weeks (of the week before): its
second Monday need not be told.

Where bursts come at random all the time, as events in batches do, some follow others by an hour, a day or a week. So
for each of the three periods, hits are counted: the bursts in the minutes that it covers, against those that chance
would put there. A period that covers much, and hits less than twice as much as chance, is not believed.

What has to come is less: the second smallest of both the last five days and the last three weeks, once a name is a week
old. So a job of some days of the week is expected, and not missed.

Days and weeks count as the clock on the wall does; jobs that do not follow a change of clocks are found too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixpanel_data.detect.statistics.forecasting.calendar import DAY_HOURS, WEEK_HOURS, Calendar
from mixpanel_data.detect.statistics.tails import Floats

MEMORY_HOURS = 22 * DAY_HOURS
"""Hours for which bursts are remembered."""

_LAGS = {1: (1, 2, 3), DAY_HOURS: (24, 48, 72, 96, 120), WEEK_HOURS: (168, 336, 504)}
ROWS = 4 * len(_LAGS)
"""Figures for each name, for each period, fading: bursts, those of them that it hit, the minutes that it covered, and
all minutes."""

_HALF_LIFE_HOURS = 24 * 7.0
# A period that covers more than this share has to hit so many times as many bursts as chance would.
_MOST_COVERED, _LEAST_LIFT = 0.05, 2.0
_LEAST_BINS = 12
_LEAST_BURST = 3.0
# A burst stands out from the other minutes of its hour by this many of their widths.
_BURST_WIDTHS = 4.0
# A run of a known job need not stand out as far, or a job of ten events would be known today and not tomorrow.
_KNOWN_BURST_WIDTHS = 1.5
# Relative to the count: the least standard deviation of what may come, and that of what has to come.
_DEVIATION_OF_MOST = 0.3
_DEVIATION_OF_LEAST = 0.25


@dataclass(frozen=True, slots=True)
class Scheduled:
    """The counts that schedules add in an hour, names x bins each.

    `most` is what may come, also a minute early or late, and `least` what has to come within a minute or so; each with
    its variance. `usual` lies between them.
    """

    usual: Floats
    most: Floats
    most_variance: Floats
    least: Floats
    least_variance: Floats


class Schedule:
    """The bursts of each name in the last three weeks."""

    def __init__(self, rows: Floats, bursts: NDArray[np.float32], bins: int, calendar: Calendar) -> None:
        """Go on from `rows`, ROWS x names, and `bursts`, names x (MEMORY_HOURS x bins), and learn into them.

        Bursts stand in the order of the hours since 1970, modulo MEMORY_HOURS.
        """
        self._bursts_seen, self._hits, self._covered, self._minutes = rows.reshape(4, len(_LAGS), rows.shape[1])
        self._bursts = bursts
        self._has_bursts = np.array(bursts.reshape(len(bursts), MEMORY_HOURS, bins).any(axis=2))
        self._bins = bins
        self._calendar = calendar
        self._periods: tuple[int, _Periods | None] | None = None

    def forecast(self, hour: int, age_hours: Floats) -> Scheduled | None:
        """What schedules add in an hour; None where there are none."""
        periods = self._of(hour, age_hours)
        if periods is None:
            return None
        rows = periods.rows
        is_believed = self._believed()[:, rows, None]
        around = (periods.around * is_believed).max(axis=0)
        usual = _without_edges(around)
        spread = np.maximum(periods.spread * (around > 0.0), _DEVIATION_OF_MOST * around)
        # Until a week is known, nobody can tell a job of working days. Hours have no say: a job that stopped is missed
        # for days, and after two hours they would not know it any more.
        least = (periods.sure * is_believed[1:]).min(axis=0) * (age_hours[rows] >= WEEK_HOURS)[:, None]
        most, most_variance = _within_a_minute(around), _within_a_minute(spread) ** 2
        figures = (usual, most, most_variance, least, (_DEVIATION_OF_LEAST * least) ** 2)
        return Scheduled(*(self._spread_out(rows, each) for each in figures))

    def learn(self, hour: int, counts: Floats, age_hours: Floats, scheduled: Scheduled | None) -> None:
        """Remember the bursts of an hour, names x bins.

        `scheduled` is what `forecast` said of the hour, with the same `age_hours`.
        """
        if self._bins < _LEAST_BINS:
            return
        self._learn_hits(hour, _bursts(counts, _BURST_WIDTHS) > 0.0, age_hours)
        bursts = _bursts(counts, _widths(scheduled))
        self._bursts[:, self._columns(hour)] = bursts
        self._has_bursts[:, hour % MEMORY_HOURS] = bursts.any(axis=1)
        self._periods = None

    def _learn_hits(self, hour: int, is_burst: NDArray[np.bool_], age_hours: Floats) -> None:
        kept = 0.5 ** (1.0 / _HALF_LIFE_HOURS)
        for sums in (self._bursts_seen, self._hits, self._covered, self._minutes):
            sums *= kept
        if periods := self._of(hour, age_hours):
            for at, around in enumerate(periods.around):
                is_covered = _within_a_minute(around) > 0.0
                self._covered[at, periods.rows] += is_covered.sum(axis=1)
                self._hits[at, periods.rows] += (is_covered & is_burst[periods.rows]).sum(axis=1)
        self._bursts_seen += is_burst.sum(axis=1)
        self._minutes += self._bins

    def _believed(self) -> NDArray[np.bool_]:
        """Periods x names: those whose hits are not chance's."""
        covered = self._covered / np.maximum(self._minutes, 1.0)
        is_lifted: NDArray[np.bool_] = self._hits >= _LEAST_LIFT * covered * self._bursts_seen
        return (covered <= _MOST_COVERED) | is_lifted

    def _of(self, hour: int, age_hours: Floats) -> "_Periods | None":
        """What came at the lags of each period; None where nothing did."""
        if self._periods is None or self._periods[0] != hour:
            self._periods = hour, self._read(hour, age_hours)
        return self._periods[1]

    def _read(self, hour: int, age_hours: Floats) -> "_Periods | None":
        hours = {period: [self._hours_at(hour, lag) for lag in lags] for period, lags in _LAGS.items()}
        every = sorted({each % MEMORY_HOURS for lags in hours.values() for at in lags for each in at})
        rows = np.flatnonzero(self._has_bursts[:, every].any(axis=1))
        if not len(rows):
            return None
        bursts = {period: [self._at(rows, at, np.max) for at in lags] for period, lags in hours.items()}
        sure = {period: [self._at(rows, at, np.min) for at in lags] for period, lags in hours.items() if period > 1}
        # Of so few days or weeks, one is enough.
        is_young = {period: (period > 1) & (age_hours[rows] < 3 * period) for period in _LAGS}
        around = [_ranked(lags, -2, is_young[period]) for period, lags in bursts.items()]
        least = [_without_edges(_ranked(lags, 1, is_young[period])) for period, lags in sure.items()]
        spread = np.max([_spread(lags) for lags in bursts.values()], axis=0)
        return _Periods(rows, np.stack(around), np.stack(least), spread)

    def _hours_at(self, hour: int, lag: int) -> tuple[int, ...]:
        """The hours so many hours before, by either way to count them."""
        return (hour - lag,) if lag < DAY_HOURS else (hour - lag, self._calendar.hours_back(hour, lag))

    def _at(self, rows: NDArray[np.intp], hours: tuple[int, ...], of: Callable[..., Any]) -> Floats:
        """The bursts of hours that count as one: the greatest or the least `of` them."""
        bursts = of([self._around(rows, each) for each in sorted(set(hours))], axis=0)
        return np.asarray(bursts, dtype=np.float64)

    def _around(self, rows: NDArray[np.intp], hour: int) -> NDArray[np.float32]:
        """The bursts of an hour, of the bin before it and of the one after it."""
        first = hour % MEMORY_HOURS * self._bins
        places = np.arange(first - 1, first + self._bins + 1) % self._bursts.shape[1]
        bursts: NDArray[np.float32] = self._bursts[rows[:, None], places]
        return bursts

    def _spread_out(self, rows: NDArray[np.intp], figures: Floats) -> Floats:
        """Figures of some names as those of all."""
        every = np.zeros((len(self._bursts), self._bins))
        every[rows] = figures
        return every

    def _columns(self, hour: int) -> slice:
        first = hour % MEMORY_HOURS * self._bins
        return slice(first, first + self._bins)


@dataclass(frozen=True, slots=True)
class _Periods:
    """What came at the lags of an hour's periods, for the names `rows` that had bursts there.

    `around`, periods x names x bins, with one bin more on either side: the burst that a period expects; `spread`, names
    x bins, with one more on either side: how far they differ; `sure`, periods x names x bins, of days and weeks alone:
    the burst that most of them had, by either clock.
    """

    rows: NDArray[np.intp]
    around: Floats
    sure: Floats
    spread: Floats


def _widths(scheduled: Scheduled | None) -> "Floats | float":
    """By how many widths a burst has to stand out, names x bins."""
    if scheduled is None:
        return _BURST_WIDTHS
    return np.where(scheduled.most > 0.0, _KNOWN_BURST_WIDTHS, _BURST_WIDTHS)


def _ranked(lags: list[Floats], place: int, one_is_enough: NDArray[np.bool_]) -> Floats:
    """The bursts at some lags in ascending order: that at the place, or the largest where one is enough."""
    ordered = np.sort(lags, axis=0)
    ranked: Floats = np.where(one_is_enough[:, None], ordered[-1], ordered[place])
    return ranked


def _bursts(counts: Floats, widths: "Floats | float") -> Floats:
    """The counts beyond the middle of the hour's, of bins that stand out from the others by `widths`; else 0."""
    bursts = np.zeros_like(counts)
    rows = np.flatnonzero(counts.max(axis=1, initial=0.0) >= _LEAST_BURST)
    if not len(rows):
        return bursts
    candidates, bins = counts[rows], counts.shape[1]
    places = (bins // 2, bins * 84 // 100)
    middle, high = np.partition(candidates, places, axis=1)[:, places].T
    width = np.maximum(np.maximum(high - middle, np.sqrt(middle)), 0.5)
    widths = widths if isinstance(widths, float) else widths[rows]
    least = np.maximum(middle[:, None] + widths * width[:, None], _LEAST_BURST)
    bursts[rows] = np.where(candidates >= least, candidates - middle[:, None], 0.0)
    return bursts


def _spread(lags: list[Floats]) -> Floats:
    """The distance between the largest and the smallest of the bursts that came."""
    came = np.where(np.array(lags) > 0.0, lags, np.inf).min(axis=0)
    spread: Floats = np.where(np.isfinite(came), np.max(lags, axis=0) - np.where(np.isfinite(came), came, 0.0), 0.0)
    return spread


def _within_a_minute(around: Floats) -> Floats:
    """The greatest of each bin and its two neighbours; without the bins at either side."""
    greatest: Floats = np.maximum(np.maximum(around[:, :-2], around[:, 1:-1]), around[:, 2:])
    return greatest


def _without_edges(around: Floats) -> Floats:
    return around[..., 1:-1]
