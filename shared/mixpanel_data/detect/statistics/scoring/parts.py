"""What each name contributes to all names together: its counts, the counts expected of it, and their variance."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixpanel_data.detect.statistics.forecasting.forecast import Forecast, ForecastSlice
from mixpanel_data.detect.statistics.tails import Floats

# Of a name with fewer events, come and expected, nobody can tell from two days whether it is part of a change.
_LEAST_EVENTS = 12.0

_Small = NDArray[np.float32]
_SOMETIMES = ("most", "least", "arrived")


@dataclass(frozen=True, slots=True)
class Parts:
    """Names x minutes, all 0 while a name is too young to be judged; in single precision, for there may be many names.

    `dispersion`, `hour` and `shared` are names x stretches of `minutes` minutes each, in which they do not change: the
    variance as a multiple of the mean, and the relative variances of the forecast (see Forecast). `most` and `least`:
    the counts that are no news on either side, None where both are `means`. `arrived`: the share of each minute's
    events that can have arrived by now; None where that is all of them.
    """

    counts: _Small
    means: _Small
    minutes: tuple[int, ...]
    dispersion: _Small
    hour: _Small
    shared: _Small
    most: _Small | None = None
    least: _Small | None = None
    arrived: _Small | None = None

    @classmethod
    def of(cls, counts: Floats, forecasts: Sequence[ForecastSlice], arrived: Floats | None = None) -> "Parts":
        """The parts of the minutes that these forecasts cover, one after another."""
        sizes = tuple(each.size for each in forecasts)
        is_judged = np.repeat(np.stack([each.forecast.is_judged for each in forecasts], axis=1), sizes, axis=1)
        means, most, least = (
            (np.concatenate([each.of(side(each.forecast)) for each in forecasts], axis=1) * is_judged).astype(
                np.float32
            )
            for side in (Forecast.expected, _most, _least)
        )
        return cls(
            counts=(counts * is_judged).astype(np.float32),
            means=means,
            minutes=sizes,
            dispersion=_columns([each.forecast.dispersion[-1] for each in forecasts]),
            hour=_columns([each.forecast.hour_variance for each in forecasts]),
            shared=_columns([each.forecast.shared_variance for each in forecasts]),
            most=None if np.array_equal(most, means) else most,
            least=None if np.array_equal(least, means) else least,
            arrived=None if arrived is None else arrived.astype(np.float32),
        )

    @classmethod
    def none(cls) -> "Parts":
        """The parts of no names, over no minutes."""
        nothing = np.zeros((0, 0), dtype=np.float32)
        return cls(nothing, nothing, (), nothing, nothing, nothing)

    @classmethod
    def following(cls, parts: Sequence["Parts"]) -> "Parts":
        """The parts of the same names in stretches of time that follow each other; at least one stretch."""
        # A stretch without minutes has figures too, and no place among the others.
        filled = [each for each in parts if each.size] or parts[:1]
        return cls._joined(filled, tuple(size for each in filled for size in each.minutes), axis=1)

    @classmethod
    def together(cls, parts: Sequence["Parts"]) -> "Parts":
        """The parts of several groups of names over the same minutes, below each other. At least one group."""
        return cls._joined(parts, parts[0].minutes, axis=0)

    @classmethod
    def _joined(cls, parts: Sequence["Parts"], sizes: tuple[int, ...], axis: int) -> "Parts":
        def joined(name: str) -> _Small:
            return np.concatenate([each._given(name) for each in parts], axis=axis)

        always = {name: joined(name) for name in ("counts", "means", "dispersion", "hour", "shared")}
        sometimes = {
            name: joined(name) for name in _SOMETIMES if any(getattr(each, name) is not None for each in parts)
        }
        return cls(**always, minutes=sizes, **sometimes)

    @property
    def size(self) -> int:
        """The number of minutes."""
        return int(self.counts.shape[1])

    def last(self, minutes: int) -> "Parts":
        """A copy of the last minutes."""
        kept, sizes = min(minutes, self.size), list[int]()
        for size in reversed(self.minutes):
            if (left := kept - sum(sizes)) <= 0:
                break
            sizes.insert(0, min(size, left))
        stretches = slice(len(self.minutes) - len(sizes), None)
        newest = slice(self.size - kept, None)
        return Parts(
            counts=self.counts[:, newest].copy(),
            means=self.means[:, newest].copy(),
            minutes=tuple(sizes),
            dispersion=self.dispersion[:, stretches].copy(),
            hour=self.hour[:, stretches].copy(),
            shared=self.shared[:, stretches].copy(),
            **{name: figures[:, newest].copy() for name, figures in self._sometimes()},
        )

    def as_rise(self) -> "Parts":
        """The same with the most events that are no news in place of those expected."""
        return replace(self, means=self._given("most"), most=None, least=None, arrived=None)

    def as_fall(self) -> "Parts":
        """The same with the fewest that are no news: what has not arrived yet is not missing."""
        least = self._given("least")
        due = least if self.arrived is None else least * self.arrived
        return replace(self, means=due, most=None, least=None, arrived=None)

    def of_enough_events(self) -> tuple["Parts", "Parts | None", NDArray[np.bool_]]:
        """(the names with a dozen events, come or expected; all others as one, None where there are none; the former).

        So a flood of names that come once is one row.
        """
        is_kept = self._events() >= _LEAST_EVENTS
        return self._rows(is_kept), None if is_kept.all() else self._rows(~is_kept).as_one(), is_kept

    def of_rows(self, rows: Sequence[int]) -> "Parts":
        """The parts of the names in these rows."""
        return self._rows(np.array(rows, dtype=np.int64))

    def largest(self, names: int) -> "Parts":
        """The parts of the names with the most events, come or expected; at most so many."""
        return self._rows(np.sort(np.argsort(-self._events(), kind="stable")[:names]))

    def of_each_minute(self, figures: _Small) -> Floats:
        """One of the figures of stretches, as names x minutes."""
        return np.repeat(figures.astype(np.float64), self.minutes, axis=1)

    def _events(self) -> Floats:
        """The events of each name, come or expected, whichever are more."""
        come, expected = (each.sum(axis=1, dtype=np.float64) for each in (self.counts, self.means))
        events: Floats = np.maximum(come, expected)
        return events

    def _rows(self, rows: NDArray[Any]) -> "Parts":
        return Parts(
            counts=self.counts[rows],
            means=self.means[rows],
            minutes=self.minutes,
            dispersion=self.dispersion[rows],
            hour=self.hour[rows],
            shared=self.shared[rows],
            **{name: figures[rows] for name, figures in self._sometimes()},
        )

    def _given(self, name: str) -> _Small:
        """A field, or what stands for it where it is None."""
        figures: _Small | None = getattr(self, name)
        if figures is not None:
            return figures
        return np.ones_like(self.means) if name == "arrived" else self.means

    def _sometimes(self) -> Iterator[tuple[str, _Small]]:
        for name in _SOMETIMES:
            figures: _Small | None = getattr(self, name)
            if figures is not None:
                yield name, figures

    def as_one(self) -> "Parts":
        """All names as one: chance adds up by its variance, and the forecasts' errors as if all erred alike."""
        starts = np.cumsum((0, *self.minutes[:-1]))
        means = np.add.reduceat(self.means, starts, axis=1) if self.size else np.zeros_like(self.dispersion)
        total = np.maximum(means.sum(axis=0, keepdims=True), 1e-9)
        weights = means / total
        expected = self.means.sum(axis=0, keepdims=True)
        sums = {name: figures.sum(axis=0, keepdims=True) for name, figures in self._sometimes() if name != "arrived"}
        if self.arrived is not None:
            due = (self.means * self.arrived).sum(axis=0, keepdims=True)
            sums["arrived"] = np.where(expected > 0.0, due / np.maximum(expected, 1e-30), 1.0).astype(np.float32)
        return Parts(
            counts=self.counts.sum(axis=0, keepdims=True),
            means=expected,
            minutes=self.minutes,
            dispersion=np.maximum((self.dispersion * weights).sum(axis=0, keepdims=True), np.float32(1.0)),
            hour=np.square((np.sqrt(self.hour) * weights).sum(axis=0, keepdims=True)),
            shared=np.square((np.sqrt(self.shared) * weights).sum(axis=0, keepdims=True)),
            **sums,
        )


def _most(forecast: Forecast) -> Floats:
    most = forecast.minutes * forecast.most_level[:, None]
    return most if forecast.scheduled is None else most + forecast.scheduled.most


def _least(forecast: Forecast) -> Floats:
    least = forecast.minutes * forecast.least_level[:, None]
    return least if forecast.scheduled is None else least + forecast.scheduled.least


def _columns(figures: Sequence[Floats]) -> _Small:
    return np.stack(figures, axis=1).astype(np.float32)
