"""The counts of an incident in words: the events counted against those expected."""

import math
from datetime import timedelta

from mixpanel_data.detect.incidents.incident import Direction, Incident, Observation, Rule
from mixpanel_data.outbox.numbers import events, number, percent
from mixpanel_data.outbox.times import duration


def counted(observation: Observation) -> str:
    """`412 events in 3 min`, `no event in 3 min`."""
    count = events(observation.count) if observation.count else "no event"
    return f"{count} in {duration(observation.end - observation.start)}"


def counted_briefly(count: int, span: timedelta) -> str:
    """`412 in 3 min`, `none in 3 min`."""
    return f"{number(count) if count else 'none'} in {duration(span)}"


def expectation(expected: float) -> str:
    """`38 expected`, `none expected`, or that nobody knows."""
    if not math.isfinite(expected):
        return "expected count unknown"
    shown = number(round(expected) if expected >= 10 else expected)
    return f"{shown if expected else 'none'} expected"


def compared_briefly(incident: Incident) -> str:
    """`38 expected`, of its peak; `above the threshold of 100` where the threshold alone was exceeded."""
    if is_by_threshold_alone(incident) and incident.threshold is not None:
        return f"above the threshold of {number(incident.threshold)}"
    return expectation(incident.peak.expected)


def compared(incident: Incident) -> str:
    """`38 expected (×11)`, of its peak; `above the threshold of 100` where the threshold alone was exceeded."""
    peak, brief = incident.peak, compared_briefly(incident)
    # Anything is a large multiple of next to nothing.
    if is_by_threshold_alone(incident) or not math.isfinite(peak.expected) or peak.expected < 1.0:
        return brief
    share = peak.count / peak.expected
    if incident.direction is Direction.HIGH:
        return f"{brief} (×{number(round(share) if share >= 10 else share)})"
    return f"{brief} (−{percent(max(0.0, 1.0 - share))})" if peak.count else brief


def is_by_threshold_alone(incident: Incident) -> bool:
    """True where no expectation was missed, but only a threshold exceeded."""
    return incident.threshold is not None and Rule.BASELINE not in incident.rules
