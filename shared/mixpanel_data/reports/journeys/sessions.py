"""Sessions: page docs/features/sessions, Timeout-Based Sessions."""

from collections.abc import Iterable
from typing import Any

from mixpanel_data.configuration.reports.definitions import Sessions
from mixpanel_data.reports.relations.asking import Asking
from mixpanel_data.reports.relations.days import days_asked
from mixpanel_data.reports.relations.question import Question
from mixpanel_data.reports.relations.sessions import EXCLUDED, begins_session
from mixpanel_data.reports.relations.windows import long_periods
from mixpanel_data.warehouse.base import Row

Part = dict[str, Any]


def sessions(definition: Sessions, asking: Asking) -> Part:
    """The sessions of each period, of all, and what they begin and end with.

    A session begins with an event more than the timeout after the user's last one, and at midnight of the zone; events
    of `EXCLUDED` and `exclude` are in none. `rows` has one for each period of the range, by its first day, and `total`
    is the range's: how many sessions, users and events, the mean and the median length in seconds from the first to the
    last event (None of none), and the sessions of one event. `entries` and `exits` have each event and how many
    sessions begin and end with it, the most frequent first, ties by name. Raises ValueError for a definition without
    days, and what the warehouse raises.
    """
    found = _found(definition, asking)
    by_period = {row["period"]: row for row in found if row["part"] == "period"}
    (total,) = (row for row in found if row["part"] == "total")
    periods = long_periods(*days_asked(definition), definition.unit)
    return {
        "rows": [{"period": period, **_figures(by_period.get(period))} for period in periods],
        "total": _figures(total),
        "entries": _ranked(row for row in found if row["part"] == "entry"),
        "exits": _ranked(row for row in found if row["part"] == "exit"),
    }


def _found(definition: Sessions, asking: Asking) -> list[Row]:
    question = Question(asking)
    window = asking.window(*days_asked(definition))
    question.add_events(window)
    clock = question.clock(window)
    return question.rows(
        "reports/journeys/sessions.sql.jinja",
        day=clock.day("micros"),
        period=clock.period("micros", definition.unit),
        begins_session=begins_session(question.parameters.add_length(definition.timeout)),
        excluded=question.parameters.add("ARRAY<STRING>", sorted(EXCLUDED.union(definition.exclude))),
    )


def _figures(row: Row | None) -> Part:
    count = row["sessions"] if row else 0
    if row is None or not count:
        return {
            "sessions": 0,
            "users": 0,
            "events": 0,
            "mean_seconds": None,
            "median_seconds": None,
            "single_event_sessions": 0,
        }
    return {
        "sessions": count,
        "users": row["users"],
        "events": row["events"],
        "mean_seconds": row["length"] / (count * 1_000_000),
        "median_seconds": row["median"] / 1_000_000,
        "single_event_sessions": row["single_event_sessions"],
    }


def _ranked(rows: Iterable[Row]) -> list[Part]:
    ordered = sorted(rows, key=lambda row: (-row["sessions"], row["event_name"]))
    return [{"event": row["event_name"], "sessions": row["sessions"]} for row in ordered]
