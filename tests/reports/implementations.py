"""What the tests of reports ask, of plain Python and of the library alike."""

import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Protocol

from mixpanel_data.configuration.reports.definitions import Report
from mixpanel_data.reports.answers.answering import parts_of
from mixpanel_data.reports.relations.asking import Asking
from mixpanel_data.reports.relations.sources import collected
from mixpanel_data.warehouse.base import Warehouse
from reports.stored_histories import store, stored_segments
from support.engines import DuckDB
from support.reports.answers import answer
from support.reports.events import Event, Row, World


class Implementation(Protocol):
    """Answers a definition over a history: the parts that `support.reports.answers.answer` describes."""

    def __call__(self, definition: Report, events: Sequence[Event], world: World) -> list[Row]: ...


@cache
def embedded() -> Warehouse:
    """A dataset of the embedded engine, for all tests of this process."""
    return DuckDB(Path(tempfile.mkdtemp())).open()


def in_sql(definition: Report, events: Sequence[Event], world: World) -> list[Row]:
    """The library over a history that a warehouse has stored."""
    store(events, world, embedded())
    return parts_of(definition, asking(world))


def asking(world: World) -> Asking:
    """What the library is asked of, in the world of a history that is stored."""
    as_of = world.as_of or world.now
    return Asking(collected(embedded()), world.zone, world.now, as_of, saved=stored_segments(world))


IMPLEMENTATIONS: dict[str, Implementation] = {"plain Python": answer, "SQL": in_sql}
