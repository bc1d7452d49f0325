"""The answer to a definition, over the events that a workspace has."""

from collections.abc import Sequence
from datetime import datetime

from mixpanel_data.base.errors import NotFoundError
from mixpanel_data.configuration.reports.definitions import AnyReport, Report
from mixpanel_data.configuration.reports.people import Journey, Profile
from mixpanel_data.configuration.reports.saved import definition_of, version_of
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.reports.answers.answer import Answer
from mixpanel_data.reports.answers.answering import Part, parts_of
from mixpanel_data.reports.relations.days import days_or_none
from mixpanel_data.reports.relations.sources import Source
from mixpanel_data.workspace.reporting.asking import asking_of
from mixpanel_data.workspace.reporting.choosing import source_of
from mixpanel_data.workspace.reporting.coverage import warn_of_days_outside
from mixpanel_data.workspace.reporting.keeping import keep_used
from mixpanel_data.workspace.reporting.known import KnownSegments
from mixpanel_data.workspace.storage.file import WorkspaceFile


def answer_to(
    definition: AnyReport, file: WorkspaceFile, settings: Settings, now: datetime, name: str | None = None
) -> Answer:
    """The answer to a definition that has its days, if it needs any; `name` is that of a saved one.

    Raises RequestError for an event that does not exist, NotFoundError for an unknown segment and for a journey or a
    profile of an id without events, TableNotFoundError without any events, ConfigError for a wrong file, and what the
    warehouse raises.
    """
    first, last = days_or_none(definition)
    with source_of(file, settings, definition.table) as source:
        known = KnownSegments(settings, [source.warehouse])
        used = known.used_by(definition.used_segments)
        keep_used(known, list(used.values()), source.warehouse, settings, now)
        asking = asking_of(definition, used, source, settings, now)
        parts = parts_of(definition, asking)
        _check_found(definition, parts, source)
        if isinstance(definition, Report):
            warn_of_days_outside(parts, asking)
        return Answer(
            report=definition.report,
            definition=definition_of(definition),
            version=version_of(definition),
            name=name,
            source=str(source),
            as_of=asking.as_of,
            from_date=first,
            to_date=last,
            timezone=asking.zone.key,
            segments={each: version.version for each, version in used.items()},
            parts=tuple(parts),
        )


def _check_found(definition: AnyReport, parts: Sequence[Part], source: Source) -> None:
    """Raise NotFoundError for one user of whom there is no event: the id is wrong, most likely."""
    if isinstance(definition, Journey | Profile) and not any(part["rows"] or part.get("events") for part in parts):
        raise NotFoundError(
            f"No event in the table {source} has the id {definition.id!r}. "
            "Correct it; `mp report profiles` finds users."
        )
