"""The SQL statements of the identity transition that are rendered for a configuration or a round."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

from mixpanel_data.configuration.identity import IdentityConfig
from mixpanel_data.identity.contracting.statements import Round
from mixpanel_data.identity.demonstration.statements import delete_from, insert_into
from mixpanel_data.identity.sources import Reading, candidates
from mixpanel_data.identity.statements import newest_of
from mixpanel_data.warehouse.statements import Statement

_COLUMNS = {"name": "STRING", "no": "INT64", "seen_at": "TIMESTAMP", "about": "JSON", "consent": "BOOL"}
_CONFIG = IdentityConfig.model_validate(
    {
        "identity": "simplified",
        "ignore": ["test@example.com"],
        "sources": [
            {
                "name": "events",
                "table": "mixpanel_events",
                "events": ["login", "signup"],
                "where": {"plan": ["pro", 1, True]},
                "ids": [{"kind": "user", "property": "$user_id"}, {"kind": "device", "property": "$device_id"}],
            },
            {
                "name": "people",
                "table": "people",
                "time": "seen_at",
                "new_by": "no",
                "where": {"consent": True, "no": [1, 2.5], "name": ["a"]},
                "alone": True,
                "ids": [{"kind": "device", "column": "name"}, {"kind": "other", "column": "about", "property": "id"}],
            },
            {"name": "alone", "table": "people", "alone": True, "ids": [{"kind": "user", "column": "name"}]},
        ],
    }
)
SOURCE = _COLUMNS
"""The columns of the source's table, which is not declared."""
SAMPLES = {"event_id": "STRING", "event_time": "TIMESTAMP", "event_name": "STRING", "user_id": "STRING"}
"""The columns of a table that the demonstration fills, which is not declared either."""


def rendered_for_identity() -> Iterator[Statement]:
    """Those that name sources, those of a round of the contraction, and those of the demonstration's tables."""
    events, people, alone = _CONFIG.sources
    window = (datetime(2040, 3, 1, tzinfo=UTC), datetime(2040, 3, 2, tzinfo=UTC))
    readings = [Reading(events, {}), Reading(people, _COLUMNS, since="1", between=window), Reading(alone, _COLUMNS)]
    statement, _ = candidates(readings, _CONFIG, [date(2040, 3, 1)], window[0])
    # Under the name that the text has for it: its columns are those of SOURCE.
    yield replace(statement, undeclared={})
    yield replace(newest_of("people", "no"), undeclared={})
    round_ = Round("a", "b")
    yield from (round_.count_edges, round_.edges_in_order, round_.least_links, round_.hooks, round_.jump("a", "b"))
    yield from (round_.labels("b"), round_.given_labels, round_.merges, round_.forest, round_.edges)
    yield from (round_.last_merges, round_.last_forest)
    yield replace(insert_into("samples", list(SAMPLES)), undeclared={})
    yield replace(delete_from("samples"), undeclared={})
