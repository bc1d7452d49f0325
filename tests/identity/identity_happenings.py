"""What can happen to a dataset and to the identity transitions over it, and how a state machine draws it."""

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from support.identity_world import EVENTS, LOGINS, PAIRS, configured
from support.run_fates import UNDISTURBED, KilledAt, Undisturbed

USERS = ("u1", "u2", "u3", "u4")
DEVICES = ("d1", "d2", "d3", "d4", "d5")
OTHERS = ("a", "b", "c", "d", "e", "u1", "d1")
_TIMES = ("2040-03-15 00:00:00", "2040-03-15 11:59:59", "2040-03-14 12:00:00", "2040-02-01 10:00:00")


@dataclass(frozen=True)
class Paired:
    """Rows of the table of pairs, such as "a b", or "a" for an id alone."""

    pairs: tuple[str, ...]


@dataclass(frozen=True)
class LoggedIn:
    """Rows of the table of logins, such as "u1 d1"."""

    logins: tuple[str, ...]


@dataclass(frozen=True)
class Used:
    """The collector publishes events of users on devices, each (user, device, time)."""

    events: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Interrupted:
    """At this step of the run, something is shown, and another run does its work or finds this one at it."""

    step: int
    shown: "Shown"


Shown = Paired | LoggedIn | Used
Fate = Undisturbed | KilledAt | Interrupted


def _limit(*values: int) -> st.SearchStrategy[int | None]:
    return st.sampled_from([None, *values])


def _document(
    device: int | None, user: int | None, other: int | None, size: int | None, shared: str, withdrawn: int | None
) -> dict[str, Any]:
    return configured(
        EVENTS,
        PAIRS,
        LOGINS,
        max_partners={"device": device, "user": user, "other": other},
        max_cluster_size=size,
        shared_devices=shared,
        max_withdrawn=withdrawn,
    )


CONFIGURATIONS = st.builds(
    _document,
    device=_limit(1, 2, 3),
    user=_limit(2, 3),
    other=_limit(3),
    size=_limit(1, 2, 3, 5),
    shared=st.sampled_from(["elect", "join"]),
    withdrawn=_limit(1, 3),
)
_PAIRS = st.one_of(st.sampled_from(OTHERS), st.tuples(st.sampled_from(OTHERS), st.sampled_from(OTHERS)).map(" ".join))
_LOGINS = st.tuples(st.sampled_from(USERS), st.sampled_from(DEVICES)).map(" ".join)
_EVENTS = st.tuples(st.sampled_from(USERS), st.sampled_from(DEVICES), st.sampled_from(_TIMES))
SHOWN: st.SearchStrategy[Shown] = st.one_of(
    st.builds(Paired, st.lists(_PAIRS, min_size=1, max_size=6).map(tuple)),
    st.builds(LoggedIn, st.lists(_LOGINS, min_size=1, max_size=6).map(tuple)),
    st.builds(Used, st.lists(_EVENTS, min_size=1, max_size=4).map(tuple)),
)
FATES: st.SearchStrategy[Fate] = st.one_of(
    st.just(UNDISTURBED),
    st.just(UNDISTURBED),
    st.builds(KilledAt, st.integers(1, 120)),
    st.builds(Interrupted, st.integers(1, 80), SHOWN),
)
