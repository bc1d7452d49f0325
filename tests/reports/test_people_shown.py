"""What is told of users, as text and as a page: it fits, is plain without color, and says what it leaves out."""

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from pydantic import TypeAdapter

from mixpanel_data.configuration.reports.definitions import AnyReport
from mixpanel_data.configuration.reports.people import Cohort
from mixpanel_data.reports.charts.shapes import Description
from mixpanel_data.reports.drawing.drawing import drawing
from mixpanel_data.reports.pages.page import MOST_BYTES, page
from reports.shown_answers import HOSTILE
from reports.small_histories import DAY, did, local, world
from reports.test_drawing import faults
from reports.test_page import json_of
from support.reports import people
from support.reports.events import Event, Row

_REPORT: TypeAdapter[AnyReport] = TypeAdapter(AnyReport)
_SGR = re.compile(r"\x1b\[[0-9;]*m")
DAYS = {"from_date": DAY, "to_date": DAY + timedelta(days=40)}
ASKED: Mapping[str, Mapping[str, Any]] = {
    "journey": {"id": "ann"},
    "profile": {"id": "ann"},
    "profiles": {},
    "cohort": {"segment": {"did": "View"}, **DAYS},
    "members": {"report": "cohort", "segment": {"did": "View"}},
}


def shown(name: str, events: list[Event]) -> tuple[Description, list[Row]]:
    """A description and the parts of an answer over these events."""
    definition = _REPORT.validate_python({"report": name, **ASKED[name]})
    days = {"from_date": DAYS["from_date"] if name == "cohort" else None, "to_date": DAYS["to_date"], "segment": None}
    description = Description(definition, f"{name} of {HOSTILE[0]}", "Europe/Berlin", "mixpanel_events", "0" * 64)
    return description, [{**days, **_answered(name, events)}]


def _answered(name: str, events: list[Event]) -> Row:
    if name == "journey":
        return {"rows": people.journey("ann", events, world())}
    if name == "profile":
        known = people.profile("ann", events, world())
        assert known is not None
        return {**known, "rows": known["changes"]}
    if name == "profiles":
        return {"rows": people.profiles(events, world())}
    cohort = Cohort.model_validate(ASKED["cohort"])
    found = people.cohort(cohort.segment, events, world(), (DAYS["from_date"], DAYS["to_date"]))
    return {**found, "rows": found["rows"] if name == "cohort" else [{"user": each} for each in found["members"]]}


def hostile() -> list[Event]:
    """Events whose names, users and properties try to break out of their line or element."""
    return [
        did(
            name or "View",
            local("10:00", DAY + timedelta(days=number)),
            user=user,
            properties={name or "none": HOSTILE[number - 1], "plan": "free" if number < 5 else "pro"},
        )
        for number, name in enumerate(HOSTILE)
        for user in ("ann", name or "bob")
    ]


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("width", [40, 80, 200])
def test_every_line_fits_the_width(name: str, width: int) -> None:
    description, parts = shown(name, hostile())
    plain = drawing(description, parts, width=width, is_colored=False)
    assert faults(plain, width) == []
    assert faults(_SGR.sub("", drawing(description, parts, width=width, is_colored=True)), width) == []


@pytest.mark.parametrize("name", ASKED)
def test_a_page_is_well_formed_and_names_are_text(name: str) -> None:
    description, parts = shown(name, hostile())
    text = page(description, parts, json_of(parts))
    ElementTree.fromstring(text.removeprefix("<!DOCTYPE html>"))
    assert "<script>alert" not in text
    assert "<img" not in text


@pytest.mark.parametrize("name", ASKED)
def test_nobody_is_shown_without_an_error(name: str) -> None:
    events = [did("Buy", local("10:00"))] if name == "profile" else []
    description, parts = shown(name, events)
    assert faults(drawing(description, parts, width=40, is_colored=False), 40) == []
    ElementTree.fromstring(page(description, parts, json_of(parts)).removeprefix("<!DOCTYPE html>"))


def test_a_journey_is_told_by_session_and_a_profile_by_what_changed() -> None:
    events = [
        did("View", local("10:00"), properties={"plan": "free"}),
        did("Buy", local("10:20"), properties={"plan": "free", "amount": 5}),
        did("Buy", local("12:00"), properties={"plan": "pro", "amount": 5}),
    ]
    journey = drawing(*shown("journey", events), width=80, is_colored=False)
    assert f"Session 1 · {DAY} · 2 events · 20 min\n10:00:00  View  plan=free\n10:20:00  Buy   amount=5," in journey
    assert f"Session 2 · {DAY} · 1 event\n12:00:00  Buy" in journey
    profile = drawing(*shown("profile", events), width=80, is_colored=False)
    assert f"plan\n{DAY} 10:00:00  free        View\n{DAY} 12:00:00  free → pro  Buy\n" in profile
    # What had one value alone did not change.
    assert "\namount\n" not in profile


def test_a_user_of_ten_thousand_events_fits_a_page_which_says_what_is_left_out() -> None:
    events = [
        did("View", local("00:00") + timedelta(minutes=number), properties={"page": f"/{number}", "text": "x" * 80})
        for number in range(10_000)
    ]
    for name, sentence in (
        ("journey", "The latest 100 of 10,000 events; 9,900 before them are left out."),
        ("profile", "The latest 8 values; 9,992 more are left out."),
    ):
        description, parts = shown(name, events)
        text = page(description, parts, json.loads(json.dumps(json_of(parts))))
        assert len(text.encode()) <= MOST_BYTES
        assert sentence in text
        assert sentence in drawing(description, parts, width=120, is_colored=False)
