"""`/stream/query`: the events of single users, oldest first."""

from __future__ import annotations

from mixpanel_data_standins.mixpanel.answers import RefusalError
from mixpanel_data_standins.mixpanel.events import lines
from mixpanel_data_standins.mixpanel.project import Project
from mixpanel_data_standins.mixpanel.querying.reading.occurrences import EVER, occurrences
from mixpanel_data_standins.mixpanel.querying.reading.parameters import Parameters


def feed(project: Project, given: Parameters) -> dict[str, object]:
    """The events of the given users; an id that was merged stands for the one that replaced it.

    Without days, those of all time."""
    ids = given.strings("distinct_ids")
    if not ids:
        raise RefusalError(400, "missing required parameter: distinct_ids")
    days = given.days() if given.text("from_date") or given.text("to_date") else EVER
    users = {lines.final_id(id_, project.resolve) or id_ for id_ in ids}
    found = (one for one in occurrences(project, days) if one.user in users)
    return {
        "status": "ok",
        "results": {"events": [{"event": one.event, "properties": dict(one.properties)} for one in found]},
    }
