"""The invented minutes of a test alert, on both engines."""

from datetime import UTC, datetime

from mixpanel_data.detect.trial_history import MINUTES
from sql.same import outcome

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_the_minutes_of_a_trial_are_the_same() -> None:
    minutes = [
        '{"minute": "2026-03-02T11:58:00+00:00", "events": "8"}',
        '{"minute": "2026-03-02T11:59:00+00:00", "events": "45"}',
    ]
    both = outcome(MINUTES, {"event_minutes": []}, {"event_name": "Test event", "now": NOON, "minutes": minutes})
    assert not (differences := both.differences()), "\n".join(differences)
    assert sorted(row["events"] for row in both.google) == [8, 45]
