"""`config/identity.json`: where links between ids come from, and the rules by which they count."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from mixpanel_data.base.identifiers import IDENTIFIER
from mixpanel_data.configuration.base import Configuration, Name
from mixpanel_data.configuration.user_metrics import Scalar, Values

_EVENTS = "mixpanel_events"
_MOST = 1_000_000_000
# Sources of links that no table has, and the entry of the rules in identity_sources.
_TAKEN = {"manual", "demonstration", "*"}


class Kind(StrEnum):
    """What an id identifies: a device, a user, or anything else, such as an account in another system."""

    DEVICE = "device"
    USER = "user"
    OTHER = "other"


class Identity(StrEnum):
    """How the Mixpanel project merges ids."""

    SIMPLIFIED = "simplified"
    ORIGINAL = "original"


class SharedDevices(StrEnum):
    """What a device with several users does: it belongs to the first of them, or joins them all."""

    ELECT = "elect"
    JOIN = "join"


_MAX_PARTNERS: Mapping[Kind, int | None] = {Kind.DEVICE: 20, Kind.USER: 200}


def _identifier(name: str) -> str:
    if not IDENTIFIER.fullmatch(name):
        raise ValueError("use at most 1024 letters, digits and _, not starting with a digit")
    return name


def _source_name(name: str) -> str:
    if name in _TAKEN:
        raise ValueError("that name is reserved for links and rules that come from no table; give another name")
    return name


def _limit(number: int) -> int:
    if not 1 <= number <= _MOST:
        raise ValueError(f"give a whole number from 1 to {_MOST}, or null for no limit")
    return number


def _with_defaults(limits: Mapping[Kind, int | None]) -> Mapping[Kind, int | None]:
    return {**_MAX_PARTNERS, **limits}


Identifier = Annotated[str, AfterValidator(_identifier)]
Limit = Annotated[int, AfterValidator(_limit)]
Cluster = Annotated[tuple[Name, ...], Field(min_length=1, strict=False)]
State = Annotated[tuple[Cluster, ...], Field(strict=False)]


class End(Configuration):
    """The place of an id in a row: a column, a property of `properties`, or a property of a JSON column."""

    kind: Annotated[Kind, Field(strict=False)]
    column: Identifier | None = None
    property: Name | None = None

    @model_validator(mode="after")
    def _has_a_place(self) -> Self:
        if self.column is None and self.property is None:
            raise ValueError("column and property are missing: give one of them, or both for a property of that column")
        return self

    def place(self) -> tuple[str, str | None]:
        """The column, in lower case, and the property in it; None for the column itself."""
        return (self.column or "properties").lower(), self.property


class Source(Configuration):
    """A table or view of the dataset, with one id or two in each row.

    `time` is the column with the time of a row, `new_by` one whose values never fall from one row to a later one.
    `events` and `where` select rows: `where` by properties of the events, of other tables by columns. With `alone`, an
    id without a partner is a cluster of one.
    """

    name: Annotated[Name, AfterValidator(_source_name)]
    table: Identifier
    time: Identifier | None = None
    new_by: Identifier | None = None
    events: Annotated[tuple[Name, ...], Field(min_length=1, strict=False)] | None = None
    where: Mapping[Name, Values] = {}
    alone: bool = False
    ids: Annotated[tuple[End, ...], Field(strict=False)]

    def conditions(self) -> Iterator[tuple[str, tuple[Scalar, ...]]]:
        """Each property or column, with the values that match."""
        yield from self.where.items()  # type: ignore[misc]  # what the validator of `Values` makes of it

    @field_validator("time")
    @classmethod
    def _events_have_a_time(cls, time: str | None, info: ValidationInfo) -> str | None:
        if time is not None and info.data.get("table") == _EVENTS:
            raise ValueError(f"the time of {_EVENTS} is always event_timestamp: remove this field")
        return time

    @field_validator("new_by")
    @classmethod
    def _events_have_arrivals(cls, new_by: str | None, info: ValidationInfo) -> str | None:
        if new_by is not None and info.data.get("table") == _EVENTS:
            raise ValueError(f"event_arrivals already says what is new in {_EVENTS}: remove this field")
        return new_by

    @field_validator("events")
    @classmethod
    def _only_events_have_names(cls, events: tuple[str, ...] | None, info: ValidationInfo) -> tuple[str, ...] | None:
        if events is not None and info.data.get("table", _EVENTS) != _EVENTS:
            raise ValueError(f"only {_EVENTS} has event names: remove this field, or select rows by where")
        return events

    @field_validator("where")
    @classmethod
    def _conditions_on_tables_name_columns(
        cls, where: Mapping[str, object], info: ValidationInfo
    ) -> Mapping[str, object]:
        if info.data.get("table", _EVENTS) != _EVENTS:
            for name in where:
                if not IDENTIFIER.fullmatch(name):
                    raise ValueError(f"{name!r} is not the name of a column, which {info.data['table']} needs here")
        return where

    @field_validator("ids")
    @classmethod
    def _has_one_end_or_two(cls, ids: tuple[End, ...]) -> tuple[End, ...]:
        if not 1 <= len(ids) <= 2:
            raise ValueError("give one end or two")
        if len(ids) > len({end.place() for end in ids}):
            raise ValueError("both ends are the same: give two different ones, or only one")
        return ids


class IdentityConfig(Configuration):
    """The document in `config/identity.json`.

    `max_partners` limits the distinct partners of an id by its kind, `max_cluster_size` the ids of a cluster,
    `max_withdrawn` the pairs that a refresh takes out; None lifts a limit. `ignore` has ids that make no link. `states`
    are those of the demonstration, by name: clusters, each with its ids in a chain.
    """

    identity: Annotated[Identity, Field(strict=False)] = Identity.SIMPLIFIED
    sources: Annotated[tuple[Source, ...], Field(min_length=1, strict=False)]
    ignore: Annotated[tuple[str, ...], Field(strict=False)] = ()
    max_partners: Annotated[
        Mapping[Annotated[Kind, Field(strict=False)], Limit | None], AfterValidator(_with_defaults)
    ] = _MAX_PARTNERS
    max_cluster_size: Limit | None = 500
    shared_devices: Annotated[SharedDevices, Field(strict=False)] | None = None
    max_withdrawn: Limit | None = 1000
    states: Annotated[Mapping[Name, State], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _source_names_are_unique(self) -> Self:
        seen: dict[str, int] = {}
        for position, source in enumerate(self.sources):
            if source.name in seen:
                raise ValueError(
                    f"sources[{position}].name repeats {source.name!r} of sources[{seen[source.name]}]: rename one"
                )
            seen[source.name] = position
        return self

    @model_validator(mode="after")
    def _an_id_is_in_one_cluster_of_a_state(self) -> Self:
        for state, clusters in (self.states or {}).items():
            seen: dict[str, int] = {}
            for position, one in ((position, one) for position, cluster in enumerate(clusters) for one in cluster):
                if one in seen:
                    raise ValueError(
                        f"states.{state}[{position}] repeats {one!r} of states.{state}[{seen[one]}]: "
                        "an id is in one cluster of a state, once. Remove one"
                    )
                seen[one] = position
        return self

    @property
    def elects(self) -> bool:
        """Whether a device with several users belongs to the first of them alone."""
        usual = SharedDevices.ELECT if self.identity is Identity.SIMPLIFIED else SharedDevices.JOIN
        return (self.shared_devices or usual) is SharedDevices.ELECT

    def partners_of(self, kind: Kind) -> int | None:
        """The most distinct partners of an id of this kind; None for any number."""
        return self.max_partners.get(kind)
