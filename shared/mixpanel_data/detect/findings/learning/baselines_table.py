"""Baselines as rows of the table `detector_baselines`, and back."""

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mixpanel_data.runs import Run, write
from mixpanel_data.warehouse.base import Warehouse
from mixpanel_data.warehouse.json_rows import json_row
from mixpanel_data.warehouse.statements import Statement, statement

BASELINE_STATES = statement("detect/findings/learning/baseline_states.sql", names="ARRAY<STRING>")
STORE_BASELINES: tuple[Statement, ...] = (
    statement("detect/findings/learning/given_baselines.sql", creates="given_baselines", baselines="ARRAY<STRING>"),
    statement("detect/findings/learning/update_baselines.sql", arrivals_up_to="INT64", as_of="TIMESTAMP"),
    statement("detect/findings/learning/insert_baselines.sql", arrivals_up_to="INT64", as_of="TIMESTAMP"),
)
"""Write learned baselines, in this order and in one transaction."""
DELETE_BASELINES = statement(
    "detect/findings/learning/delete_baselines.sql",
    oldest="TIMESTAMP",
    rare_since="TIMESTAMP",
    least_events="INT64",
)

LEARNED_FROM = timedelta(days=63)
"""The history that the baseline of a new name is learned from; after as long without an event it is deleted."""

LEAST_EVENTS = 10
"""The events over its life from which a name is compared with its baseline: fewer say nothing about what is usual."""

# A rare name is forgotten once its events have left the minutes that are judged.
_RARE_FOR = timedelta(days=7)
# A request to BigQuery may have 10 MB, with the statements and with what JSON escapes.
_MOST_CHARACTERS = 4_000_000


@dataclass(frozen=True, slots=True)
class StoredBaseline:
    """What is known of a stored baseline. All times UTC.

    `learned_until`: the end of the hours that it was learned from. `first_event_at`, `last_event_at`: the first and
    last minute with an event in them, None where there was none; `events`: how many there were.
    """

    learned_until: datetime
    first_event_at: datetime | None = None
    last_event_at: datetime | None = None
    events: int = 0

    @property
    def seen_until(self) -> datetime:
        """When the name was seen last, as far as the baseline goes."""
        return self.last_event_at or self.learned_until


@dataclass(frozen=True, slots=True)
class LearnedBaseline:
    """A baseline to be stored: `state` is what `Baseline.states` gives for the name."""

    event_name: str
    known: StoredBaseline
    state: bytes


def stored_states(warehouse: Warehouse, names: Sequence[str], known: Mapping[str, str]) -> dict[str, bytes]:
    """The states of some names as they were stored; of another version perhaps. Raises the warehouse's errors.

    `known` are those at hand, as the table has them; the others are read.
    """
    missing = [name for name in names if name not in known]
    rows = warehouse.rows(BASELINE_STATES, names=missing) if missing else []
    states = {name: known[name] for name in names if name in known}
    states |= {row["event_name"]: row["state"] for row in rows}
    return {name: base64.b64decode(state) for name, state in states.items()}


def store_baselines(run: Run, learned: Iterable[LearnedBaseline], *, arrivals_up_to: int, as_of: datetime) -> None:
    """Store what was learned, so that the next run goes on from there. Raises as `runs.write` does.

    `arrivals_up_to`: the arrivals that had been there when the counts were read.
    """
    for rows in _requests(_row(each) for each in learned):
        write(run, "learn", STORE_BASELINES, as_of=as_of, arrivals_up_to=arrivals_up_to, baselines=rows)


def is_expired(known: StoredBaseline, start: datetime) -> bool:
    """True of a baseline of no use to a run that judges from `start` on: without events for long, or hardly any."""
    if known.seen_until < start - LEARNED_FROM:
        return True
    has_caught_up = known.learned_until >= start - _RARE_FOR
    return known.events < LEAST_EVENTS and has_caught_up and known.seen_until < start - _RARE_FOR


def delete_expired(run: Run, start: datetime) -> None:
    """Delete the baselines that are expired. Raises as `runs.write` does."""
    write(
        run,
        "expire",
        [DELETE_BASELINES],
        oldest=start - LEARNED_FROM,
        rare_since=start - _RARE_FOR,
        least_events=LEAST_EVENTS,
    )


def _row(learned: LearnedBaseline) -> str:
    known = learned.known
    fields: Mapping[str, str | datetime | None] = {
        "event_name": learned.event_name,
        "learned_until": known.learned_until,
        "state": base64.b64encode(learned.state).decode(),
        "first_event_at": known.first_event_at,
        "last_event_at": known.last_event_at,
        "events": str(known.events),
    }
    return json_row(fields)


def _requests(rows: Iterable[str]) -> Iterator[list[str]]:
    """The rows in lists that one request can hold; a row by itself is far smaller."""
    some: list[str] = []
    size = 0
    for row in rows:
        if some and size + len(row) > _MOST_CHARACTERS:
            yield some
            some, size = [], 0
        some.append(row)
        size += len(row)
    if some:
        yield some
