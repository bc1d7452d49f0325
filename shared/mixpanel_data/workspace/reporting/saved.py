"""The named reports and segments of `config/`."""

from collections.abc import Mapping

from mixpanel_data.base.errors import NotFoundError
from mixpanel_data.base.nearest import nearest
from mixpanel_data.clients.config_files import configuration
from mixpanel_data.configuration.base import Configuration
from mixpanel_data.configuration.reports.definitions import AnyReport
from mixpanel_data.configuration.reports.saved import (
    SavedReports,
    SavedSegments,
    check_names,
)
from mixpanel_data.configuration.settings import ConfigSource, Settings


def saved_report(name: str, settings: Settings) -> AnyReport:
    """A named report. Raises NotFoundError with the nearest names, and ConfigError naming entry and field."""
    known = configuration(SavedReports, settings.reports_config, settings).root
    if name not in known:
        raise NotFoundError(unknown("report", name, known, settings.reports_config))
    return known[name]


def saved_segments(settings: Settings) -> Mapping[str, Configuration]:
    """All named segments. Raises ConfigError naming entry and field, for unknown names and for circles."""
    known: Mapping[str, Configuration] = configuration(SavedSegments, settings.segments_config, settings).root
    check_names(known, place_of(settings.segments_config))
    return known


def place_of(source: ConfigSource) -> str:
    """Where a configuration comes from, for messages."""
    return source.variable if source.text is not None else source.gcs_path or str(source.file)


def unknown(kind: str, name: str, known: Mapping[str, object], source: ConfigSource) -> str:
    """The message for a name that a configuration does not have, with the nearest of those that are known."""
    return f"{place_of(source)} has no {kind} {name!r}. {nearest(name, known)}"
