"""The export of all events as JSON Schema files."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mixpanel_data.base.redaction import Redactor
from mixpanel_data.configuration.tracking_plan import PlannedEvent, TrackingPlan
from mixpanel_data.registry.exporting.file_names import file_name
from mixpanel_data.registry.exporting.folder import ExportFolder
from mixpanel_data.registry.exporting.observed import ObservedEvent, observed_events
from mixpanel_data.registry.exporting.schema import json_schema
from mixpanel_data.warehouse.base import Warehouse

# Held in memory before they are written.
_BATCH_BYTES = 4_000_000


@dataclass(frozen=True, slots=True)
class ExportResult:
    """The effect of an export on its folder: how many events have a file, and the files that it wrote and removed."""

    events: int
    written: int
    removed: int


def export(warehouse: Warehouse, plan: TrackingPlan | None, folder: Path, redactor: Redactor) -> ExportResult:
    """Write a JSON Schema (2020-12) for each event of the registry into the folder, as a file of its own.

    Every event that the registry has observed fits its schema. Descriptions are the plan's; names and values that look
    personal are left out. A file is replaced atomically and only if it changes; those of events that are gone are
    removed if an export has written them and nobody has changed them since. Raises RequestError for a folder that
    cannot be used, and what the warehouse raises.
    """
    events = 0
    planned = plan.events if plan else {}
    with ExportFolder(folder) as files:
        for batch in _batches(_files(observed_events(warehouse), planned, redactor)):
            files.write(batch)
            events += len(batch)
    return ExportResult(events, files.written, files.removed)


def _files(
    events: Iterable[ObservedEvent], planned: Mapping[str, PlannedEvent], redactor: Redactor
) -> Iterator[tuple[str, bytes]]:
    """The files by name."""
    for event in events:
        schema = json_schema(event, planned.get(event.name), redactor)
        yield file_name(event.name, redactor.text(event.name)), _encoded(schema)


def _batches(files: Iterable[tuple[str, bytes]]) -> Iterator[dict[str, bytes]]:
    batch: dict[str, bytes] = {}
    size = 0
    for name, content in files:
        batch[name] = content
        size += len(content)
        if size >= _BATCH_BYTES:
            yield batch
            batch, size = {}, 0
    if batch:
        yield batch


def _encoded(schema: Mapping[str, Any]) -> bytes:
    try:
        return (json.dumps(schema, ensure_ascii=False, indent=2) + "\n").encode()
    except UnicodeEncodeError:
        # Half a UTF-16 pair has no bytes in UTF-8, but an escape in JSON.
        return (json.dumps(schema, indent=2) + "\n").encode()
