"""What a run finds when it opens the dataset, from one question."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from mixpanel_data.base.errors import ConfigError
from mixpanel_data.runs.origin import Origin, other_state
from mixpanel_data.warehouse.base import Row, Warehouse
from mixpanel_data.warehouse.statements import statement

_OPENING = statement("runs/opening.sql")
_OLD_FIGURES = statement("runs/old_figures.sql", job="STRING")
STATEMENTS = (_OPENING, _OLD_FIGURES)


@dataclass(frozen=True, slots=True)
class Opening:
    """The state that a run of a job starts from."""

    origin: Origin | None = None
    """What the state of the dataset belongs to; None before the first publication."""
    published: int = 0
    """How many guarded transactions the job has published."""
    zone: str | None = None
    """The time zone by which the job read the clock of stored events; '' if it does not, None if it is not known."""
    mixed_until: datetime | None = None
    """Stored events before this time, UTC, may have been read in another zone; None: none."""
    newest_seq: int | None = None
    """The greatest seq of `event_arrivals`, for the job that adds to it; None if the guard does not know it."""
    has_old_figures: bool = False
    """Whether version 0.1.0 left rows of the job that `adopt_figures` has to complete."""


def read_opening(warehouse: Warehouse, job: str) -> Opening:
    """What the guards of the dataset say, for a run of this job.

    One query; before the job's first run with this version one more, which looks for what version 0.1.0 left. Raises
    what the warehouse raises.
    """
    opening = opening_of(warehouse.rows(_OPENING), job)
    if opening.zone is not None:
        return opening
    return replace(opening, has_old_figures=any(row["row_count"] for row in warehouse.rows(_OLD_FIGURES, job=job)))


def opening_of(rows: Collection[Row], job: str) -> Opening:
    """What rows of job_locks, those of all jobs, say for a run of this job. They do not tell of old figures."""
    own = [row for row in rows if row["job"] == job]
    return Opening(
        origin=_origin(rows),
        published=max((row["n"] for row in own), default=0),
        zone=_zone(own),
        mixed_until=max((row["mixed_until"] for row in own if row["mixed_until"] is not None), default=None),
        newest_seq=_newest_seq(own),
    )


def opening_of_guards(row: Row) -> Opening:
    """What a row of guards.jinja says, which a job can have in a question of its own.

    Neither mixed_until nor newest_seq are in it, and its zone may be that of an earlier version: it is for jobs that
    read no events of Mixpanel.
    """
    origin = Origin(row["project_id"] or "", row["events_table"] or "")
    return Opening(origin if origin.is_known else None, published=row["published"], zone=row["zone"])


def _zone(own: Collection[Row]) -> str | None:
    """What the job's rows say; None where a version that records no zone has published since.

    It keeps no seq either, and may have read events in another zone.
    """
    if any(row["newest_seq_at"] not in (None, row["n"]) for row in own):
        return None
    return max((row["zone"] for row in own if row["zone"] is not None), default=None)


def _newest_seq(own: Collection[Row]) -> int | None:
    """What each of the job's rows says, rarely two; None if one does not, or has said it of a state before."""
    if any(row["newest_seq_at"] != row["n"] for row in own):
        return None
    return max((row["newest_seq"] for row in own), default=None)


def check_opening(warehouse: Warehouse, opening: Opening, origin: Origin) -> None:
    """Raise ConfigError if the state of the dataset belongs to another project or events table."""
    if opening.origin is not None and not opening.origin.agrees_with(origin):
        raise ConfigError(other_state(warehouse, opening.origin, origin))


def check_origin(warehouse: Warehouse, origin: Origin) -> None:
    """Raise ConfigError if the state of the dataset belongs to another project or events table."""
    found = other_origin(warehouse, origin)
    if found is not None:
        raise ConfigError(other_state(warehouse, found, origin))


def other_origin(warehouse: Warehouse, origin: Origin) -> Origin | None:
    """What the state of the dataset belongs to if that is another project or table; else None.

    A state of an earlier version, which recorded nothing, agrees with every origin.
    """
    found = _origin(warehouse.rows(_OPENING)) if origin.is_known else None
    return None if found is None or found.agrees_with(origin) else found


def _origin(rows: Iterable[Row]) -> Origin | None:
    """What all jobs have recorded. Of two projects or tables, which only a race leaves, both: nothing agrees then."""
    found = list(rows)
    known = Origin(*(_all(row[column] for row in found) for column in ("project_id", "events_table")))
    return known if known.is_known else None


def _all(names: Iterable[str | None]) -> str:
    return " and ".join(sorted({name for name in names if name}))
