"""What a definition asks of a table of events, once everything that it names exists."""

from collections.abc import Mapping
from datetime import datetime

from mixpanel_data.configuration.reports.definitions import AnyReport, Report
from mixpanel_data.configuration.reports.people import Cohort
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.reports.relations.asking import Asking
from mixpanel_data.reports.relations.sources import Source
from mixpanel_data.reports.versions.versions import Version
from mixpanel_data.workspace.reporting.clusters import check_graph
from mixpanel_data.workspace.reporting.known import stood_for
from mixpanel_data.workspace.reporting.names import check_event_names


def asking_of(
    definition: AnyReport, used: Mapping[str, Version], source: Source, settings: Settings, now: datetime
) -> Asking:
    """What a definition asks; `used` has the segments that it names, as `KnownSegments.used_by` finds them.

    Raises RequestError for an event that does not exist and for a segment that is frozen by cluster and asked by user,
    TableNotFoundError without an identity graph where users are clusters, ConfigError for a kept definition that cannot
    be read, and what the warehouse raises.
    """
    as_of = definition.as_of if isinstance(definition, Report | Cohort) else None
    asking = Asking(
        source,
        zone=definition.zone or settings.mixpanel_timezone,
        now=now,
        as_of=as_of or now,
        by=definition.by,
        saved=stood_for(used, definition.by),
    )
    check_graph(definition.by, source.warehouse)
    check_event_names(definition, asking)
    return asking
