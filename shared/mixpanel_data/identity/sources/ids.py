"""Ids that identify nobody, and the prefix of devices."""

import re

DEVICE_PREFIX = "$device:"
"""Mixpanel's prefix of a device in a project with simplified identity."""

FORBIDDEN = (
    *("", "00000000-0000-0000-0000-000000000000", "anon", "anonymous", "nil", "none", "null", "n/a", "na"),
    *("undefined", "unknown", "<nil>", "0", "-1", "true", "false", "[]", "{}"),
)
"""Ids that Mixpanel refuses, in lower case and without blanks around them (its reference of /import)."""

BLANKS = " \t\n\r\f\v\u00a0"
"""What may stand around an id that identifies nobody."""

NOBODY = rf"(?i)^[{BLANKS}]*(?:{'|'.join(map(re.escape, FORBIDDEN))})[{BLANKS}]*$"
"""Matches these ids, for Python and for SQL; on DuckDB that takes an eighth of the time that TRIM takes."""


def identifies_nobody(one: str) -> bool:
    """Whether Mixpanel refuses the id, with or without the prefix of a device."""
    return re.search(NOBODY, one.removeprefix(DEVICE_PREFIX)) is not None
