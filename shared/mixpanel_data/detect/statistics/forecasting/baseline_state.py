"""The learned figures of baselines, and how they are stored: one compressed state for each name.

A state is a header (version, bins of an hour, fingerprint of the time zone), the figures of all parts in the order of
`_PARTS` as 64-bit floats, and the bursts that schedules remember: their number, their places as 32-bit integers and
their counts as 32-bit floats; all little-endian, compressed as a whole (zlib).
"""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from mixpanel_data.detect.statistics.forecasting import (
    dispersion,
    excess_variance,
    hour_shape,
    level,
    schedule,
    seasons,
)
from mixpanel_data.detect.statistics.forecasting.calendar import Calendar
from mixpanel_data.detect.statistics.tails import Floats

VERSION = 2
"""Of the layout and meaning of a state. One of another version has to be learned again."""

_PARTS = {
    # Age in hours, hours clipped in a row, and the day so far: its sum, and the sum expected.
    "sums": 4,
    "hours_excess": excess_variance.ROWS,
    "days_excess": excess_variance.ROWS,
    "level": level.ROWS,
    "seasons": seasons.ROWS,
    "hour_shape": hour_shape.ROWS,
    "dispersion": dispersion.ROWS,
    "schedule": schedule.ROWS,
}
_ROWS = sum(_PARTS.values())
_HEADER = struct.Struct("<HHI")
_FAST = 1


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of some names, _ROWS x names, and their bursts, names x hours and bins."""

    rows: Floats
    bursts: NDArray[np.float32]

    def parts(self) -> dict[str, Floats]:
        """The rows of each part; learning writes into them."""
        ends = accumulate(_PARTS.values())
        return {name: self.rows[end - size : end] for (name, size), end in zip(_PARTS.items(), ends, strict=True)}


def fresh(names: int, bins: int) -> Figures:
    """The figures of names without any history."""
    figures = Figures(np.zeros((_ROWS, names)), np.zeros((names, schedule.MEMORY_HOURS * bins), np.float32))
    parts = figures.parts()
    level.Level.fresh(parts["level"])
    seasons.Seasons.fresh(parts["seasons"])
    return figures


def packed(figures: Figures, bins: int, calendar: Calendar) -> list[bytes]:
    """A state for each name."""
    header = _HEADER.pack(VERSION, bins, calendar.fingerprint)
    return [
        zlib.compress(header + column.astype("<f8").tobytes() + _packed_bursts(bursts), _FAST)
        for column, bursts in zip(figures.rows.T, figures.bursts, strict=True)
    ]


def unpacked(states: Sequence[bytes], bins: int, calendar: Calendar) -> Figures:
    """The figures of these states. Raises ValueError for one that was stored otherwise."""
    figures = fresh(len(states), bins)
    header = _HEADER.pack(VERSION, bins, calendar.fingerprint)
    for name, state in enumerate(states):
        raw = _decompressed(state)
        if raw[: _HEADER.size] != header:
            raise ValueError(
                f"a baseline of version {VERSION} in {bins} bins an hour and the time zone {calendar.zone.key} "
                "begins otherwise"
            )
        end = _HEADER.size + 8 * _ROWS
        figures.rows[:, name] = np.frombuffer(raw[_HEADER.size : end], "<f8")
        places, counts = _unpacked_bursts(raw[end:])
        figures.bursts[name, places] = counts
    return figures


def _decompressed(state: bytes) -> bytes:
    try:
        return zlib.decompress(state)
    except zlib.error as error:
        raise ValueError(f"a baseline of version {VERSION} is compressed: {error}") from error


def _packed_bursts(bursts: NDArray[np.float32]) -> bytes:
    places = np.flatnonzero(bursts)
    return places.astype("<i4").tobytes() + bursts[places].astype("<f4").tobytes()


def _unpacked_bursts(raw: bytes) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    half = len(raw) // 2
    return np.frombuffer(raw[:half], "<i4"), np.frombuffer(raw[half:], "<f4")
