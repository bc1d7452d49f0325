"""Whatever happens, in whatever order: in the end the tables are those of one run over everything.

USERS_EXAMPLES=300 tries so many histories in place of a few.
"""

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from support.engines import DuckDB
from support.leftovers import leaves_sockets_open
from support.mortal import Killed, MortalWarehouse, Steps
from users.world import METRICS, Event, World, with_changes

EXAMPLES = int(os.environ.get("USERS_EXAMPLES", "3"))
_PLAN = {"property": "plan", "type": "STRING"}
CONFIGURATIONS: Sequence[Mapping[str, Any]] = [
    METRICS,
    {**METRICS, "by": "cluster"},
    {
        **METRICS,
        "counters": {"visits": {"event": "Purchase"}, "low": {"event": "Visit", "where": {"level": [1, True]}}},
    },
    {**METRICS, "latest": {"plan": {**_PLAN, "events": ["Visit"]}}, "current": {"plan_now": _PLAN}, "by": "cluster"},
    {"latest": {"visits": {"property": "level", "type": "INT64"}}, "by": "cluster"},
    {"counters": METRICS["counters"], "current": {"balance": {"property": "level", "type": "NUMERIC"}}},
]
PEOPLE = ("ann", "bob", "eve", "zoe")
TIMES = [f"2040-03-{day} {time}" for day in (10, 11, 13, 15) for time in ("00:00:00", "12:30:00", "23:59:59.999999")]
VALUES: Mapping[str, Sequence[object]] = {
    "plan": ("gold", "free", 1, True, None),
    "level": (1, 2.0, 2.5, "3", None),
    "balance": (0, 7.25, None, "x"),
    # No text: a sum over nothing else would be refused.
    "amount": (1, 0.1, -3, None, 1e30),
}


class Action(Protocol):
    """Something that happens in a world."""

    def happen(self, world: World) -> None: ...


@dataclass(frozen=True)
class Bring:
    """Events come: new ones, or known ones with other contents."""

    events: tuple[Event, ...]

    def happen(self, world: World) -> None:
        world.bring(*{event.event_id: event for event in self.events}.values())


@dataclass(frozen=True)
class Resolve:
    """A person is found to be another."""

    person: str
    to: str | None

    def happen(self, world: World) -> None:
        world.move(self.person, self.to)


@dataclass(frozen=True)
class Forget:
    """Every so-many-th event is deleted."""

    every: int

    def happen(self, world: World) -> None:
        world.bring(gone=sorted(world.brought)[:: self.every])


@dataclass(frozen=True)
class Shift:
    """Events of a person go to another time."""

    person: str
    at: str

    def happen(self, world: World) -> None:
        shifted = [with_changes(event, at=self.at) for event in world.brought.values() if event.person == self.person]
        world.bring(*shifted[:2])


@dataclass(frozen=True)
class Cluster:
    """The identity graph becomes another: each person's cluster."""

    of: tuple[str, ...]

    def happen(self, world: World) -> None:
        world.cluster(
            **{name: [one for one, other in zip(PEOPLE, self.of, strict=True) if other == name] for name in self.of}
        )


@dataclass(frozen=True)
class Configure:
    """Somebody edits the configuration."""

    number: int

    def happen(self, world: World) -> None:
        world.metrics = CONFIGURATIONS[self.number]


@dataclass(frozen=True)
class Sync:
    """A run, of a window or of what changed, which dies at a point or ends."""

    window: tuple[str, ...]
    fatal: int

    def happen(self, world: World) -> None:
        world.pass_time(minutes=1)
        with world.opened() as warehouse:
            try:
                world.sync(*self.window, warehouse=MortalWarehouse(warehouse, Steps(self.fatal)))
            except Killed:
                return


def _properties() -> st.SearchStrategy[dict[str, object]]:
    return st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in VALUES.items()})


_EVENT = st.builds(
    Event,
    st.sampled_from(["Visit", "Purchase", "Other"]),
    st.sampled_from(TIMES),
    st.sampled_from([*PEOPLE, None]),
    st.integers(0, 30).map("m{:02d}".format),
    _properties(),
)
_BRING = st.builds(Bring, st.lists(_EVENT, min_size=1, max_size=12).map(tuple))
_WINDOW = st.sampled_from(
    [(), (), ("2040-03-10", "2040-03-11"), ("2040-03-11", "2040-03-14"), ("2040-03-01", "2040-03-16")]
)
_SYNC = st.builds(Sync, _WINDOW, st.sampled_from([0, 0, 0]) | st.integers(1, 90))
_CHANGE: st.SearchStrategy[Action] = st.one_of(
    _BRING,
    st.builds(Resolve, st.sampled_from(PEOPLE), st.sampled_from([*PEOPLE, None])),
    st.builds(Forget, st.integers(2, 5)),
    st.builds(Shift, st.sampled_from(PEOPLE), st.sampled_from(TIMES)),
    st.builds(Cluster, st.tuples(*[st.sampled_from(["c1", "c2", "ann"])] * len(PEOPLE))),
    st.builds(Configure, st.integers(0, len(CONFIGURATIONS) - 1)),
)
_HISTORIES = st.lists(st.tuples(_CHANGE, st.none() | _SYNC), min_size=1, max_size=6)


@leaves_sockets_open
@settings(max_examples=EXAMPLES, print_blob=True, phases=set(Phase) - {Phase.explain})
@given(first=_BRING, history=_HISTORIES)
def test_whatever_happens_the_tables_end_true(first: Bring, history: list[tuple[Action, Sync | None]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = World(DuckDB(Path(folder)))
        first.happen(world)
        for change, sync in history:
            change.happen(world)
            if sync:
                sync.happen(world)
        # What was asked for by a window of today's would be neither here nor there.
        world.pass_time(hours=12)
        world.sync()
        world.assert_settled()
