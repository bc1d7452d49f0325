"""States of baselines as bytes, and models that go on from them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from mixpanel_data.detect.findings.learning.minute_counts import minute_number
from mixpanel_data.detect.statistics.forecasting.baseline import Baseline
from mixpanel_data.detect.statistics.forecasting.calendar import Calendar
from mixpanel_data.detect.statistics.scoring.counts import CountsModel


def baseline_of(states: Sequence[bytes], zone: ZoneInfo) -> Baseline:
    """The baseline that goes on from these states, a name each. Raises ValueError for one that has to learn again."""
    return Baseline.of(states, calendar=Calendar(zone))


def readable_of(states: Mapping[str, bytes], zone: ZoneInfo) -> set[str]:
    """The names whose states `baseline_of` takes."""
    if _is_readable(list(states.values()), zone):
        return set(states)
    return {name for name, state in states.items() if _is_readable([state], zone)}


def fresh_state(zone: ZoneInfo) -> bytes:
    """The state of a name that has learned nothing yet."""
    return Baseline.fresh_state(Calendar(zone))


def model_from(baseline: Baseline, names: int, start: datetime, *, cut: float) -> CountsModel:
    """The model of so many names that goes on from a baseline at `start`, UTC, which begins an hour."""
    return CountsModel(names, minute_number(start), cut=cut, baseline=baseline)


def _is_readable(states: Sequence[bytes], zone: ZoneInfo) -> bool:
    try:
        baseline_of(states, zone)
    except ValueError:
        return False
    return True
