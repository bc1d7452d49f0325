"""How late events arrive: learned every few hours from what arrived, so that a delay is not taken for a drop.

Mixpanel gets events when clients send them, and shows them to exports a while after that. Both are learned: the first
by `mp_processing_time_ms`, name by name, the second from the collections that did not find an event yet.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np

from mixpanel_data.detect.findings.arrivals.learning import learned_shares
from mixpanel_data.detect.findings.arrivals.shares import AT_ONCE, DelayShares
from mixpanel_data.detect.incidents.incident import MINUTE
from mixpanel_data.detect.statistics.tails import Floats
from mixpanel_data.runs import Run, write
from mixpanel_data.warehouse.base import Warehouse
from mixpanel_data.warehouse.json_rows import json_row
from mixpanel_data.warehouse.statements import Statement, statement

DELAYS = statement("detect/findings/delays.sql")
STORE_DELAYS: tuple[Statement, ...] = (
    statement("detect/findings/given_delays.sql", creates="given_delays", delays="ARRAY<STRING>"),
    statement("detect/findings/delete_delays.sql", learned_until="TIMESTAMP"),
    statement(
        "detect/findings/insert_delays.sql", learned_until="TIMESTAMP", learn_again_at="TIMESTAMP", as_of="TIMESTAMP"
    ),
)
"""Write learned delays, in this order and in one transaction."""

# Each time takes the times of some days' events: 0.3 s for 500,000 on DuckDB.
LEARNED_EVERY = timedelta(hours=2)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A row has up to 2 kB; together they stay below the 10 MB that a request to BigQuery may have.
_MOST_NAMES = 3000


@dataclass(frozen=True, slots=True)
class Delays:
    """What is known of delays, by name; None is for all names together, and for names that are not there.

    `learned_until`: arrivals up to then were counted. They are to be learned again by runs that judge up to
    `learn_again_at`. `is_to_be_stored`: the warehouse has older ones.
    """

    by_name: Mapping[str | None, DelayShares]
    learned_until: datetime
    learn_again_at: datetime
    is_to_be_stored: bool = False

    def arrived(
        self, names: Sequence[str], start: datetime, minutes: int, read_until: datetime | None
    ) -> Floats | None:
        """The shares of the events of each minute from `start` on that had arrived at `read_until`, names x minutes.

        None where every whole minute before `read_until` is complete.
        """
        if read_until is None:
            return None
        ages = np.floor((read_until - start) / MINUTE) - np.arange(minutes)
        shares = self.at(names, ages)
        return None if np.all(shares[:, ages >= 1.0] >= 1.0) else shares

    def at(self, names: Sequence[str], ages: Floats) -> Floats:
        """The shares of the names' events that have arrived at ages in minutes, names x ages."""
        common = self.by_name[None].at(ages)
        shares = [self.by_name[name].at(ages) if name in self.by_name else common for name in names]
        return np.array(shares).reshape(len(names), len(ages))

    def complete_after(self, name: str) -> timedelta:
        """The time after the start of a minute when all but one in a hundred of its events have arrived."""
        return self.by_name.get(name, self.by_name[None]).complete_after() * MINUTE


def read_delays(warehouse: Warehouse, read_until: datetime | None) -> Delays:
    """The stored delays, learned anew where they are too old for a run that judges up to `read_until`.

    Raises the warehouse's errors.
    """
    if read_until is None:
        return Delays({None: AT_ONCE}, _EPOCH, _EPOCH)
    rows = warehouse.rows(DELAYS)
    stored_until = max((row["learned_until"] for row in rows), default=_EPOCH)
    again_at = max((row["learn_again_at"] for row in rows), default=_EPOCH)
    if stored_until == read_until or stored_until < read_until < again_at:
        by_name = {row["event_name"]: DelayShares.of(row["shares"]) for row in rows}
        return Delays(by_name, stored_until, again_at)
    return replace(learned_delays(warehouse, read_until), is_to_be_stored=stored_until < read_until)


def learned_delays(warehouse: Warehouse, until: datetime, *, by_collections: bool = True) -> Delays:
    """The delays of what arrived in the days before `until`, as `learned_shares` has them."""
    learned = learned_shares(warehouse, until, by_collections=by_collections)
    return Delays(learned.by_name, until, until + LEARNED_EVERY if learned.is_lasting else until)


def store_delays(run: Run, delays: Delays, as_of: datetime) -> None:
    """Store delays that were learned in this run, so that the next one need not. Raises as `runs.write` does."""
    if not delays.is_to_be_stored:
        return
    # The names with the most events come first.
    rows = [
        json_row({"event_name": name, "shares": shares.packed()})
        for name, shares in list(delays.by_name.items())[:_MOST_NAMES]
    ]
    write(
        run,
        "delays",
        STORE_DELAYS,
        as_of=as_of,
        learned_until=delays.learned_until,
        learn_again_at=delays.learn_again_at,
        delays=rows,
    )
