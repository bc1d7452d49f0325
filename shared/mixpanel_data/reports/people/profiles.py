"""The search for profiles."""

from typing import Any

from mixpanel_data.configuration.reports.choices import By
from mixpanel_data.configuration.reports.conditions import Test, Where
from mixpanel_data.configuration.reports.people import Profiles
from mixpanel_data.reports.people.persons import person_with
from mixpanel_data.reports.people.properties import EMAILS, OF_THE_EVENT
from mixpanel_data.reports.relations.asking import Asking
from mixpanel_data.reports.relations.conditions import meets
from mixpanel_data.reports.relations.question import Question
from mixpanel_data.reports.relations.windows import EVER
from mixpanel_data.warehouse.base import Row


def profiles(definition: Profiles, asking: Asking) -> dict[str, Any]:
    """`rows`, by name, one for each user whose latest properties meet the condition, with this e-mail and this id.

    An e-mail is the latest `$email`, else `email`, letter by letter; an id is any of the user's. `ids` are all of them,
    `events` their events, `first_seen` and `last_seen` aware, in UTC, and `properties` the latest value of each, null
    being none. Raises what the warehouse raises.
    """
    question = Question(asking)
    given = question.parameters
    ids = None if definition.id is None else person_with(definition.id, asking).ids
    # The first is read without its properties, the second for those of the condition, the third for those who fit.
    for named in ("events", "events_to_decide", "events_to_tell"):
        question.add_events(EVER, ids=ids, named=named)
    asked = _asked(definition)
    rows = question.rows(
        "reports/people/profiles.sql.jinja",
        names=given.add("ARRAY<STRING>", _names(asked)) if asked else None,
        fits=" AND ".join(meets(where, given) for where in asked),
        of_the_event=given.add("ARRAY<STRING>", list(OF_THE_EVENT)),
        is_clustered=asking.by is By.CLUSTER,
    )
    return {"rows": [_profile(row) for row in rows]}


def _profile(row: Row) -> dict[str, Any]:
    return {
        "user": row["user_id"],
        # A user of no cluster has no row in the identity graph.
        "ids": list(row["ids"] or [row["user_id"]]),
        "events": row["events"],
        "first_seen": row["first_seen"],
        "last_seen": row["last_seen"],
        "properties": row["properties"] or {},
    }


def _asked(definition: Profiles) -> list[Where]:
    """The conditions that all have to be met."""
    asked = [] if definition.where is None else [definition.where]
    if definition.email is not None:
        asked.append(_has_email(definition.email))
    return asked


def _has_email(email: str) -> Where:
    """Whether the first of the properties that can have an e-mail, and is there, has this one."""
    wanted, missing = Test(equals=(email,)), Test(set=False)
    return tuple({**dict.fromkeys(EMAILS[:place], missing), name: wanted} for place, name in enumerate(EMAILS))


def _names(asked: list[Where]) -> list[str]:
    return sorted({name for where in asked for condition in where for name in condition})
