"""Where things stand when a run of the detector starts: is there anything to judge?

Each run that judged leaves an outlook in the figures of its row of `job_runs`: what it had judged, and when something
is due though nothing arrives. So the first question of the next run reads that one table, and mostly ends it.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from mixpanel_data.configuration.events import EventsConfig
from mixpanel_data.warehouse.base import Row, Warehouse
from mixpanel_data.warehouse.statements import statement

STANDING = statement("detect/findings/standing.sql", as_of="TIMESTAMP", since="TIMESTAMP", counted_since="TIMESTAMP")

IDLE_FIGURES: Mapping[str, Any] = {"is_idle": True}
"""The figures of a run that found nothing to judge."""

RUNS_SINCE = timedelta(days=30)
"""Runs older than this do not count: job_runs is partitioned by day, and each run must read little of it."""

# What a run counts has to be there when the next ones count again: they read from later on.
_COUNTED = RUNS_SINCE - timedelta(days=1)

# Whose code says what is judged, and what is told.
_ROOMS = ("configuration", "detect", "outbox")

_TIMES = ("counted_since", "due_at", "learn_again_at", "read_until", "young_since")


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress as of a time. All times UTC, None where nothing was read or judged yet.

    `read_until`: the event time up to which the collector has read. `judged_until`: the same, when the last run of the
    detector judged. `handled_seq`: the greatest arrival that this run took into account. `young`: names that had no
    event before `young_since` when it judged.
    """

    read_until: datetime | None
    judged_until: datetime | None
    handled_seq: int | None
    young: frozenset[str] = frozenset()
    young_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows of job_runs: of runs of the detector that judged, and of parts of the collector and of the registry."""

    judged: int
    collected: int
    registered: int


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a run that judged leaves to the next ones. All times UTC.

    `configuration`: what it judged by. `counts`: what there was since `counted_since`. `read_until`, `handled_seq`:
    what it judged. `due_at`: the time from which on a run may find something though nothing arrived. `learn_again_at`:
    the event time from which on delays are learned again. `young`: names without an event before `young_since`.
    `aged_from`: by job, when its last successful run began, or its first run if none succeeded.
    """

    configuration: str
    counted_since: datetime
    counts: Counts
    read_until: datetime | None
    handled_seq: int
    due_at: datetime
    learn_again_at: datetime
    young: tuple[str, ...]
    young_since: datetime
    aged_from: Mapping[str, datetime]

    @property
    def document(self) -> dict[str, Any]:
        """As JSON values."""
        ages = {job: at.isoformat() for job, at in self.aged_from.items()}
        return {**asdict(self), **{name: _text(getattr(self, name)) for name in _TIMES}, "aged_from": ages}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Outlook":
        """Back from `document`."""
        times = {name: document[name] and datetime.fromisoformat(document[name]) for name in _TIMES}
        own = {
            "counts": Counts(**document["counts"]),
            "young": tuple(document["young"]),
            "aged_from": {job: datetime.fromisoformat(at) for job, at in document["aged_from"].items()},
        }
        return cls(**{**document, **times, **own})


@dataclass(frozen=True, slots=True)
class LastRun:
    """The newest run that judged, or is about to; `counts` are from where it counted, without its own rows."""

    is_ok: bool
    started_at: datetime
    outlook: Outlook | None
    counts: Counts


@dataclass(frozen=True, slots=True)
class Standing:
    """The answer to the first question of a run. All times UTC.

    By job, of those that ran since `counted_since`: `succeeded_at`, when its last successful run began, if any
    succeeded, and `first_at`, when its first run did. `last` is None where no run has judged.
    """

    succeeded_at: Mapping[str, datetime]
    first_at: Mapping[str, datetime]
    progress: Progress
    counted_since: datetime
    counts: Counts
    last: LastRun | None

    def settled(self, configuration: str, now: datetime) -> Outlook | None:
        """What the last run left, if it ended well, judged by this configuration, and is the last one indeed.

        None while another run is at work, after one that died or was about some events, and if the clock went back.
        """
        last = self.last
        if last is None or last.outlook is None or not last.is_ok or now < last.started_at:
            return None
        is_last = last.counts.judged == last.outlook.counts.judged
        return last.outlook if is_last and last.outlook.configuration == configuration else None

    def is_last_within(self, time: timedelta, now: datetime) -> bool:
        """True where the newest run that judged began in that time before now."""
        return self.last is not None and now - self.last.started_at <= time

    def aged_from(self, known: Mapping[str, datetime]) -> dict[str, datetime]:
        """By job, when its last successful run began, or its first run if none succeeded.

        `known` are the same as of a run before, which has looked further back.
        """
        return {**self.first_at, **known, **self.succeeded_at}

    def has_arrivals(self, outlook: Outlook) -> bool:
        """True where the collector has brought or read anything since."""
        is_read = self.progress.read_until == outlook.read_until
        return not is_read or self._counted_since.collected != outlook.counts.collected

    def may_have_notices(self, outlook: Outlook) -> bool:
        """True where the registry has published anything since, which may be a message to deliver."""
        return self._counted_since.registered != outlook.counts.registered

    @property
    def _counted_since(self) -> Counts:
        assert self.last is not None  # noqa: S101 - it has left an outlook
        return self.last.counts


def read_standing(warehouse: Warehouse, as_of: datetime) -> Standing:
    """Where things stand as of then, in one query. Raises the warehouse's errors."""
    counted_since = as_of - _COUNTED
    rows = warehouse.rows(STANDING, as_of=as_of, since=as_of - RUNS_SINCE, counted_since=counted_since)
    if not rows:
        return Standing({}, {}, Progress(None, None, None), counted_since, Counts(0, 0, 0), None)
    (row, *_), read_until = rows, rows[0]["read_until"]
    return Standing(
        succeeded_at={each["job"]: each["succeeded_at"] for each in rows if each["succeeded_at"] is not None},
        first_at={each["job"]: each["first_at"] for each in rows},
        progress=Progress(read_until and min(read_until, as_of), row["judged_until"], row["handled_seq"]),
        counted_since=counted_since,
        counts=Counts(row["judged"], row["collected"], row["registered"]),
        last=None if row["started_at"] is None else _last_run(row),
    )


def configuration_of(events: EventsConfig, *more: object) -> str:
    """A fingerprint of everything that runs judge and tell by: the configuration, other options, and the code."""
    text = "\x1f".join([events.model_dump_json(), *map(repr, more), _code()])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@cache
def _code() -> str:
    """A fingerprint of the files that decide: a function's bundle does not know its version."""
    package = Path(__file__).parents[2]
    files = sorted(
        path for room in _ROOMS for path in (package / room).rglob("*") if path.suffix in (".py", ".sql", ".jinja")
    )
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _last_run(row: Row) -> LastRun:
    counts = Counts(row["judged_since"], row["collected_since"], row["registered_since"])
    document = json.loads(row["outlook"] or "null")
    return LastRun(row["status"] == "ok", row["started_at"], document and Outlook.of(document), counts)
