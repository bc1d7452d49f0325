"""`config/tracking_plan.json`: which events and properties are meant to exist, under which names, and of what shape.

The plan is optional, and nothing is rejected by it: the registry counts what breaks it.
"""

from mixpanel_data.configuration.tracking_plan.plan import (
    ALL_EVENTS,
    MOST_VERSION_PROPERTIES,
    Context,
    Naming,
    PlannedEvent,
    PlannedStatus,
    TrackingPlan,
)
from mixpanel_data.configuration.tracking_plan.schema import (
    DeepestSchema,
    DeepSchema,
    JsonType,
    NestedSchema,
    PlannedProperty,
    PlannedSchema,
)

__all__ = [
    "ALL_EVENTS",
    "MOST_VERSION_PROPERTIES",
    "Context",
    "DeepSchema",
    "DeepestSchema",
    "JsonType",
    "Naming",
    "NestedSchema",
    "PlannedEvent",
    "PlannedProperty",
    "PlannedSchema",
    "PlannedStatus",
    "TrackingPlan",
]
