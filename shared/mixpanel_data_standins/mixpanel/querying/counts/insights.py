"""`/insights`: a saved report, with the times of its answer as ISO 8601 with the project's offset."""

from __future__ import annotations

from datetime import datetime

from mixpanel_data_standins.mixpanel.answers import RefusalError
from mixpanel_data_standins.mixpanel.project import Project
from mixpanel_data_standins.mixpanel.querying.counts.series import grouped, table
from mixpanel_data_standins.mixpanel.querying.reading import buckets
from mixpanel_data_standins.mixpanel.querying.reading.buckets import MOMENT
from mixpanel_data_standins.mixpanel.querying.reading.occurrences import local_now, occurrences, zone
from mixpanel_data_standins.mixpanel.querying.reading.parameters import Parameters


def report(project: Project, given: Parameters) -> dict[str, object]:
    """The answer of a saved report."""
    bookmark_id = given.id("bookmark_id")
    bookmark = next((one for one in project.queries.bookmarks if one.bookmark_id == bookmark_id), None)
    if bookmark is None:
        raise RefusalError(400, f"bookmark {bookmark_id} does not exist")
    spans = buckets.latest(local_now(project), bookmark.unit, bookmark.count)
    groups = grouped(occurrences(project, spans.days, bookmark.events), lambda one: one.event)
    counts = table({name: groups.get(name, []) for name in bookmark.events}, spans, bookmark.type)

    def iso(at: datetime) -> str:
        return at.replace(microsecond=0, tzinfo=zone(project)).isoformat()

    return {
        "computed_at": project.now().astimezone(zone(project)).isoformat(),
        "date_range": {"from_date": iso(spans.first), "to_date": iso(spans.end - MOMENT)},
        "headers": ["$event"],
        "series": {name: {iso(start): number for start, number in row.items()} for name, row in counts.items()},
    }
