"""The worlds that the detector is measured in, in groups of one kind.

Unless a group says otherwise, names have rates from 0.05 to 50 events a minute, a daily and a weekly season, and
nothing happens.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from mixpanel_data.detect.statistics.tails import Floats
from support.simulated_changes import days_unlike, levels, stops, zones
from support.simulated_clock import DAY
from support.simulated_counts import SHAPES
from support.simulated_months import months
from support.simulated_traffic import STYLES, Batches, Every, Schedule, Sessions
from support.simulated_world import Size, World, scheduled, world_of


def _batches(size: Size) -> list[World]:
    kinds = [Batches(kind, mean) for kind in ("geometric", "fixed", "poisson") for mean in (2, 3, 5, 10, 30)]
    return [world_of(f"batches-{each.kind}-{each.size}", size, traffic=each) for each in (Batches("fixed", 1), *kinds)]


def _half_a_minute(size: Size) -> list[World]:
    """All names at 0.5 events a minute and no season, in batches of each mean."""
    worlds = []
    for mean in (1, 2, 3, 5, 10, 30):
        traffic, expected = Batches("geometric", mean), np.full((size.names, DAY), 0.5)

        def days(count: int, traffic: Batches = traffic, expected: Floats = expected) -> Iterator[Floats]:
            return traffic.counts((expected for _ in range(count)), size.rng(2))

        worlds.append(World(f"even-geometric-{mean}", ["0.50/min"] * size.names, days))
    return worlds


def _users(size: Size) -> list[World]:
    return [
        world_of(f"users-{mean}-{gap:g}", size, traffic=Sessions(mean, gap))
        for mean, gap in ((5, 1.0), (10, 1.0), (20, 1.0), (10, 0.2), (10, 3.0))
    ]


EVERY: tuple[Every, ...] = (5, 7, 15, 30, 60, 120, "day", "workday", "week")
_RUNS, _ORGANIC = (5, 10, 20, 40, 100), (0.0, 0.5, 5.0)


def _schedules(size: Size) -> list[World]:
    worlds = []
    for every in EVERY:
        for style in STYLES:
            rng, kinds = size.rng(4), [(run, rate) for rate in _ORGANIC for run in _RUNS]
            picked = [kinds[at % len(kinds)] for at in range(size.names)]
            # Every other job begins with the hour or the day.
            phases = [0 if at % 2 else int(rng.integers(DAY)) for at in range(size.names)]
            jobs = [Schedule(every, run, phase, style) for (run, _), phase in zip(picked, phases, strict=True)]
            worlds.append(scheduled(f"schedules-{every}-{style}", jobs, [rate for _, rate in picked], size))
    return worlds


def _mixed(size: Size) -> list[World]:
    """One project with jobs of all kinds."""
    worlds = []
    for style in STYLES:
        rng = size.rng(5)
        jobs = [
            Schedule(EVERY[at % len(EVERY)], int(rng.choice(_RUNS)), int(rng.integers(DAY)), style)
            for at in range(size.names)
        ]
        organic = [float(rng.choice(_ORGANIC)) for _ in jobs]
        worlds.append(scheduled(f"mixed-{style}", jobs, organic, size))
    return worlds


def _seasons(size: Size) -> list[World]:
    return [world_of(f"seasons-{shape}", size, shape=shape) for shape in SHAPES]


GROUPS: Mapping[str, Callable[[Size], list[World]]] = {
    "batches": _batches,
    "even": _half_a_minute,
    "users": _users,
    "schedules": _schedules,
    "mixed": _mixed,
    "seasons": _seasons,
    "zones": zones,
    "stops": stops,
    "days": days_unlike,
    "levels": levels,
    "months": months,
}
"""The groups of worlds."""


def worlds(wanted: Sequence[str], size: Size) -> list[World]:
    """The worlds of groups, or with labels that begin so. Raises ValueError for one that there is not."""
    found = []
    for prefix in wanted:
        group = GROUPS.get(prefix.partition("-")[0])
        matching = [world for world in (group(size) if group else []) if f"{world.label}-".startswith(f"{prefix}-")]
        if not matching:
            raise ValueError(f"no world {prefix!r}: the groups are {', '.join(GROUPS)}")
        found += matching
    return found
