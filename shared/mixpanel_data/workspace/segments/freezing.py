"""Freezing a segment: working its members out, and keeping them as they are."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from mixpanel_data.base.errors import RequestError
from mixpanel_data.configuration.reports.people import Cohort
from mixpanel_data.configuration.reports.saved import version_of_members
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.reports.answers.answering import about_people
from mixpanel_data.reports.relations.asking import Asking
from mixpanel_data.reports.relations.sources import Source
from mixpanel_data.reports.versions.frozen import keep_frozen
from mixpanel_data.reports.versions.versions import Kind, Version
from mixpanel_data.workspace.reporting.asking import asking_of
from mixpanel_data.workspace.reporting.keeping import keep_new, make_tables
from mixpanel_data.workspace.reporting.known import KnownSegments


def freeze(name: str, definition: Cohort, source: Source, settings: Settings, now: datetime) -> Version:
    """Keep the members that a segment has as of the definition's moment (now), and return the frozen version.

    `name` is what the definition names. The dynamic versions that it is made of are kept too. A repeat with the same
    members adds nothing, and returns what was kept then. Raises RequestError for a segment that is frozen already and
    for an event that does not exist, NotFoundError for an unknown segment, ConfigError, and what the warehouse raises.
    """
    known = KnownSegments(settings, [source.warehouse])
    dynamic = known.found(name)
    if dynamic.kind is Kind.FROZEN:
        raise RequestError(f"{name} is frozen already. Freeze {dynamic.name}, or one of its dynamic versions.")
    used = known.used_by(definition.used_segments)
    asking = asking_of(definition, used, source, settings, now)
    members: list[str] = about_people(definition, asking)["members"]
    origin = _origin(name, used, asking, len(members))
    frozen = Version(dynamic.name, version_of_members(members), Kind.FROZEN, origin, now)
    if frozen.key in known.kept:
        return known.kept[frozen.key]
    keep_new(known, list(used.values()), source.warehouse, settings, now)
    make_tables(source.warehouse, settings)
    keep_frozen(source.warehouse, frozen, members, now)
    return frozen


def _origin(name: str, used: Mapping[str, Version], asking: Asking, members: int) -> dict[str, Any]:
    """What a frozen version keeps of how it came about, in JSON values."""
    return {
        "definition": used[name].definition,
        "version": used[name].version,
        "segments": {text: version.version for text, version in used.items() if text != name},
        "as_of": asking.as_of.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "by": asking.by.value,
        "timezone": asking.zone.key,
        "members": members,
    }
