"""The environment variables that say how much and how often jobs read; `variables` collects them with all others."""

from mixpanel_data.configuration.environment import readers
from mixpanel_data.configuration.environment.variable import Group, ReadBy, Variable

COLLECTOR_LOOKBACK_DAYS = Variable(
    "COLLECTOR_LOOKBACK_DAYS",
    Group.COLLECTOR,
    ReadBy.COLLECTOR,
    readers.whole_number(1, 3650),
    "The age, in days, up to which a call without a window finds events that Mixpanel stored recently.",
    default="90",
)
COLLECTOR_OVERLAP_MINUTES = Variable(
    "COLLECTOR_OVERLAP_MINUTES",
    Group.COLLECTOR,
    ReadBy.COLLECTOR,
    readers.whole_number(0, 525_600),
    "How many minutes before the start of the last hourly call the next one starts to read again, among the events of "
    "`COLLECTOR_LOOKBACK_DAYS`. Once an hour, a call without a window is an hourly call.",
    default="60",
)
COLLECTOR_SHORT_OVERLAP_MINUTES = Variable(
    "COLLECTOR_SHORT_OVERLAP_MINUTES",
    Group.COLLECTOR,
    ReadBy.COLLECTOR,
    readers.whole_number(0, 525_600),
    "How many minutes before the previous call's start the other calls without a window start to read again. They ask "
    "for today's and yesterday's events alone: older ones come with the hourly call. With the value of "
    "`COLLECTOR_OVERLAP_MINUTES`, every call is like the hourly one.",
    default="5",
)
COLLECTOR_REREAD_DAYS = Variable(
    "COLLECTOR_REREAD_DAYS",
    Group.COLLECTOR,
    ReadBy.COLLECTOR,
    readers.whole_number(0, 3650),
    "Within how many days the nightly slices read again all that Mixpanel keeps; 0 turns them off.",
    default="30",
)
COLLECTOR_RETENTION_DAYS = Variable(
    "COLLECTOR_RETENTION_DAYS",
    Group.COLLECTOR,
    ReadBy.COLLECTOR,
    readers.whole_number(8, 36_500),
    "How many days Mixpanel keeps events. The nightly slices divide this span.",
    default="730",
)

REGISTRY_INTERVAL_HOURS = Variable(
    "REGISTRY_INTERVAL_HOURS",
    Group.CALL,
    ReadBy.REGISTRY,
    readers.whole_number(1, 24),
    "How many hours pass between two observations of today, where yesterday and today have more than 20,000 events "
    "together; a new event name is known with the next run all the same.",
    default="6",
)
IDENTITY_INTERVAL_HOURS = Variable(
    "IDENTITY_INTERVAL_HOURS",
    Group.CALL,
    ReadBy.IDENTITY,
    readers.whole_number(1, 24),
    "How many hours, from 03:00 UTC on, pass between two readings of new links, where yesterday and today have more "
    "than 20,000 events together.",
    default="6",
)
CALL_DEADLINE_SECONDS = Variable(
    "CALL_DEADLINE_SECONDS",
    Group.CALL,
    ReadBy.EVERY_JOB,
    readers.whole_number(1, 86_400),
    "How long an HTTP call can take before it answers 503, at most a minute less than the function's timeout. `mp` has "
    "no deadline unless this variable is set.",
    default="300",
)
