"""Is a single name more abnormal than all names together explain?

1. Windows of 15 minutes to a day that end now are compared with what is expected of the name, times what the other
   names came to in that window, relative to what was expected of them.
2. While all names together are abnormal, names may be hit unlike: one that lost everything in the first hour is no news
   later. So the name is expected to stay as it was then, and has to be twice as far off to stand out.
3. It stands out where a window is as abnormal against that as it would have to be by itself.
"""

from dataclasses import dataclass, replace

import numpy as np

from mixpanel_data.detect.statistics.scoring.parts import Parts
from mixpanel_data.detect.statistics.tails import Floats
from mixpanel_data.detect.statistics.whole.breadth import directed_deviates
from mixpanel_data.detect.statistics.whole.sums import Sums, Windows

_MINUTES = (15, 60, 240, 1440)
_TWICE = 2.0


@dataclass(frozen=True, slots=True)
class Span:
    """The minutes [since, until) that are compared, as positions; `first_hour` begins an hour to compare them with."""

    since: int
    until: int
    first_hour: int | None = None


def stands_out(parts: Parts, one: Parts, row: int, span: Span, *, cut: float, sign: int) -> bool:
    """True where the name in that row is abnormal beyond `one`, all names as one; `sign` 1 for more, -1 for fewer.

    Less than a quarter of an hour says nothing.
    """
    if span.until - span.since < _MINUTES[0]:
        return False
    ends = np.full(len(_MINUTES), span.until, dtype=np.int64)
    starts = np.maximum(ends - np.array(_MINUTES), span.since)
    names, total = Sums(parts.of_rows([row])), Sums(one)
    own, together = names.windows(starts, ends), total.windows(starts, ends)
    level = _level(own, together, sign)
    if span.first_hour is None:
        return bool(np.any(directed_deviates(_scaled(own, level), sign) >= cut))
    hour = np.array([span.first_hour]), np.array([span.first_hour + 60])
    at_first = _ratio(names.windows(*hour))
    level = np.maximum(level, at_first) if sign > 0 else np.minimum(level, at_first)
    usual = _scaled(own, level)
    is_far = own.count >= _TWICE * usual.mean if sign > 0 else _TWICE * own.count <= usual.mean
    return bool(np.any(is_far & (directed_deviates(usual, sign) >= cut)))


def _level(own: Windows, together: Windows, sign: int) -> Floats:
    """What the other names came to, relative to what was expected; 1 where that is on the other side."""
    others = replace(together, count=together.count - own.count, mean=np.maximum(together.mean - own.mean, 0.0))
    ratio = _ratio(others)
    return np.maximum(ratio, 1.0) if sign > 0 else np.minimum(ratio, 1.0)


def _ratio(windows: Windows) -> Floats:
    ratio: Floats = np.where(windows.mean > 0.0, windows.count / np.maximum(windows.mean, 1e-9), 1.0)
    return ratio


def _scaled(own: Windows, level: Floats) -> Windows:
    return Windows(own.count, own.mean * level, own.chance * level, own.hour * level, own.shared * level)
