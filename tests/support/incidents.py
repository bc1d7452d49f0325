"""Incidents as a test wants to write them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from mixpanel_data.detect.incidents.incident import Direction, Incident, Observation, Rule, State

NOON = datetime(2040, 3, 15, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def incident(name: str = "A", channel: str = "#alerts", **changed: Any) -> Incident:
    """An open rise by the baseline that began at noon and has one abnormal minute."""
    first = Observation(NOON, NOON + MINUTE, 9, 1.0, 0.8)
    usual = Incident(
        incident_id=f"id-{name}",
        event_name=name,
        direction=Direction.HIGH,
        rules=(Rule.BASELINE,),
        state=State.OPEN,
        opened_at=NOON,
        first=first,
        peak=first,
        abnormal_until=NOON + MINUTE,
        resolved_at=None,
        threshold=None,
        channel=channel,
        is_muted=False,
    )
    return replace(usual, **changed)
