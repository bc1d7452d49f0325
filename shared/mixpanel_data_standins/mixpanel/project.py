"""The Mixpanel project behind the stand-in: its events, profiles, merges and Lexicon, its behaviour, its clock."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mixpanel_data.base.clock import Clock, utc_now
from mixpanel_data_standins.mixpanel.access import DEFAULT_ACCESS, Access
from mixpanel_data_standins.mixpanel.events.store import Store
from mixpanel_data_standins.mixpanel.faults import Faults
from mixpanel_data_standins.mixpanel.imports.merges import Merges
from mixpanel_data_standins.mixpanel.lexicon.schemas import Schemas
from mixpanel_data_standins.mixpanel.profiles.profiles import Profiles
from mixpanel_data_standins.mixpanel.querying.state.queries import Queries
from mixpanel_data_standins.mixpanel.quotas import Gate, Quotas

EPOCH_DAY = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Behaviour that varies between projects, or that is not known for certain of Mixpanel.

    time_basis       the clock of `time`: `utc`, or `project`, the wall clock of `timezone` written as if it were
                     UTC. Days, today included, are days of that clock. Lines are served as they are.
    timezone         the project's IANA zone; with basis `utc`, queries alone count days in it.
    where_in_utc     with basis `project`: whether `datetime()` in a `where` means UTC, not the project's clock.
    time_format      `number`, or `iso`: `time` is served as text YYYY-MM-DDTHH:MM:SS on its own clock.
    rows_wait        whether a row appears only once the clock has passed its mp_processing_time_ms (UTC) plus
                     `lag`, as real rows do (default); a row without that property is always visible.
    lag              the time from a row's processing until it appears.
    duplicate_every  serve every n-th row of an answer twice, one after the other; 0: none.
    shuffle_seed     serve rows out of order, the same way each time, in groups of 8 MiB; None: as stored.
    refuse_where     answer 400 to every `where`.
    framing          the end of a body: `chunked` (HTTP/1.1 clients), `close` (the end of the connection), or
                     `length` (Content-Length).
    gzip_above_bytes gzip a longer plain body for a client that accepts gzip.
    error_form       body of an error: `error` {"error"}, `request` {"request", "error"}, or bare `text`.
    body_bytes       answer 413 to a longer request.
    identity         how the project merges ids: `original`, or `simplified`, which refuses `$merge`.
    sends_date       whether answers have a Date header, as those of a server with a clock do.
    """

    time_basis: Literal["utc", "project"] = "utc"
    timezone: str = "UTC"
    where_in_utc: bool = False
    time_format: Literal["number", "iso"] = "number"
    rows_wait: bool = True
    lag: timedelta = timedelta(0)
    duplicate_every: int = 0
    shuffle_seed: int | None = None
    refuse_where: bool = False
    framing: Literal["chunked", "close", "length"] = "chunked"
    gzip_above_bytes: int = 1400
    error_form: Literal["error", "request", "text"] = "error"
    body_bytes: int = 2 * 1024 * 1024
    identity: Literal["original", "simplified"] = "original"
    sends_date: bool = True

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"timezone is {self.timezone!r}. Give an IANA zone such as Europe/Berlin.") from error
        if self.duplicate_every < 0 or self.lag < timedelta(0):
            raise ValueError(f"duplicate_every is {self.duplicate_every}, lag is {self.lag}. Give values of 0 or more.")

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the project's days."""
        return ZoneInfo(self.timezone if self.time_basis == "project" else "UTC")


USUAL_BEHAVIOUR: Final = Behaviour()


@dataclass(eq=False)
class Project:
    """All that an endpoint needs to answer. All but `store`, `gate`, `profiles`, `merges` and `lexicon` can be
    replaced."""

    store: Store
    now: Clock = utc_now
    access: Access = DEFAULT_ACCESS
    behaviour: Behaviour = USUAL_BEHAVIOUR
    quotas: Quotas | None = None
    resolve: MutableMapping[str, str] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    gate: Gate = field(default_factory=Gate)
    profiles: Profiles = field(default_factory=Profiles)
    profile_faults: Faults = field(default_factory=Faults)
    merges: Merges = field(default_factory=Merges)
    import_faults: Faults = field(default_factory=Faults)
    lexicon: Schemas = field(default_factory=Schemas)
    lexicon_faults: Faults = field(default_factory=Faults)
    queries: Queries = field(default_factory=Queries)

    def today(self) -> date:
        """The project's current day."""
        return self.now().astimezone(self.behaviour.zone).date()

    def visible_until_ms(self) -> float:
        """Rows with an mp_processing_time_ms (UTC) up to this are visible."""
        if not self.behaviour.rows_wait:
            return float("inf")
        return (self.now() - self.behaviour.lag).timestamp() * 1000


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH_DAY).days
