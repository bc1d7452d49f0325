"""The values that a parameter can have: the words that a request, an option of `mp` and the tables share.

They are on the ground floor, so that the command line can list them without loading the job that they belong to.
"""

from enum import StrEnum


class Reread(StrEnum):
    """Windows that move with the day, for a schedule: events of any day still arrive or change in Mixpanel."""

    RECENT = "recent"
    """The last 7 days."""
    SLICE = "slice"
    """A thirtieth of the older days, another each day, so that every day is read again every 30 days."""


class SeriesKind(StrEnum):
    """The model for a series."""

    COUNTS = "counts"
    VALUES = "values"


class EventStatus(StrEnum):
    """How an event stands on the day that is judged."""

    ACTIVE = "active"
    DORMANT = "dormant"
    LIKELY_TYPO = "likely_typo"
    UNEXPECTED = "unexpected"
    EXPERIMENTAL = "experimental"
    DEPRECATED = "deprecated"
    BLOCKED = "blocked"


class PropertyStatus(StrEnum):
    """How a property of an event stands on the day that is judged."""

    ACTIVE = "active"
    TYPE_CHANGED = "type_changed"
    UNSTABLE = "unstable"
    DORMANT = "dormant"
    DEPRECATED = "deprecated"


class ChangeKind(StrEnum):
    """What happened to an event or a property."""

    NEW_EVENT = "new_event"
    NEW_PROPERTY = "new_property"
    TYPE_CHANGED = "type_changed"
    BECAME_SPARSE = "became_sparse"
    BECAME_DORMANT = "became_dormant"
    CAME_BACK = "came_back"
    CARDINALITY_EXPLODED = "cardinality_exploded"
    LIKELY_TYPO = "likely_typo"


class ChangeState(StrEnum):
    """Whether a change still follows from the events, or later data has shown that there was none."""

    HOLDS = "holds"
    RETRACTED = "retracted"


class RuleName(StrEnum):
    """What an event can break."""

    UNKNOWN_EVENT = "unknown_event"
    UNKNOWN_PROPERTY = "unknown_property"
    TYPE = "type"
    REQUIRED = "required"
    ENUM = "enum"
    RANGE = "range"
    LENGTH = "length"
    PATTERN = "pattern"
    FORMAT = "format"
    NAMING = "naming"
    DEPRECATED = "deprecated"
    BLOCKED = "blocked"


class ConflictKind(StrEnum):
    """The kinds of conflicts: an id with too many partners, a device of several users, a cluster that is too large."""

    HUB = "hub"
    SHARED_DEVICE = "shared_device"
    LARGE_CLUSTER = "large_cluster"
