"""Values as text: as CSV has them, whole, and as a table has them, short."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from mixpanel_data.cli.base.tables.columns import Kind

_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d)?(\.\d+)?Z")
_DIGITS = 4
# What has a thousand of a unit when it is rounded to three figures.
_SMALLEST_OF_NEXT = 999.5


def whole(value: Any) -> str:
    """A value as text that says all of it; lists are joined with commas, members of objects have their names."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_part(each)}" for name, each in value.items())
    if isinstance(value, list | tuple):
        between = "; " if any(isinstance(each, Mapping | list | tuple) for each in value) else ", "
        return between.join(map(whole, value))
    return json.dumps(value, ensure_ascii=False)


def _part(value: Any) -> str:
    return f"({whole(value)})" if isinstance(value, Mapping | list | tuple) and len(value) > 1 else whole(value)


def short(value: Any, kind: Kind) -> str:
    """A value as a table has it: an instant without T and Z, a number with 4 decimals, or 4 digits if it is small."""
    match kind:
        case Kind.EXACT | Kind.PROSE:
            return whole(value)
        case Kind.SECONDS:
            return "" if value is None else _length(value)
        case Kind.BYTES:
            return "" if value is None else size(value)
        case Kind.USD:
            return "" if value is None else f"{value:,.2f}"
        case _ if isinstance(value, float):
            return whole(rounded(value))
        case _ if isinstance(value, str) and (found := _INSTANT.fullmatch(value)):
            if kind is Kind.DAY:
                return found[1]
            return f"{found[1]} {found[2]}{'' if kind is Kind.MINUTE else found[3] or ''}"
        case _:
            return whole(value)


def is_instant(value: Any) -> bool:
    """Whether a value is an instant in UTC, ISO 8601."""
    return isinstance(value, str) and _INSTANT.fullmatch(value) is not None


def is_minute(value: Any) -> bool:
    """Whether a value is such an instant, at the beginning of a minute."""
    return is_instant(value) and value.endswith(":00Z")


def rounded(value: float) -> float:
    """A number with 4 decimals, or with 4 digits if it is small."""
    if not math.isfinite(value) or not value:
        return value
    return round(value, max(_DIGITS, _DIGITS - 1 - math.floor(math.log10(abs(value)))))


def size(count: float) -> str:
    """A number of bytes with three figures, in units of 10^6 and more: 0 MB, 0.05 MB, 1.23 GB, 45.6 GB, 789 TB."""
    value, unit = count / 1e6, "MB"
    for larger in ("GB", "TB", "PB"):
        if value < _SMALLEST_OF_NEXT:
            break
        value, unit = value / 1000, larger
    decimals = 0 if value >= 99.95 or not value else 1 if value >= 9.995 else 2
    return f"{value:,.{decimals}f} {unit}"


def _length(seconds: float) -> str:
    """A length of time with two figures at most: 0.4s, 42s, 3m 5s, 2h 10m."""
    if seconds < 9.95:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest}s"
    hours, left = divmod(minutes, 60)
    return f"{hours}h {left}m" if hours else f"{minutes}m {rest}s"
