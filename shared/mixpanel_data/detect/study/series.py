"""Scores a series from anywhere, row by row, with the model that fits it.

The first 72 rows choose the model; their scores are 0 and their bands are those of `values`:

- `counts`, where they are counts a minute: whole numbers of at least 0, at whole minutes, each later than the one
  before, and at least three steps in four are one minute. A minute without a row counts 0, as in `event_minutes`.
- `values` otherwise; and from the first later row on that is not such a count, after the last 10,000 rows before it.

So counts of 5 minutes or an hour are scored as values unless `counts` is asked for: on the benchmark, which has such
series, that model is the better one for them. With `kind` given, no rule decides: `counts` then takes the shortest
step of the first 72 rows as its own, which has to divide the hour, and refuses rows that are not counts.
"""

import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, islice, pairwise

import numpy as np

from mixpanel_data.base.choices import SeriesKind
from mixpanel_data.detect.statistics.point_score import PointScore
from mixpanel_data.detect.statistics.scoring.counts import CountsModel, cut_deviate
from mixpanel_data.detect.statistics.values import EPISODE_POINTS, MOST_VALUE, ValuesModel

DECIDING_ROWS = EPISODE_POINTS
"""The rows that choose the model; all of them have the score 0."""

_LEAST_SHARE_OF_MINUTES = 0.75
_ROWS_AT_ONCE = 1440
# Learning as values costs more than scoring as counts, so it waits until it is needed.
_STAND_BY_ROWS = 10_000
_MOST_COUNT = 1e9
_MOST_GAP_MINUTES = 366 * 1440
_HOUR_MINUTES = 60


@dataclass(frozen=True, slots=True)
class SeriesPoint:
    """One row: its time, UTC where it names no zone, and the value measured or counted then."""

    at: datetime
    value: float

    @property
    def minute(self) -> float:
        """Minutes since 1970 UTC."""
        aware = self.at if self.at.tzinfo else self.at.replace(tzinfo=UTC)
        return aware.timestamp() / 60.0


_Row = tuple[int, SeriesPoint]
"""A row's number, 1 for the first, and its point."""


def scored(points: Iterable[SeriesPoint], kind: SeriesKind | None = None) -> Iterator[PointScore]:
    """A score for each point, in their order, from it and earlier points alone; `kind` None: by the rule above.

    `values` takes rows in the order they come, whatever their times. Raises ValueError naming the row (1 is the
    first) whose value is not a finite number, or that is not a count of a later time where counts were asked for.
    """
    rows = enumerate(points, start=1)
    if kind is SeriesKind.VALUES:
        yield from _as_values(rows, ValuesModel())
        return
    first = list(islice(rows, DECIDING_ROWS))
    model = ValuesModel()
    yield from _as_values(first, model)
    is_asked_for = kind is SeriesKind.COUNTS
    if is_asked_for or _are_counts([point for _, point in first]):
        counts = _CountsSeries(_step_minutes(first))
        # Fed without yielding: the deciding rows have their scores already, so that a series cut short among them
        # reads the same.
        counts.score([point for _, point in _fitting(first, counts, is_asked_for=is_asked_for)])
        yield from _as_counts(rows, counts, None if is_asked_for else _StandBy(first))
    else:
        yield from _as_values(rows, model)


def _are_counts(points: Sequence[SeriesPoint]) -> bool:
    if len(points) < DECIDING_ROWS or any(_fault(point, None, 1) for point in points):
        return False
    steps = [after.minute - before.minute for before, after in pairwise(points)]
    return min(steps) > 0.0 and sum(step == 1.0 for step in steps) >= _LEAST_SHARE_OF_MINUTES * len(steps)


def _step_minutes(first: Sequence[_Row]) -> int:
    """The shortest step of the first rows. Raises ValueError if it does not divide the hour."""
    steps = [after.minute - before.minute for (_, before), (_, after) in pairwise(first)]
    step = min((step for step in steps if step > 0.0), default=1.0)
    if step not in range(1, _HOUR_MINUTES + 1) or _HOUR_MINUTES % step:
        raise ValueError(
            f"rows 1 to {len(first)}: the shortest step is {step:g} minutes. Counts need a step of whole minutes that "
            "divides the hour; choose values for this series."
        )
    return int(step)


def _as_values(rows: Iterable[_Row], model: ValuesModel) -> Iterator[PointScore]:
    for row, point in rows:
        _check_number(row, point)
        yield model.score(point.value)


def _as_counts(rows: Iterator[_Row], model: "_CountsSeries", stand_by: "_StandBy | None") -> Iterator[PointScore]:
    """Scores as counts while the rows are counts; then by the model on stand-by."""
    while batch := list(islice(rows, _ROWS_AT_ONCE)):
        fit = list(_fitting(batch, model, is_asked_for=stand_by is None))
        yield from model.score([point for _, point in fit])
        if stand_by is not None:
            stand_by.remember(fit)
            if len(fit) < len(batch):
                yield from _as_values(chain(batch[len(fit) :], rows), stand_by.model())


class _StandBy:
    """The last rows of a series of counts, to be learned once it turns out to be one of other values."""

    def __init__(self, first: Sequence[_Row]) -> None:
        self._values: deque[float] = deque(maxlen=_STAND_BY_ROWS)
        self.remember(first)

    def remember(self, rows: Sequence[_Row]) -> None:
        self._values.extend(point.value for _, point in rows)

    def model(self) -> ValuesModel:
        model = ValuesModel()
        for value in self._values:
            model.score(value)
        return model


def _fitting(batch: Sequence[_Row], model: "_CountsSeries", *, is_asked_for: bool) -> Iterator[_Row]:
    """The rows before the first that is not a count. Raises ValueError for that row if counts were asked for."""
    before = model.last
    for row, point in batch:
        _check_number(row, point)
        if fault := _fault(point, before, model.step):
            if is_asked_for:
                raise ValueError(f"row {row} ({point.at.isoformat()}, {point.value:g}): {fault}")
            return
        before = point.minute
        yield row, point


def _fault(point: SeriesPoint, before: float | None, step: int) -> str | None:
    """The reason why a point is not a count that can follow the minute `before`; None if it is one."""
    if not 0.0 <= point.value <= _MOST_COUNT or point.value != math.floor(point.value):
        return f"a count is a whole number from 0 to {_MOST_COUNT:g}; choose values for other series."
    if point.minute % step:
        return f"its time is not a whole multiple of {step} minutes, the step of the first rows; correct the time."
    if before is not None and point.minute <= before:
        return "counts come in the order of their times, each time once; sort the rows and add up those of one time."
    if before is not None and point.minute - before > _MOST_GAP_MINUTES:
        return "it comes more than a year after the row before; split the series there."
    return None


def _check_number(row: int, point: SeriesPoint) -> None:
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
        self._model: CountsModel | None = None

    def score(self, points: Sequence[SeriesPoint]) -> list[PointScore]:
        """Score points that fit, and none of the zeros between."""
        if not points:
            return []
        positions = np.array([int(point.minute) // self.step for point in points])
        first = positions[0] if self.last is None else int(self.last) // self.step + 1
        if self._model is None:
            self._model = CountsModel(1, int(first) * self.step, cut=cut_deviate(1), step_minutes=self.step)
        counts = np.zeros((1, int(positions[-1] - first) + 1))
        counts[0, positions - first] = [point.value for point in points]
        scores = self._model.score(counts)
        band = self._model.band(scores.minute_expected, scores.minute_variance)
        self.last = points[-1].minute
        figures = (scores.score, scores.minute_expected, *band)
        columns = [[float(figure) for figure in each[0, positions - first]] for each in figures]
        return [PointScore(*row) for row in zip(*columns, strict=True)]
