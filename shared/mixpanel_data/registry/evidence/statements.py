"""The SQL that looks up the evidence of changes, with the types of its parameters."""

from mixpanel_data.registry.context.version_parameters import VERSION_TYPES
from mixpanel_data.warehouse.statements import statement

_DAYS = {"first_day": "DATE", "last_day": "DATE"}
_EVENTS = {"from_time": "TIMESTAMP", "to_time": "TIMESTAMP", **VERSION_TYPES}

SUBJECTS = statement("registry/evidence/subjects.sql", creates="subjects", given="ARRAY<STRING>")
COUNTS = statement("registry/evidence/counts.sql", **_DAYS)
KNOWN_VALUES = statement("registry/evidence/known_values.sql", **_DAYS)
LOOKED_AT = statement("registry/evidence/looked_at.sql", creates="looked_at", **_EVENTS)
BAD_BY_VERSIONS = statement("registry/evidence/bad_by_versions.sql", most_versions="INT64")
BAD_EVENTS = statement("registry/evidence/bad_events.sql")
SAMPLED_EVENTS = statement("registry/evidence/sampled_events.sql", **_EVENTS)
