"""Episodes: abnormal windows of one event and direction, put together where no quiet lies between them."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import groupby, pairwise

from mixpanel_data.detect.incidents.incident import AbnormalWindow, Episode, Rule


def episodes(windows: Iterable[AbnormalWindow], gap: timedelta) -> list[Episode]:
    """Windows put together where at most `gap` lies between their ends; in order of event and time."""
    ordered = sorted(windows, key=lambda window: (window.event_name, window.direction, window.observation.end))
    return [
        _episode(together)
        for _, of_one in groupby(ordered, key=lambda window: (window.event_name, window.direction))
        for together in _split(list(of_one), gap)
    ]


def _split(windows: Sequence[AbnormalWindow], gap: timedelta) -> Iterator[Sequence[AbnormalWindow]]:
    """Windows in order of time, split where more than `gap` lies between the ends of two of them."""
    cuts = [
        at
        for at, (window, following) in enumerate(pairwise(windows), 1)
        if following.observation.end - window.observation.end > gap
    ]
    for start, end in pairwise([0, *cuts, len(windows)]):
        yield windows[start:end]


def _episode(windows: Sequence[AbnormalWindow]) -> Episode:
    first, rules = windows[0], {rule for window in windows for rule in window.rules}
    return Episode(
        event_name=first.event_name,
        direction=first.direction,
        rules=tuple(rule for rule in Rule if rule in rules),
        first=first.observation,
        peak=max(windows, key=_severity).observation,
        abnormal_until=windows[-1].observation.end,
    )


def _severity(window: AbnormalWindow) -> tuple[bool, float, int]:
    """The sort key of the most abnormal window: a threshold that somebody chose counts for more than any score."""
    return Rule.THRESHOLD in window.rules, window.observation.score or 0.0, window.observation.count
