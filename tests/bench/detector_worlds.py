"""How the detector judges the worlds of `support.simulated_worlds`: false incidents a week, and what it tells."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

import numpy as np

from support.judged_worlds import Account, Judged, Told, judge
from support.simulated_clock import DAY
from support.simulated_world import Size
from support.simulated_worlds import worlds


def measure(
    wanted: Sequence[str], size: Size, *, learned_days: int = 0, budget_names: int | None = None, listed: int = 0
) -> list[Judged]:
    """Judge the wanted worlds, or groups of worlds, and print a line of each, of each kind of happening, and of the
    first `listed` false incidents."""
    judged = []
    for world in worlds(wanted, size):
        one = judge(world, size.days, learned_days=learned_days, cut_names=budget_names)
        print("\n".join([line(one), *happenings(one.accounts), *listing(one, listed)]), flush=True)
        judged.append(one)
    return judged


def line(judged: Judged) -> str:
    """False incidents a week: in all, in the first two weeks, in the next two and later; and of which kind."""
    first, end = judged.from_day, judged.end_day
    weeks = [(0, 14), (14, 28), (28, end - first)]
    parts = [f"{judged.weekly(first + a, first + b):.2f}" for a, b in weeks if b <= end - first and a < b]
    return (
        f"{judged.world.label}: {judged.weekly(first, end):.2f} false incidents a week; weeks 1-2, 3-4, later: "
        f"{', '.join(parts)}; {_kinds(judged.false)}; {judged.seconds:.0f} s"
    )


def _kinds(told: Sequence[Told]) -> str:
    sides = Counter(each.direction for each in told)
    lengths = Counter(each.peak_minutes for each in told).most_common(3)
    return f"{sides['high']} high, {sides['low']} low; windows {', '.join(f'{m} min x {n}' for m, n in lengths) or '-'}"


def happenings(accounts: Sequence[Account]) -> Iterator[str]:
    """A line for each kind of happening."""
    ordered = sorted(accounts, key=lambda account: account.happening.kind)
    for kind, of_kind in groupby(ordered, key=lambda account: account.happening.kind):
        group = list(of_kind)
        told = [each for each in group if each.first is not None]
        first, last = _spans([each.first for each in told]), _spans([each.last for each in told])
        incidents = [each.incidents for each in told] or [0]
        yield (
            f"  {kind}: {len(told)} of {len(group)} told, in {np.mean(incidents):.2f} incidents each (most "
            f"{max(incidents)}); first abnormal after {first} min, last after {last} min"
        )


def _spans(minutes: Iterable[int | None]) -> str:
    """The median, and the 95th percentile in brackets."""
    known = [each for each in minutes if each is not None]
    return f"{np.median(known):.0f} ({np.percentile(known, 95):.0f})" if known else "-"


def listing(judged: Judged, most: int) -> Iterator[str]:
    """The first false incidents, one a line."""
    for told in judged.false[:most]:
        yield (
            f"  {_local_time(judged, told.first)} {told.direction} {judged.world.titles[told.name]}: first "
            f"{told.count:.0f} in {told.window_minutes} min, {told.expected:.1f} expected; peak "
            f"{told.peak_count:.0f} in {told.peak_minutes} min, {told.peak_expected:.1f} expected, score "
            f"{told.peak_score:.2f}; {told.last - told.first + 1} min"
        )


def _local_time(judged: Judged, minutes: int) -> str:
    """The day since the world's first, its weekday (0 is a Monday), and the local time."""
    day, minute = divmod(minutes, DAY)
    local = judged.world.clock.day(day)
    hour, minute_of_hour = divmod(int(local.minutes[minute]), 60)
    return f"day {day} (weekday {local.weekdays[minute]}) {hour:02d}:{minute_of_hour:02d}"
