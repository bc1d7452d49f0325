"""Steps from a property to a value below it, and how they read as JSONPath."""

import re
from collections.abc import Iterable

ITEMS = "*"
"""The step from an array to each of its items."""
_MEMBER = "."
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def member(key: str) -> str:
    """The step from an object to the member of that key."""
    return f"{_MEMBER}{key}"


def path_of(steps: Iterable[str]) -> str:
    """The steps as JSONPath: `.city`, `[*].sku`, `['a.b']`."""
    return "".join("[*]" if step == ITEMS else _path_step(step.removeprefix(_MEMBER)) for step in steps)


def _path_step(key: str) -> str:
    if _PLAIN.fullmatch(key):
        return f".{key}"
    escaped = key.replace("\\", "\\\\").replace("'", "\\'")
    return f"['{escaped}']"
