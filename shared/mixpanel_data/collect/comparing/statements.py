"""The SQL that finds out what a part changes, with the types of its parameters."""

from mixpanel_data.exports.statements import EXPORTED
from mixpanel_data.warehouse.statements import rendered, statement

_KNOWN = {"known_first": "TIMESTAMP", "known_end": "TIMESTAMP"}
"""The bounds of the days on which lines are looked for that are stored as they are."""

DAYS = {"days": "ARRAY<DATE>", "first_day": "TIMESTAMP", "end_day": "TIMESTAMP"}
"""The days that a statement reads or changes, with their bounds: as constants, they prune partitions."""

INCOMING = rendered("collect/comparing/incoming.sql.jinja", {**EXPORTED, **_KNOWN}, creates="incoming")
MARKED = statement("collect/comparing/marked.sql", creates="incoming")
COUNT_LINES = statement("collect/comparing/count_lines.sql")
CANDIDATES = statement("collect/comparing/candidates.sql", creates="changes", **DAYS)
FILL_KEYS = statement("collect/comparing/fill_keys.sql", **DAYS)
CHANGES = statement("collect/comparing/changes.sql", creates="changes", read_at="TIMESTAMP", **DAYS)
REWRITTEN = statement("collect/comparing/rewritten.sql", creates="rewritten", **DAYS)
REAL_CHANGES = statement("collect/comparing/real_changes.sql", creates="changes")
COUNT_CHANGES = statement("collect/comparing/count_changes.sql")
