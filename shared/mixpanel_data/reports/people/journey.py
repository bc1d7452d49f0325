"""One user's journey: page docs/features/sessions for its sessions."""

from typing import Any

from mixpanel_data.configuration.reports.people import Journey
from mixpanel_data.reports.people.persons import person_with
from mixpanel_data.reports.relations.asking import Asking
from mixpanel_data.reports.relations.question import Question
from mixpanel_data.reports.relations.sessions import EXCLUDED, TIMEOUT, begins_session
from mixpanel_data.reports.relations.windows import EVER


def journey(definition: Journey, asking: Asking) -> dict[str, Any]:
    """`rows`, one for each event of the user who has the id, in order of time, then `event_id`.

    `time` is aware, in UTC; `distinct_id` is the id of the cluster's ids that the event has. `session` counts the
    user's sessions from 1, and is None for events of `EXCLUDED`, which belong to none. Raises what the warehouse
    raises.
    """
    question = Question(asking)
    given = question.parameters
    question.add_events(EVER, ids=person_with(definition.id, asking).ids)
    rows = question.rows(
        "reports/people/journey.sql.jinja",
        excluded=given.add("ARRAY<STRING>", sorted(EXCLUDED)),
        zone=given.add("STRING", asking.zone.key),
        begins_session=begins_session(given.add_length(TIMEOUT)),
    )
    return {"rows": [dict(row) for row in rows]}
