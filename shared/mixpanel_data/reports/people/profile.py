"""One user's profile, as the events tell it."""

from collections.abc import Sequence
from typing import Any

from mixpanel_data.configuration.reports.people import Profile
from mixpanel_data.reports.people.persons import Person, person_with
from mixpanel_data.reports.people.properties import OF_THE_EVENT
from mixpanel_data.reports.relations.asking import Asking
from mixpanel_data.reports.relations.labels import kind_and_text
from mixpanel_data.reports.relations.question import Question
from mixpanel_data.reports.relations.sessions import EXCLUDED, TIMEOUT, begins_session
from mixpanel_data.reports.relations.windows import EVER
from mixpanel_data.warehouse.base import Row


def profile(definition: Profile, asking: Asking) -> dict[str, Any]:
    """The user who has the id: all their ids, totals, latest properties, and the changes of these over time.

    `rows` are the changes: every event in which a property has another value than in the last event that had one, in
    order of time and `event_id`, then by `property`; the first value is a change `from` None. Values are compared
    within their JSON type, and null is none. `properties` has the latest value of each, by name. `first_seen` and
    `last_seen` are aware, in UTC, and None without an event; `active_days` are days of the zone with an event;
    `sessions` are those of page docs/features/sessions. `events_by_name` has the most frequent first, ties by name.
    Raises what the warehouse raises.
    """
    person = person_with(definition.id, asking)
    found = _found(person, asking)
    (total,) = _of(found, "total")
    counts = sorted(_of(found, "event"), key=lambda row: (-row["events"], row["event_name"]))
    latest = sorted(_of(found, "property"), key=lambda row: row["property"])
    changes = sorted(_of(found, "change"), key=lambda row: (row["first_time"], row["event_id"], row["property"]))
    return {
        "user": person.user,
        "ids": list(person.ids),
        "events": total["events"],
        "first_seen": total["first_time"],
        "last_seen": total["last_time"],
        "active_days": total["days"],
        "sessions": total["sessions"],
        "events_by_name": {row["event_name"]: row["events"] for row in counts},
        "properties": {row["property"]: row["value"] for row in latest},
        "rows": [_change(row) for row in changes],
    }


def _found(person: Person, asking: Asking) -> list[Row]:
    question = Question(asking)
    given = question.parameters
    question.add_events(EVER, ids=person.ids)
    return question.rows(
        "reports/people/profile.sql.jinja",
        excluded=given.add("ARRAY<STRING>", sorted(EXCLUDED)),
        zone=given.add("STRING", asking.zone.key),
        begins_session=begins_session(given.add_length(TIMEOUT)),
        text=kind_and_text("value"),
        of_the_event=given.add("ARRAY<STRING>", list(OF_THE_EVENT)),
    )


def _of(found: Sequence[Row], part: str) -> list[Row]:
    return [row for row in found if row["part"] == part]


def _change(row: Row) -> dict[str, Any]:
    return {
        "time": row["first_time"],
        "event": row["event_name"],
        "event_id": row["event_id"],
        "property": row["property"],
        "from": row["value_before"],
        "to": row["value"],
    }
