"""Turns Mixpanel's answers about saved objects and users into parts of results. All functions raise QueryError."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from mixpanel_data.base.errors import QueryError
from mixpanel_data.clients.mixpanel.querying import answers
from mixpanel_data.workspace.live.series import whole
from mixpanel_data.workspace.results import (
    Annotation,
    AnnotationTag,
    AnnotationUser,
    FunnelInfo,
    SavedCohort,
    SavedReportResult,
    TopEvent,
    UserEvent,
)

# Seconds until the year 5138; milliseconds since 1973.
_MOST_SECONDS = 100_000_000_000


def top_event_of(row: Mapping[str, Any]) -> TopEvent:
    """One of today's most common events."""
    return TopEvent(_text(row, "event"), whole(answers.number(row, "amount")), answers.number(row, "percent_change"))


def funnel_of(row: Mapping[str, Any]) -> FunnelInfo:
    """A saved funnel."""
    return FunnelInfo(answers.id_number(row, "funnel_id"), _text(row, "name"))


def cohort_of(row: Mapping[str, Any]) -> SavedCohort:
    """A saved cohort."""
    return SavedCohort(
        id=answers.id_number(row, "id"),
        name=_text(row, "name"),
        count=int(answers.number(row, "count")),
        description=_text(row, "description"),
        created=_text(row, "created"),
        is_visible=bool(row.get("is_visible", True)),
    )


def annotation_of(row: Mapping[str, Any]) -> Annotation:
    """A note on the charts."""
    user = row.get("user")
    return Annotation(
        id=answers.id_number(row, "id"),
        date=_text(row, "date"),
        description=_text(row, "description"),
        user=_user_of(user) if isinstance(user, Mapping) else None,
        tags=[_tag_of(tag) for tag in answers.items(row, "tags")] if row.get("tags") else [],
    )


def report_of(bookmark_id: int, answer: Mapping[str, Any]) -> SavedReportResult:
    """A saved report."""
    days = answer.get("date_range")
    days = days if isinstance(days, Mapping) else {}
    headers = answer.get("headers")
    return SavedReportResult(
        bookmark_id,
        _text(answer, "computed_at"),
        _text(days, "from_date"),
        _text(days, "to_date"),
        [str(header) for header in headers] if isinstance(headers, list) else [],
        dict(answers.mapping(answer, "series")),
    )


def user_event_of(row: Mapping[str, Any]) -> UserEvent:
    """An event of a user."""
    properties = dict(answers.mapping(row, "properties"))
    return UserEvent(_text(row, "event"), _moment(properties.get("time")), properties)


def _user_of(user: Mapping[str, Any]) -> AnnotationUser:
    return AnnotationUser(int(answers.number(user, "id")), _text(user, "first_name"), _text(user, "last_name"))


def _tag_of(tag: object) -> AnnotationTag:
    # A list of annotations has the tags as objects, an annotation that was just made has their ids.
    row = tag if isinstance(tag, Mapping) else {"id": tag}
    return AnnotationTag(int(answers.number(row, "id")), _text(row, "name"))


def _moment(time: object) -> datetime:
    """A time in seconds or milliseconds since 1970, or as ISO 8601; without a zone it is UTC."""
    if time is None:
        raise QueryError("An event of the activity feed has no time.")
    try:
        if isinstance(time, str):
            moment = datetime.fromisoformat(time)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = answers.number({"time": time}, "time")
        return datetime.fromtimestamp(seconds / 1000 if seconds > _MOST_SECONDS else seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise QueryError(f"An event of the activity feed has the time {time!r}, which is not a time.") from error


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    return "" if value is None else str(value)
