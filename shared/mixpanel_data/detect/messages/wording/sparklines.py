"""The last hour of an event as bars of text, above the same hour of the day before."""

import math
from collections.abc import Sequence

from mixpanel_data.detect.findings.evidence import Evidence
from mixpanel_data.detect.findings.whole import WholeEvidence
from mixpanel_data.outbox.times import Times

_BARS = "▁▂▃▄▅▆▇█"
_BARS_A_LINE = 30


def sparklines(evidence: Evidence | WholeEvidence, times: Times) -> str:
    """Both hours on one scale, two minutes a bar, as mrkdwn; a dot where there was nothing."""
    # Sixty bars would break over two lines on a telephone.
    now, before = _bars(evidence.hour), _bars(evidence.hour_before)
    top = max([*now, *before, 1])
    return (
        f"`{_sparkline(now, top)}` the hour to {times.at(evidence.hour_end)}, "
        f"at most {max(evidence.hour, default=0):,} a minute\n"
        f"`{_sparkline(before, top)}` the same hour the day before, "
        f"at most {max(evidence.hour_before, default=0):,} a minute"
    )


def _bars(counts: Sequence[int]) -> list[int]:
    width = max(1, math.ceil(len(counts) / _BARS_A_LINE))
    return [sum(counts[start : start + width]) for start in range(0, len(counts), width)]


def _sparkline(counts: Sequence[int], top: int) -> str:
    return "".join(_BARS[math.ceil(count * len(_BARS) / top) - 1] if count else "·" for count in counts) or "·"
