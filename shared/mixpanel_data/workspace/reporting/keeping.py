"""The versions of segments that a workspace keeps in the warehouse whose events it reads."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import MixpanelDataError, listed
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.reports.versions.versions import TABLES, Version, keep
from mixpanel_data.warehouse.base import Warehouse
from mixpanel_data.workspace.reporting.known import KnownSegments

log = logging.getLogger(__name__)

# How long a report waits for others who keep versions at the same time; one transaction takes BigQuery a few seconds.
_PATIENCE_SECONDS = 30.0


def keep_new(
    known: KnownSegments, versions: Sequence[Version], warehouse: Warehouse, settings: Settings, now: datetime
) -> list[Version]:
    """Keep those of the versions that the warehouse does not have yet, and return them with the time of it.

    Makes the tables where they are missing and CREATE_TABLES allows it. Writes nothing where nothing is new. Raises
    what the warehouse raises.
    """
    new = known.missing(versions)
    if new:
        make_tables(warehouse, settings)
        keep(warehouse, new, now)
    return [replace(version, saved_at=now) for version in new]


def keep_used(
    known: KnownSegments, versions: Sequence[Version], warehouse: Warehouse, settings: Settings, now: datetime
) -> None:
    """Keep the versions that a report uses; where that is not possible, say so in one warning and go on."""
    if not versions:
        return
    try:
        keep_new(known, versions, warehouse.within(Deadline.after(_PATIENCE_SECONDS)), settings, now)
    except MixpanelDataError as error:
        names = listed(sorted({version.name for version in versions}))
        log.warning("The versions of the segments that the report uses are not kept: %s. %s", names, error)


def make_tables(warehouse: Warehouse, settings: Settings) -> None:
    """Make the tables of segments where they are missing, if CREATE_TABLES allows it."""
    if settings.create_tables:
        warehouse.make_declared(TABLES)
