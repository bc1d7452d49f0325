"""What can happen to a project at Mixpanel and to the runs that collect it, and how a state machine draws it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from hypothesis import strategies as st

from collect.collection_model import SLOW, Line
from mixpanel_data_standins.mixpanel import Behaviour, faults
from support import event_oracle
from support.events_configs import enabled
from support.export_lines import event
from support.run_fates import UNDISTURBED, KilledAt, Undisturbed

DAY = timedelta(days=1)
PEOPLE = ("ann", "bob", "eve")
NAMES = ("Purchase", "Signup", "Visit")
CONFIGURATIONS = {
    "all": enabled(),
    "two": enabled("Purchase", "Visit"),
    "all but one": enabled("*", {"name": "Signup", "enabled": False}),
}
ENABLED: Mapping[str, tuple[str, ...]] = {
    "all": NAMES,
    "two": ("Purchase", "Visit"),
    "all but one": ("Purchase", "Visit"),
}
BEHAVIOURS = (
    Behaviour(),
    Behaviour(duplicate_every=2, shuffle_seed=1),
    Behaviour(time_basis="project", timezone="America/New_York"),
    Behaviour(time_basis="project", timezone="Pacific/Kiritimati", shuffle_seed=2),
    Behaviour(refuse_where=True),
)


@dataclass(frozen=True)
class DrawnEvent:
    """An event of so many days ago; where two of them have the same identity, they are copies of one.

    -1 days ago: a device whose clock is ahead dates it tomorrow.
    """

    name: str
    days_ago: int
    at: str
    person: str | None
    insert_id: str | None
    n: int
    is_slow: bool
    is_from_connector: bool

    def line(self, now: datetime) -> Line:
        """As Mixpanel stored it now, or a while ago if it became visible slowly."""
        day = now.date() - self.days_ago * DAY
        stored = now - SLOW if self.is_slow else now
        origin = {"$warehouse_import_id": "w"} if self.is_from_connector else {}
        text = event(
            self.name,
            f"{day} {self.at}",
            self.person,
            self.insert_id,
            f"{stored:%Y-%m-%d %H:%M:%S}",
            n=self.n,
            **origin,
        )
        return Line(text, day)


@dataclass(frozen=True)
class Call:
    """A call of the collector: the days ago of its window, None for arrivals; the names asked for, None for all."""

    days_ago: tuple[int, int] | None
    names: tuple[str, ...] | None = None

    def request(self, today: date) -> dict[str, object]:
        """The parameters of the call."""
        names: dict[str, object] = {} if self.names is None else {"events": list(self.names)}
        if self.days_ago is None:
            return names
        start, end = (str(today - days * DAY) for days in self.days_ago)
        return {"from": start, "to": end, **names}

    def window(self, today: date) -> tuple[datetime, datetime]:
        """The event time that it is about."""
        if self.days_ago is None:
            return event_oracle.ALL_TIME
        start, end = (datetime.combine(today - days * DAY, time(), UTC) for days in self.days_ago)
        return start, end


@dataclass(frozen=True)
class Faulty:
    """Mixpanel answers some calls of the run and then has a fault, once or for good."""

    answered: int
    fault: faults.Fault
    is_permanent: bool


@dataclass(frozen=True)
class Overlapped:
    """At this step of the run, a person is found to be another, and a second run begins and ends."""

    step: int
    person: str
    by: Call


@dataclass(frozen=True)
class Merges:
    """Mixpanel resolves people to these, and no others."""

    of: Mapping[str, str]


@dataclass(frozen=True)
class ForgottenDay:
    """Mixpanel serves the events of this day no longer."""

    days_ago: int


@dataclass(frozen=True)
class BrokenLine:
    """Mixpanel serves a line that is not an event with those of this day."""

    text: bytes
    days_ago: int


Change = Merges | Behaviour | ForgottenDay | BrokenLine
Fate = Undisturbed | KilledAt | Faulty | Overlapped

_SOME_NAMES = st.sampled_from([None, None, None, None, ("Visit",), ("Purchase", "Visit")])
ARRIVALS = st.builds(Call, st.none(), _SOME_NAMES)
WINDOWS = st.builds(Call, st.sampled_from([(9, 0), (9, -1), (6, -1), (3, 1), (2, 1), (5, 3)]), _SOME_NAMES)
_FAULTS = st.sampled_from([faults.Status(503), faults.TERMINATED_EARLY, faults.TruncatedGzip(), faults.Status(429)])
_REFUSALS = st.sampled_from(
    [faults.Status(400, "Error in where: it is wrong"), faults.Status(400, "to_date cannot be later than today")]
)
FATES: st.SearchStrategy[Fate] = st.one_of(
    st.just(UNDISTURBED),
    st.builds(KilledAt, st.integers(1, 70)),
    st.builds(Faulty, st.integers(0, 3), _FAULTS, st.booleans()),
    st.builds(Faulty, st.integers(0, 3), _REFUSALS, st.just(False)),
    st.builds(Overlapped, st.integers(1, 40), st.sampled_from(PEOPLE), ARRIVALS | WINDOWS),
)
CHANGES: st.SearchStrategy[Change] = st.one_of(
    st.builds(Merges, st.dictionaries(st.sampled_from(PEOPLE), st.sampled_from(PEOPLE), max_size=2)),
    st.sampled_from(BEHAVIOURS),
    st.builds(ForgottenDay, st.integers(1, 4)),
    st.builds(BrokenLine, st.sampled_from([b"42", b"{broken", b'{"event":"Purchase"}']), st.integers(1, 4)),
)
EVENTS = st.builds(
    DrawnEvent,
    st.sampled_from(NAMES),
    st.sampled_from([1, 2, 3, 4, 1, 2, 3, 4, -1]),
    st.sampled_from(["00:00:00", "03:30:00", "12:30:00", "23:59:59"]),
    st.sampled_from([*PEOPLE, None]),
    st.sampled_from(["m1", "m2", "m3", None]),
    st.integers(0, 2),
    st.booleans(),
    st.sampled_from([False] * 7 + [True]),
)
