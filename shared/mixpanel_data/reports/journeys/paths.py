"""Paths: page docs/reports/flows."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from mixpanel_data.configuration.reports.definitions import Paths
from mixpanel_data.reports.relations.asking import Asking
from mixpanel_data.reports.relations.conditions import is_step, meets
from mixpanel_data.reports.relations.days import days_asked
from mixpanel_data.reports.relations.events import names_in
from mixpanel_data.reports.relations.question import Question
from mixpanel_data.reports.relations.windows import Window
from mixpanel_data.warehouse.base import Row

Part = dict[str, Any]

_MOST_PATHS = 50


def paths(definition: Paths, asking: Asking) -> Part:
    """What users do around their first anchor in the range: the users at each node, on each link and of each path.

    `nodes` are by `place` (0 is the anchor, 1 the next event, -1 the one before) and `event`; of each place the `top`
    by users, ties by name, and the rest as `$other` (page flows, Other Events). A path with fewer events than asked for
    ends with `$end` (Drop off). Events count at most `within` from the anchor, after the range too; `hidden` ones are
    passed over, and with `collapse` repeats in a row are one. `links` lead from a place to the next. `paths` are the 50
    most frequent sequences of the events themselves. `where` is for every event, the anchor too. Raises ValueError for
    a definition without days, and what the warehouse raises.
    """
    found = _found(definition, asking)
    nodes = [row for row in found if row["part"] == "node"]
    links = [row for row in found if row["part"] == "link"]
    return {
        "users": sum(row["users"] for row in nodes if row["place"] == 0),
        "nodes": [
            {"place": row["place"], "event": row["event_name"], "users": row["users"]}
            for row in sorted(nodes, key=_place)
        ],
        "links": [
            {"place": row["place"], "source": row["event_name"], "target": row["target"], "users": row["users"]}
            for row in sorted(links, key=_place)
        ],
        "paths": _paths([row for row in found if row["part"] == "path"]),
    }


def _found(definition: Paths, asking: Asking) -> list[Row]:
    question = Question(asking)
    given = question.parameters
    days = asking.window(*days_asked(definition))
    before, after = _reach(definition)
    question.add_events(days, names_in([definition.anchor]), named="anchor_events")
    question.add_events(Window(days.start - before, days.end + after))
    is_shown = meets(definition.where, given) if definition.where else "TRUE"
    return question.rows(
        "reports/journeys/paths.sql.jinja",
        is_anchor=f"{is_step(definition.anchor, given)} AND {is_shown}",
        is_shown=is_shown,
        is_collapsing=definition.collapse,
        title=given.add("STRING", definition.anchor.title),
        hidden=given.add("ARRAY<STRING>", sorted(set(definition.hidden))),
        backward_within=given.add_length(before),
        forward_within=given.add_length(after),
        backward=given.add("INT64", definition.backward),
        forward=given.add("INT64", definition.forward),
        top=given.add("INT64", definition.top),
        most=given.add("INT64", _MOST_PATHS),
    )


def _reach(definition: Paths) -> tuple[timedelta, timedelta]:
    """How long before and after an anchor events are read; not at all where none are asked for."""
    before = definition.within if definition.backward else timedelta()
    return before, definition.within if definition.forward else timedelta()


def _place(row: Row) -> tuple[int, str, str]:
    return row["place"], row["event_name"], row["target"]


def _paths(rows: Sequence[Row]) -> list[Part]:
    """The paths by their number, the events of each by place."""
    found: dict[int, Part] = {}
    for row in sorted(rows, key=lambda row: (row["number"], row["place"])):
        path = found.setdefault(row["number"], {"path": [], "users": row["users"]})
        path["path"].append(row["event_name"])
    return list(found.values())
