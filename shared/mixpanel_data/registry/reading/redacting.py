"""Rows of the registry as they may be shown: values, names and paths without personal data."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from mixpanel_data.base.redaction import REDACTED, Redactor
from mixpanel_data.warehouse.base import Row

# A step of a path: `.city`, `['a.b']`, or `[*]`, which has no name of its own.
_STEP = re.compile(r"\.([^.\[]+)|\['((?:[^'\\]|\\.)*)'\]|\[\*\]")
_TEXTS = (
    *("event_name", "base_name", "similar_to", "property", "path", "before", "after", "expected"),
    *("description", "owner"),
)
_LISTS_OF_TEXTS = ("event_names", "conflicts", "examples")
_VALUES = ("least", "greatest")


def shown(row: Row, redactor: Redactor) -> dict[str, Any]:
    """A row of any table of the registry, or a part of one, with the same members in the same order."""
    names = names_of(str(row.get("property") or ""), str(row.get("path") or ""))
    return {column: _shown(column, cell, names, redactor) for column, cell in row.items()}


def names_of(property_name: str, path: str) -> Sequence[str]:
    """The names on the way to a value: that of the property, and those of the steps below it."""
    return [property_name, *_steps(path)]


def shown_value(value: Any, names: Sequence[str], redactor: Redactor) -> Any:
    """A value below these names; REDACTED where one of them says that it is personal."""
    if any(_is_personal(name, redactor) for name in names):
        return REDACTED
    return redactor.value(names[-1], value)


def _is_personal(name: str, redactor: Redactor) -> bool:
    return bool(redactor.value(name, "") == REDACTED)


def _steps(path: str) -> Iterator[str]:
    for match in _STEP.finditer(path):
        name = match[1] or match[2]
        if name:
            yield re.sub(r"\\(.)", r"\1", name)


def _shown(column: str, cell: Any, names: Sequence[str], redactor: Redactor) -> Any:
    if cell is None:
        return None
    if column in _TEXTS:
        return redactor.text(str(cell))
    if column in _LISTS_OF_TEXTS:
        return [redactor.text(name) for name in cell]
    if column in _VALUES:
        return shown_value(cell, names, redactor)
    special = _SPECIAL.get(column)
    return special(cell, names, redactor) if special else cell


def _top_values(cell: Any, names: Sequence[str], redactor: Redactor) -> Any:
    return [{**each, "value": shown_value(each["value"], names, redactor)} for each in cell]


def _versions(cell: Any, _names: Sequence[str], redactor: Redactor) -> Any:
    """Counts by version property and version; versions that look alike once redacted are counted together."""
    found: dict[str, dict[str, Any]] = {}
    for name, counts in cell.items():
        of_property = found.setdefault(redactor.text(name), {})
        for version, count in counts.items():
            text = _version(name, version, redactor)
            of_property[text] = _sum(of_property.get(text), count)
    return found


def _sum(counted: Any, count: Any) -> Any:
    """The sum of two counts, or of two mappings of counts; None counts nothing."""
    if counted is None:
        return count
    if isinstance(count, Mapping):
        return {name: _sum(counted.get(name), each) for name, each in count.items()}
    return counted + count


def _version(name: str, version: str, redactor: Redactor) -> str:
    """A version as it may be shown: 4.1.0.2 is an address only where the property's name says so."""
    return REDACTED if _is_personal(name, redactor) else str(redactor.value("version", version))


def _evidence(cell: Any, names: Sequence[str], redactor: Redactor) -> Any:
    evidence = {name: redactor.value(name, value) for name, value in cell.items()}
    if cell.get("versions"):
        evidence["versions"] = _versions(cell["versions"], names, redactor)
    if cell.get("first_bad"):
        evidence["first_bad"] = _version(cell.get("version_property") or "", cell["first_bad"], redactor)
    return evidence


_SPECIAL: Mapping[str, Callable[[Any, Sequence[str], Redactor], Any]] = {
    "top_values": _top_values,
    "versions": _versions,
    "evidence": _evidence,
}
