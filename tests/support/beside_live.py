"""A history of fetched events, and the figures of reports over it in the shape in which Mixpanel answers."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import requests

from mixpanel_data import Answer
from mixpanel_data.workspace.workspace import Workspace
from mixpanel_data_standins.mixpanel import StandInMixpanel
from mixpanel_data_standins.mixpanel.querying.state.saved import Funnel, Step
from support.export_lines import event

BERLIN = "Europe/Berlin"
WINTER = ("2024-01-08", "2024-02-29")
"""Eight weeks from a Monday on, without a change of the clocks."""
VISIT_TO_BUY, SHOP, FORM = 1, 2, 3
FUNNELS = (
    Funnel(VISIT_TO_BUY, "Visit to Buy", (Step("Visit"), Step("Buy")), timedelta(days=7)),
    Funnel(SHOP, "Shop", (Step("Enter"), Step("Pay")), timedelta(days=7)),
    Funnel(FORM, "Form", (Step("Open"), Step("Send")), timedelta(days=7)),
)


def a_winter() -> Iterator[bytes]:
    """Visits and buys of 20 people and of nobody, at random times from before the eight weeks until after them."""
    chosen = random.Random(17)
    for number in range(400):
        at = datetime(2023, 12, 20) + timedelta(seconds=chosen.randrange(88 * 86_400))
        person = chosen.choice([f"user-{each}" for each in range(20)])
        name = chosen.choice(("Visit", "Visit", "Buy"))
        properties: dict[str, Any] = {"amount": chosen.randrange(100), "plan": chosen.choice(("pro", "free", None))}
        given = {key: value for key, value in properties.items() if value is not None}
        yield event(name, str(at), person if chosen.random() < 0.9 else None, f"w{number}", **given)


ODD = [
    # One beacon of nobody.
    event("Beacon", "2024-01-10 10:00:00", "ann", "b1"),
    event("Beacon", "2024-01-10 11:00:00", "ann", "b2"),
    event("Beacon", "2024-01-10 12:00:00", None, "b3"),
    # Scores of every type, the first twice, as a client that sends again does.
    event("Rate", "2024-01-10 10:00:00", "ann", "r1", score=20),
    event("Rate", "2024-01-10 10:00:00", "ann", "r1", score=20),
    event("Rate", "2024-01-10 11:00:00", "ann", "r2", score="20"),
    event("Rate", "2024-01-10 12:00:00", "bob", "r3", score=10.5),
    event("Rate", "2024-01-10 13:00:00", "bob", "r4", score=True),
    event("Rate", "2024-01-10 14:00:00", "cid", "r5", score=None),
    event("Rate", "2024-01-10 15:00:00", "cid", "r6", score=[1, "a"]),
    event("Rate", "2024-01-10 16:00:00", "cid", "r7"),
    # 00:30 in Berlin, where the day before is over, and not in UTC.
    event("Midnight", "2024-01-09 23:30:00", "ann", "m1"),
    event("Midnight", "2024-01-10 10:00:00", "bob", "m2"),
    # 30 March 12:00 in Berlin, and 23 hours and a half later 12:30: that night the clocks went forward.
    event("Spring", "2024-03-30 11:00:00", "ann", "s1"),
    event("Spring", "2024-03-31 10:30:00", "ann", "s2"),
    # 27 October, twice at 02:30 in Berlin: that night the clocks went back.
    event("Autumn", "2024-10-27 00:30:00", "ann", "a1"),
    event("Autumn", "2024-10-27 01:30:00", "ann", "a2"),
    # Ann pays a second before she enters; Bob enters on two days, and pays once.
    event("Pay", "2024-01-10 10:00:00", "ann", "p1"),
    event("Enter", "2024-01-10 10:00:01", "ann", "p2"),
    event("Enter", "2024-01-10 10:00:00", "bob", "p3"),
    event("Enter", "2024-01-11 10:00:00", "bob", "p4"),
    event("Pay", "2024-01-12 10:00:00", "bob", "p5"),
    # Ann's first step lacks the property; Bob begins with one value, and anew with another.
    event("Open", "2024-01-10 10:00:00", "ann", "o1"),
    event("Send", "2024-01-10 11:00:00", "ann", "o2", plan="pro"),
    event("Open", "2024-01-15 10:00:00", "bob", "o3", plan="free"),
    event("Send", "2024-01-15 11:00:00", "bob", "o4"),
    event("Open", "2024-01-16 10:00:00", "bob", "o5", plan="pro"),
    # One person under two ids, which Mixpanel merges later.
    event("Join", "2024-01-10 10:00:00", "device-1", "j1"),
    event("Join", "2024-01-10 11:00:00", "user-eve", "j2"),
    # The day before the present of the stand-in.
    event("Young", "2040-03-14 08:00:00", "ann", "y1"),
    event("Young", "2040-03-14 09:00:00", "ann", "y2"),
]


@dataclass(frozen=True)
class Both:
    """A project, and a workspace with its events in a file: it asks the project, and reports over the file."""

    mixpanel: StandInMixpanel
    workspace: Workspace

    def fetch(self, table: str, first: str, last: str) -> None:
        """Fetch events into another table; the days are those of UTC."""
        self.workspace.fetch_events(table, first, last)
        self.workspace.close()

    def retention(self, **parameters: str) -> dict[str, tuple[int, list[int]]]:
        """Mixpanel's retention with parameters that `Workspace.retention` has none for: size and returns by cohort."""
        access = self.mixpanel.access
        answer = requests.get(
            f"{self.mixpanel.url}/api/query/retention",
            params={"project_id": access.project_id, **parameters},
            auth=(access.username, access.secret),
            timeout=10,
        )
        answer.raise_for_status()
        return {day: (row["first"], row["counts"]) for day, row in answer.json().items()}


Counts = dict[str, dict[str, Any]]


def counts(answer: Answer) -> Counts:
    """The figures of a segmentation as Mixpanel writes them: by segment or event, and by local time."""
    found: Counts = {}
    for row in answer.rows:
        found.setdefault(row["segment"] or row["event"], {})[written(row["period"])] = row["value"]
    return found


def written(period: date) -> str:
    """A period as Mixpanel writes it; a report has an hour as an instant in UTC."""
    if isinstance(period, datetime):
        return f"{period.astimezone(ZoneInfo(BERLIN)):%Y-%m-%d %H:%M:%S}"
    return str(period)


def cohorts(answer: Answer) -> dict[str, tuple[int, list[int]]]:
    """The size and the returns of each cohort."""
    found: dict[str, tuple[int, list[int]]] = {}
    for row in answer.rows:
        _, returns = found.setdefault(str(row["cohort"]), (row["size"], []))
        returns.append(row["users"])
    return found


def active(answer: Answer) -> dict[str, list[int]]:
    """The users of each period by the number of hours or days in which they were active."""
    found: dict[str, list[int]] = {}
    for row in answer.rows:
        found.setdefault(str(row["period"]), []).append(row["users"])
    return found


def steps(answer: Answer) -> list[int]:
    """The users of each step, over all periods and segments."""
    found: dict[int, int] = {}
    for row in answer.rows:
        found[row["step"]] = found.get(row["step"], 0) + row["count"]
    return [*found.values()]
