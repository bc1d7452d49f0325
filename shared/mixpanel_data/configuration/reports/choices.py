"""The choices that definitions of reports have."""

from enum import StrEnum


class Unit(StrEnum):
    """The length of a period; weeks begin on Monday."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class LongUnit(StrEnum):
    """The length of a period in which users can be active on several days; weeks begin on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class ShortUnit(StrEnum):
    """The length of a part of a period."""

    HOUR = "hour"
    DAY = "day"


class By(StrEnum):
    """Who counts as one user: a distinct id, or all ids of a cluster of the identity graph."""

    USER = "user"
    CLUSTER = "cluster"


class Measure(StrEnum):
    """What a segmentation measures; from `sum` on it is over the numbers (`distinct`: all values) of a property.

    `general` counts events, `unique` users, `average` is events per user who did one.
    """

    GENERAL = "general"
    UNIQUE = "unique"
    AVERAGE = "average"
    SUM = "sum"
    MEAN = "mean"
    MIN = "min"
    MAX = "max"
    MEDIAN = "median"
    P25 = "p25"
    P75 = "p75"
    P90 = "p90"
    P95 = "p95"
    P99 = "p99"
    DISTINCT = "distinct"


class Mode(StrEnum):
    """When a user joins a cohort: once, at the first born event; or once in each period that has one."""

    BIRTH = "birth"
    RECURRING = "recurring"


class Align(StrEnum):
    """Where a period begins: at the user's born event, or at the calendar's boundary."""

    BIRTH = "birth"
    CALENDAR = "calendar"


class Counting(StrEnum):
    """Which returns a bucket counts: those in it, in it or a later one, in it or an earlier one, in all up to it."""

    ON = "on"
    ON_OR_AFTER = "on_or_after"
    ON_OR_BEFORE = "on_or_before"
    STREAK = "streak"


class FunnelCount(StrEnum):
    """What a funnel counts: the first attempt of each user, every attempt, or the first one of each session."""

    USERS = "users"
    ATTEMPTS = "attempts"
    SESSIONS = "sessions"


class Order(StrEnum):
    """Whether the steps of a funnel have to come in their order."""

    GIVEN = "given"
    ANY = "any"


class Attribute(StrEnum):
    """Which step a funnel's breakdown takes its value from: the first or the last that has one."""

    FIRST = "first"
    LAST = "last"
