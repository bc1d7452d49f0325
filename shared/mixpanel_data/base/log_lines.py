"""A log entry as a line for people."""

from collections.abc import Mapping
from typing import Any

_COUNTS = ("inserted", "updated", "duplicates", "rejected", "filtered")
_STEP = {"step", "done", "total"}


def line(severity: str, message: str, fields: Mapping[str, Any], *, verbose: bool = False) -> str:
    """The message with the figures of a part: `[…): 1,204 events, 1,200 inserted, 4 duplicates`.

    A step of several is told with its place, `day 7 of 90`.
    Other `fields` are ignored; `verbose` adds the part's number and bytes.
    """
    counts = [f"{fields[name]:,} {name}" for name in _COUNTS if fields.get(name)]
    if fields.keys() >= _STEP:
        counts.append(f"{fields['step']} {fields['done']:,} of {fields['total']:,}")
    if verbose:
        counts += [f"{name} {fields[name]:,}" for name in ("part", "bytes") if name in fields]
    warning = "" if severity in ("INFO", "DEBUG") else f"{severity.lower()}: "
    return ", ".join([f"{warning}{message}", *counts])
