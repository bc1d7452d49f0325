"""Judges one series of one's own, row by row, with the model that fits it.

Which model applies is decided by the first 72 rows, whose scores are 0 and whose bands are those of `values`:

- `counts`, where they are counts a minute: whole numbers of at least 0, at whole minutes, each later than the one
  before, and at least three steps in four are one minute. A minute that is left out counted 0, as in `event_minutes`.
- `values` otherwise; and from the first later row on that is no such count.

So counts of 5 minutes or an hour are judged as values unless `counts` is asked for: on the benchmark, where those
are, that model is the better one for them. With `kind` given, the rule is not asked: `counts` then takes the
shortest step of the first 72 rows as its own, which has to divide the hour, and refuses rows that are no counts.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import chain, islice, pairwise
from typing import TYPE_CHECKING

from mixpanel_data.detect.judgement import Judgement
from mixpanel_data.detect.values import EPISODE_POINTS, MOST_VALUE, Values

if TYPE_CHECKING:
    from mixpanel_data.detect.counts import Counts

DECIDING_ROWS = EPISODE_POINTS
"""Rows by which the model is chosen; none of them is judged."""

_LEAST_SHARE_OF_MINUTES = 0.75
_ROWS_AT_ONCE = 1440
_MOST_COUNT = 1e9
_MOST_GAP_MINUTES = 366 * 1440
_HOUR_MINUTES = 60


class Kind(StrEnum):
    """Which model judges a series."""

    COUNTS = "counts"
    VALUES = "values"


@dataclass(frozen=True, slots=True)
class Point:
    """One row: when, UTC where no zone is named, and what was measured or counted then."""

    at: datetime
    value: float

    @property
    def minute(self) -> float:
        """Minutes since 1970 UTC."""
        aware = self.at if self.at.tzinfo else self.at.replace(tzinfo=UTC)
        return aware.timestamp() / 60.0


def judged(points: Iterable[Point], kind: Kind | None = None) -> Iterator[Judgement]:
    """A judgement for each point, in their order, from it and earlier ones alone; `kind` None: by the rule above.

    `values` takes rows in the order they come, whatever their times. Raises ValueError naming the row (1 is the
    first) whose value is not a finite number, or that is no count of a later time where counts were asked for.
    """
    rows = enumerate(points, start=1)
    if kind is Kind.VALUES:
        yield from _as_values(rows, Values())
        return
    first = list(islice(rows, DECIDING_ROWS))
    model = Values()
    yield from _as_values(first, model)
    is_wanted = kind is Kind.COUNTS
    if is_wanted or _are_counts([point for _, point in first]):
        counts = _CountsSeries(_step_minutes(first))
        # The rows that decide have been answered for, so that a series cut short among them reads the same.
        list(counts.judge([point for _, point in _fitting(first, counts, is_wanted=is_wanted)]))
        yield from _as_counts(rows, counts, None if is_wanted else model)
    else:
        yield from _as_values(rows, model)


def _are_counts(points: list[Point]) -> bool:
    if len(points) < DECIDING_ROWS or any(_fault(point, None, 1) for point in points):
        return False
    steps = [after.minute - before.minute for before, after in pairwise(points)]
    return min(steps) > 0.0 and sum(step == 1.0 for step in steps) >= _LEAST_SHARE_OF_MINUTES * len(steps)


def _step_minutes(first: list[tuple[int, Point]]) -> int:
    """The shortest step of the first rows. Raises ValueError if it does not divide the hour."""
    steps = [after.minute - before.minute for (_, before), (_, after) in pairwise(first)]
    step = min((step for step in steps if step > 0.0), default=1.0)
    if step not in range(1, _HOUR_MINUTES + 1) or _HOUR_MINUTES % step:
        raise ValueError(
            f"rows 1 to {len(first)}: the shortest step is {step:g} minutes. Counts need one of whole minutes that "
            "divides the hour; other series are judged as values."
        )
    return int(step)


def _as_values(rows: Iterable[tuple[int, Point]], model: Values) -> Iterator[Judgement]:
    for row, point in rows:
        _check_number(row, point)
        yield model.judge(point.value)


def _as_counts(
    rows: Iterator[tuple[int, Point]], model: "_CountsSeries", stand_by: Values | None
) -> Iterator[Judgement]:
    """As counts while the rows are; then by the model on stand-by, which has seen them all too."""
    while batch := list(islice(rows, _ROWS_AT_ONCE)):
        fit = list(_fitting(batch, model, is_wanted=stand_by is None))
        yield from model.judge([point for _, point in fit])
        if stand_by is not None:
            for _, point in fit:
                stand_by.judge(point.value)
            if len(fit) < len(batch):
                yield from _as_values(chain(batch[len(fit) :], rows), stand_by)


def _fitting(batch: list[tuple[int, Point]], model: "_CountsSeries", *, is_wanted: bool) -> Iterator[tuple[int, Point]]:
    """The rows up to the first that is no count. Raises ValueError for that one if counts were asked for."""
    before = model.last
    for row, point in batch:
        _check_number(row, point)
        if fault := _fault(point, before, model.step):
            if is_wanted:
                raise ValueError(f"row {row} ({point.at.isoformat()}, {point.value:g}): {fault}")
            return
        before = point.minute
        yield row, point


def _fault(point: Point, before: float | None, step: int) -> str | None:
    """Why a point is no count that can follow the minute `before`; None if it is one."""
    if not 0.0 <= point.value <= _MOST_COUNT or point.value != math.floor(point.value):
        return f"a count is a whole number from 0 to {_MOST_COUNT:g}; judge other series as values."
    if point.minute % step:
        return f"counts of {step} minutes stand at whole multiples of them."
    if before is not None and point.minute <= before:
        return "counts stand in the order of their times, each time once; sort and add them up first."
    if before is not None and point.minute - before > _MOST_GAP_MINUTES:
        return "more than a year lies between this row and the one before; judge them apart."
    return None


def _check_number(row: int, point: Point) -> None:
    if not math.isfinite(point.value) or abs(point.value) > MOST_VALUE:
        raise ValueError(
            f"row {row} ({point.at.isoformat()}): {point.value!r} is not a finite number of at most {MOST_VALUE:g}. "
            "Leave out rows without a value."
        )


class _CountsSeries:
    """One series as counts, whose missing steps are zeros."""

    def __init__(self, step: int) -> None:
        self.step = step
        self.last: float | None = None
        self._model: Counts | None = None

    def judge(self, points: list[Point]) -> Iterator[Judgement]:
        """Judge points that fit, and none of the zeros between."""
        import numpy as np

        from mixpanel_data.detect.counts import Counts, cut_deviate

        if not points:
            return
        places = np.array([int(point.minute) // self.step for point in points])
        begin = places[0] if self.last is None else int(self.last) // self.step + 1
        if self._model is None:
            self._model = Counts(1, int(begin) * self.step, cut=cut_deviate(1), step_minutes=self.step)
        counts = np.zeros((1, int(places[-1] - begin) + 1))
        counts[0, places - begin] = [point.value for point in points]
        said = self._model.judge(counts)
        low, high = (band[0, places - begin] for band in self._model.band(said))
        self.last = points[-1].minute
        scores, expected = said.score[0, places - begin], said.minute_expected[0, places - begin]
        for row in zip(scores, expected, low, high, strict=True):
            yield Judgement(*(float(figure) for figure in row))
