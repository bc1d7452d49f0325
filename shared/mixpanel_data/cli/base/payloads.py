"""The payloads of events: as JSON, and for people with a property a line."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mixpanel_data.cli.base.output import Format, Output

if TYPE_CHECKING:
    from mixpanel_data.registry import inspecting

_PAYLOAD = ("property", "value", "violations")


def show_payloads(output: Output, payloads: "Sequence[inspecting.Payload]") -> None:
    """The events as JSON values; for people with a property a line, and a mark at what breaks the plan."""
    from mixpanel_data import calls

    found = [calls.plain(payload) for payload in payloads]
    if output.format is Format.TABLE:
        for payload in found:
            output.show(list(_lines(payload)), _PAYLOAD)
    else:
        output.show(found)
    sys.stdout.flush()


def _lines(payload: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What a table shows of an event: its time, its properties, and those that it lacks."""
    broken: dict[str | None, list[str]] = {}
    for each in payload["violations"]:
        asked = f" (expected {each['expected']})" if each["expected"] else ""
        marks = ("✗", each["path"], f"{each['rule']}{asked}")
        broken.setdefault(each["property"], []).append(" ".join(filter(None, marks)))
    yield _line("event_timestamp", payload["event_timestamp"], broken.pop(None, ()))
    for name, value in payload["properties"].items():
        yield _line(name, value, broken.pop(name, ()))
    for name, rules in broken.items():
        yield _line(name, None, rules)


def _line(name: str | None, value: Any, rules: Sequence[str]) -> Mapping[str, Any]:
    return {"property": name, "value": value, "violations": "; ".join(rules)}
