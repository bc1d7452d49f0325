"""Baselines as rows of the table `detector_baselines`, and back."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from mixpanel_data.configuration.events import EventSelection
from mixpanel_data.detect.statistics.baseline import Baseline
from mixpanel_data.detect.statistics.tails import Floats
from mixpanel_data.runs import Run, write
from mixpanel_data.warehouse.base import Warehouse
from mixpanel_data.warehouse.json_rows import json_row
from mixpanel_data.warehouse.statements import Statement, statement

BASELINES = statement("detect/findings/baselines.sql")
STORE_BASELINES: tuple[Statement, ...] = (
    statement("detect/findings/given_baselines.sql", creates="given_baselines", baselines="ARRAY<STRING>"),
    statement("detect/findings/update_baselines.sql", learned_until="TIMESTAMP", as_of="TIMESTAMP"),
    statement("detect/findings/insert_baselines.sql", learned_until="TIMESTAMP", as_of="TIMESTAMP"),
)
"""Write learned baselines, in this order and in one transaction."""

# A state is some 11 kB of text: 500 of them stay well below the 10 MB that a request to BigQuery may have.
_NAMES_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class StoredBaseline:
    """A row of `Baseline.state`, and the end of the hours that it was learned from, UTC."""

    learned_until: datetime
    state: Floats


def stored_baselines(warehouse: Warehouse, selection: EventSelection) -> dict[str, StoredBaseline]:
    """The stored baselines of the selected events, by name. Raises the warehouse's errors.

    A state that another version of the detector wrote is left out: it has to be learned again.
    """
    found = {}
    for row in warehouse.rows(BASELINES):
        state = np.frombuffer(base64.b64decode(row["state"]), dtype="<f8").astype(np.float64)
        if row["event_name"] in selection and _is_readable(state):
            found[row["event_name"]] = StoredBaseline(row["learned_until"], state)
    return found


def store_baselines(
    run: Run, states: Iterable[tuple[str, Floats]], *, learned_until: datetime, as_of: datetime
) -> None:
    """Store the states of these names, so that the next run need not learn them again. Raises as `runs.write` does."""
    rows = [json_row({"event_name": name, "state": _packed(state)}) for name, state in states]
    for at in range(0, len(rows), _NAMES_AT_ONCE):
        write(
            run,
            "learn",
            STORE_BASELINES,
            as_of=as_of,
            learned_until=learned_until,
            baselines=rows[at : at + _NAMES_AT_ONCE],
        )


def _packed(state: Floats) -> str:
    return base64.b64encode(np.asarray(state, dtype="<f8").tobytes()).decode()


def _is_readable(state: Floats) -> bool:
    try:
        Baseline.of(state[None, :])
    except ValueError:
        return False
    return True
