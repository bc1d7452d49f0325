"""The counts of an incident in words: the events counted against those expected."""

import math

from mixpanel_data.detect.incidents.incident import Direction, Incident, Observation, Rule
from mixpanel_data.outbox.numbers import events, number, percent
from mixpanel_data.outbox.times import duration


def counted(observation: Observation) -> str:
    """`412 events in 3 min`."""
    count = events(observation.count) if observation.count else "no events"
    return f"{count} in {duration(observation.end - observation.start)}"


def expected(observation: Observation) -> str:
    """`38`; `unknown` where the baseline expected no finite number."""
    if not math.isfinite(observation.expected):
        return "unknown"
    return number(round(observation.expected) if observation.expected >= 10 else observation.expected)


def expectation(observation: Observation) -> str:
    """`38 expected`, or that nobody knows."""
    return f"{expected(observation)} expected" if math.isfinite(observation.expected) else "expected count unknown"


def compared(incident: Incident) -> str:
    """`38 expected (×10.8)`, of its peak; `above the threshold of 100` where the threshold alone was exceeded."""
    peak = incident.peak
    if incident.threshold is not None and Rule.BASELINE not in incident.rules:
        return f"above the threshold of {number(incident.threshold)}"
    # Anything is a large multiple of next to nothing.
    if not math.isfinite(peak.expected) or peak.expected < 1.0:
        return expectation(peak)
    if incident.direction is Direction.HIGH:
        return f"{expectation(peak)} (×{number(peak.count / peak.expected)})"
    return f"{expectation(peak)} (−{percent(max(0.0, 1.0 - peak.count / peak.expected))})"
