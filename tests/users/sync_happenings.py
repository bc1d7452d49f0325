"""What can happen to a dataset and to the user syncs over it, and how a state machine draws it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from mixpanel_data.base.errors import UnavailableError
from mixpanel_data.base.user_totals import Holding, Refusal, User
from support.published_events import PublishedEvent
from support.run_fates import UNDISTURBED, KilledAt, Undisturbed
from support.user_sync_world import METRICS

_PLAN = {"property": "plan", "type": "STRING"}
_SENT = {"sync": {"postgres": {"table": "totals"}}}
CONFIGURATIONS: Sequence[Mapping[str, Any]] = [
    {**_SENT, **METRICS},
    {**_SENT, **METRICS, "by": "cluster"},
    {
        **_SENT,
        **METRICS,
        "counters": {"visits": {"event": "Purchase"}, "low": {"event": "Visit", "where": {"level": [1, True]}}},
    },
    {
        **_SENT,
        **METRICS,
        "latest": {"plan": {**_PLAN, "events": ["Visit"]}},
        "current": {"plan_now": _PLAN},
        "by": "cluster",
    },
    {**_SENT, "latest": {"visits": {"property": "level", "type": "INT64"}}, "by": "cluster"},
    {**_SENT, "counters": METRICS["counters"], "current": {"balance": {"property": "level", "type": "NUMERIC"}}},
]
PEOPLE = ("ann", "bob", "eve", "zoe")
_TIMES = [f"2040-03-{day} {time}" for day in (10, 11, 13, 15) for time in ("00:00:00", "12:30:00", "23:59:59.999999")]
_VALUES: Mapping[str, Sequence[object]] = {
    "plan": ("gold", "free", 1, True, None),
    "level": (1, 2.0, 2.5, "3", None),
    "balance": (0, 7.25, None, "x"),
    # No text: the sync refuses a sum over a property that holds nothing else.
    "amount": (1, 0.1, -3, None, 1e30),
}


class Table:
    """A target outside, which takes two users at a time, can be away, and can lose users."""

    name = "postgres"
    most_users = 2

    def __init__(self) -> None:
        self.users: dict[str, User] = {}
        self.is_away = False
        self.place = 0

    def send(self, users: Sequence[User]) -> list[Refusal]:
        """Keep the users' totals; raises UnavailableError while it is away."""
        self._check()
        self.users |= {str(user["distinct_id"]): user for user in users}
        return []

    def holding(self) -> Holding:
        """Count the users; raises UnavailableError while it is away."""
        self._check()
        return Holding(str(self.place), len(self.users))

    def missing(self, ids: Sequence[str]) -> list[str]:
        """Those who are not there; raises UnavailableError while it is away."""
        self._check()
        return [name for name in ids if name not in self.users]

    def lose(self, every: int) -> None:
        """Every so many-th user is deleted; with 0, all are, and the table is another one."""
        self.place += every == 0
        for name in sorted(self.users)[:: every or 1]:
            del self.users[name]

    def _check(self) -> None:
        if self.is_away:
            raise UnavailableError("The table is away.")


@dataclass(frozen=True)
class Brought:
    """The collector publishes events: new ones, or known ones with other contents."""

    events: tuple[PublishedEvent, ...]


@dataclass(frozen=True)
class Resolved:
    """Mixpanel resolves a person to another, or to nobody."""

    person: str
    to: str | None


@dataclass(frozen=True)
class Forgotten:
    """Every so many-th event is deleted."""

    every: int


@dataclass(frozen=True)
class Shifted:
    """Two events of a person turn out to have happened at another time."""

    person: str
    at: str


@dataclass(frozen=True)
class Clustered:
    """The identity graph puts each person into another cluster."""

    of: tuple[str, ...]

    def clusters(self) -> dict[str, list[str]]:
        """The people of each cluster."""
        return {name: [one for one, own in zip(PEOPLE, self.of, strict=True) if own == name] for name in self.of}


@dataclass(frozen=True)
class Interrupted:
    """At this step of the run, the collector publishes, and another run does its work or finds this one at it."""

    step: int
    change: "Change"


Change = Brought | Resolved | Forgotten | Shifted
Fate = Undisturbed | KilledAt | Interrupted


def _properties() -> st.SearchStrategy[dict[str, object]]:
    return st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in _VALUES.items()})


_EVENTS = st.builds(
    PublishedEvent,
    st.sampled_from(["Visit", "Purchase", "Other"]),
    st.sampled_from(_TIMES),
    st.sampled_from([*PEOPLE, None]),
    st.integers(0, 30).map("m{:02d}".format),
    _properties(),
)
BROUGHT = st.builds(Brought, st.lists(_EVENTS, min_size=1, max_size=12).map(tuple))
CHANGES: st.SearchStrategy[Change] = st.one_of(
    BROUGHT,
    st.builds(Resolved, st.sampled_from(PEOPLE), st.sampled_from([*PEOPLE, None])),
    st.builds(Forgotten, st.integers(1, 4)),
    st.builds(Shifted, st.sampled_from(PEOPLE), st.sampled_from(_TIMES)),
)
CLUSTERS = st.builds(Clustered, st.tuples(*[st.sampled_from(["c1", "c2", "ann"])] * len(PEOPLE)))
WINDOWS = st.sampled_from(
    [
        ("2040-03-10", "2040-03-11"),
        ("2040-03-11", "2040-03-14"),
        ("2040-03-01", "2040-03-15"),
        ("2040-03-13", "2040-03-16"),
    ]
)
FATES: st.SearchStrategy[Fate] = st.one_of(
    st.just(UNDISTURBED),
    st.just(UNDISTURBED),
    st.builds(KilledAt, st.integers(1, 90)),
    st.builds(Interrupted, st.integers(1, 60), CHANGES),
)
