"""What is known of all names before a run reads their counts: their baselines, and what arrived of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from mixpanel_data.detect.findings.learning.baselines_table import LEAST_EVENTS, StoredBaseline
from mixpanel_data.warehouse.base import Row, Warehouse
from mixpanel_data.warehouse.statements import statement

NAMES = statement(
    "detect/findings/learning/names.sql",
    **dict.fromkeys(("since", "as_of", "changed_since", "late_since", "oldest"), "TIMESTAMP"),
    **dict.fromkeys(("handled_seq", "most_states", "least_events"), "INT64"),
    least_share="FLOAT64",
)

# Of a day's events at most some hundredths come when the day has been learned, two days later.
_LATE_SHARE = 0.2
_LATE_SINCE = timedelta(days=2)
# A state has some kB.
_MOST_STATES = 1000


@dataclass(frozen=True, slots=True)
class Names:
    """Names that have a baseline, or changed. All times UTC.

    `stored`: the baselines; `states`: what they learned as the table has it, for those with the most events. `late`:
    the names whose past was collected after they had learned it. `changed_from`: the first event time that changed
    since the arrival that was asked about; `newest_seq`: the greatest arrival by now.
    """

    stored: Mapping[str, StoredBaseline]
    states: Mapping[str, str]
    late: frozenset[str]
    changed_from: Mapping[str, datetime]
    newest_seq: int


def read_names(
    warehouse: Warehouse, as_of: datetime, *, oldest: datetime, max_age: timedelta, handled_seq: int | None
) -> Names:
    """What is known as of then, of arrivals after `handled_seq` (None: of all), in one query.

    Late events that trickle in do not make a name late, nor do events from before `oldest`. Raises the warehouse's
    errors.
    """
    changed_since, late_since = as_of - 2 * max_age, as_of - _LATE_SINCE
    rows = warehouse.rows(
        NAMES,
        since=min(changed_since, late_since),
        as_of=as_of,
        changed_since=changed_since,
        late_since=late_since,
        oldest=oldest,
        handled_seq=handled_seq or 0,
        most_states=_MOST_STATES,
        least_events=LEAST_EVENTS,
        least_share=_LATE_SHARE,
    )
    return Names(
        stored={row["event_name"]: _stored(row) for row in rows if row["learned_until"] is not None},
        states={row["event_name"]: row["state"] for row in rows if row["state"] is not None},
        late=frozenset(row["event_name"] for row in rows if row["is_late"]),
        changed_from={row["event_name"]: row["changed_from"] for row in rows if row["seq"] is not None},
        newest_seq=max([handled_seq or 0, *(row["seq"] for row in rows if row["seq"] is not None)]),
    )


def _stored(row: Row) -> StoredBaseline:
    return StoredBaseline(row["learned_until"], row["first_event_at"], row["last_event_at"], int(row["events"]))
