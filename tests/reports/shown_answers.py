"""Answers to look at: descriptions and parts, of random definitions and of names that try to break out."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from mixpanel_data.configuration.reports.definitions import AnyReport, Report
from mixpanel_data.reports.charts.shapes import Description
from reports.histories import Past
from support.reports.answers import answer
from support.reports.events import Event, Row, World

_REPORT: TypeAdapter[AnyReport] = TypeAdapter(AnyReport)
FIRST = date(2026, 3, 1)
HOSTILE = (
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '" onload="alert(1)',
    "<!--",
    "]]>",
    "{{ 7 * 7 }}",
    "\x1b[31mred\x1b[2J",
    "\x1b]8;;http://localhost\x07link",
    "line\nbreak\r\ttab\x00",
    "\x9b31m",
    "\u202eright to left",
    "no\ufffecharacter",
    "half \ud800",
    "日本語" * 30,
    "e\u0301" * 50,
    "z\u0335" + "\u0335" * 500,
    "x" * 5_000,
    "",
)
"""Names that would end an element, run, move a cursor or fill a line if a medium showed them as they are."""


def described(definition: Report, title: str = "Sample") -> Description:
    zone = definition.timezone or "Europe/Berlin"
    return Description(_REPORT.validate_python(definition), title, zone, "mixpanel_events", "0" * 64)


def answered(definition: Report, past: Past) -> tuple[Description, list[Row]]:
    return described(definition), answer(definition, past.events, past.world)


def asked(document: Mapping[str, Any]) -> Report:
    definition = _REPORT.validate_python({"from_date": FIRST, "to_date": FIRST + timedelta(days=27), **document})
    assert isinstance(definition, Report)
    return definition


def with_hostile_names(world: World) -> list[tuple[Description, list[Row]]]:
    """An answer of each report whose events, properties, segments and titles have hostile names."""
    # What a definition takes: it refuses no name, half a character, and more than 255.
    names = [name for name in HOSTILE if name and len(name) <= 255 and "\ud800" not in name]
    events = [
        Event(f"{user} {number}", _morning(user % 28, number), name, f"user {user}", properties={"by": value})
        for user in range(12)
        for number, (name, value) in enumerate(zip(names, HOSTILE[user % 5 :] + HOSTILE, strict=False))
    ]
    documents: Sequence[Mapping[str, Any]] = [
        {"report": "segmentation", "events": names, "measure": "unique"},
        {"report": "segmentation", "events": [{}], "on": "by", "segments": [{"did": name} for name in names[:3]]},
        {"report": "funnel", "steps": names[:6], "on": "by"},
        {"report": "retention", "on": "by", "born": names[0]},
        {"report": "sessions"},
        {"report": "paths", "anchor": names[1], "forward": 4, "backward": 2, "top": 9},
    ]
    definitions = [asked(document) for document in documents]
    return [(described(each, names[0] + names[6]), answer(each, events, world)) for each in definitions]


def _morning(day: int, minute: int) -> datetime:
    return datetime.combine(FIRST, datetime.min.time(), UTC) + timedelta(days=day, hours=8, minutes=minute)


def segmentation_of(segments: int, hours: int, value: Any) -> tuple[Description, list[Row]]:
    """An answer of so many rows: `value` gives the figure of a segment and an hour."""
    start = datetime.combine(FIRST, datetime.min.time(), UTC)
    definition = asked({"report": "segmentation", "events": ["view"], "on": "plan", "unit": "hour", "limit": 10_000})
    keys = [{"step": 1, "event": "view", "segment": f"segment {number}"} for number in range(segments)]
    rows = [
        key | {"period": start + timedelta(hours=hour), "value": value(number, hour)}
        for number, key in enumerate(keys)
        for hour in range(hours)
    ]
    totals = [key | {"value": value(number, 0)} for number, key in enumerate(keys)]
    days = {"from_date": FIRST, "to_date": FIRST + timedelta(days=27), "segment": None}
    return described(definition), [days | {"rows": rows, "totals": totals, "segments": [segments]}]


def retention_of(shares: list[list[float]], open_from: int = 99) -> Row:
    """Cohorts of 100 users with these shares; buckets from `open_from` on are not complete."""
    rows = [
        {
            "segment": None,
            "cohort": FIRST + timedelta(days=day),
            "size": 100,
            "bucket": bucket,
            "users": round(100 * share),
            "rate": share,
            "is_complete": bucket < open_from,
        }
        for day, some in enumerate(shares)
        for bucket, share in enumerate(some)
    ]
    average = [{"segment": None, "bucket": bucket, "rate": share} for bucket, share in enumerate(shares[0])]
    days = {"from_date": FIRST, "to_date": FIRST, "segment": None}
    return days | {"rows": rows, "average": average, "segments": 0}
