"""Identity tables as runs leave them, written by the test itself: for tests of what reads them."""

import json
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from mixpanel_data.warehouse.base import Warehouse
from mixpanel_data.warehouse.statements import Statement
from mixpanel_data.warehouse.tables import TABLES, Column
from support import identity_oracle
from support.identity_oracle import Truth

START = datetime(2040, 3, 1, 10, tzinfo=UTC)
"""When the first link was seen."""
PUBLISHED = START + timedelta(days=1)
"""When the run that wrote the graph published it."""

Rows = Iterable[Mapping[str, Any]]


def give(warehouse: Warehouse, table: str, rows: Rows) -> None:
    """Insert rows into a declared table; a column that a row leaves out is NULL."""
    columns = TABLES[table].columns
    selected = ", ".join(f"{_read(column)} AS {column.name}" for column in columns)
    names = ", ".join(column.name for column in columns)
    insert = Statement(
        f"given {table}",
        f"INSERT INTO {table} ({names}) SELECT {selected} FROM UNNEST(@given) AS one",
        {"given": "ARRAY<STRING>"},
    )
    warehouse.transact(f"given-{uuid.uuid4().hex}", [insert], given=[json.dumps(row, default=str) for row in rows])


def _read(column: Column) -> str:
    path = f"'$.{column.name}'"
    if column.is_array:
        return f"ARRAY(SELECT JSON_VALUE(each_of) FROM UNNEST(JSON_QUERY_ARRAY(one, {path})) AS each_of)"
    if column.type == "JSON":
        return f"JSON_QUERY(PARSE_JSON(one), {path})"
    return f"CAST(JSON_VALUE(one, {path}) AS {column.type})"


class GivenGraph:
    """Links in the order of their arrival, and the tables that follow from them by the oracle."""

    def __init__(self, **rules: Any) -> None:
        self.rules = {"identity": "original", "max_partners": {}, "max_cluster_size": None, **rules}
        self.links: list[dict[str, Any]] = []
        self.decisions: list[dict[str, Any]] = []
        self.truth: Truth

    def link(self, *texts: str, kinds: str = "other other", source: str = "pairs") -> None:
        """Links such as "foo bar"; each was seen a minute after the one before."""
        for text in texts:
            a, b = text.split()
            kind_a, kind_b = kinds.split()
            number = len(self.links) + 1
            seen = START + timedelta(minutes=number - 1)
            times = dict.fromkeys(("linked_at", "first_seen", "last_seen"), seen)
            self.links.append(
                {"link_no": number, "id_a": a, "kind_a": kind_a, "id_b": b, "kind_b": kind_b, "source": source, **times}
            )

    def decide(self, text: str, decision: str = "split", origin: str = "hand") -> None:
        """A decision about a pair, each an hour after the one before."""
        a, b = sorted(text.split())
        when = START + timedelta(hours=len(self.decisions))
        self.decisions.append(
            {"id_a": a, "id_b": b, "decision": decision, "origin": origin, "decided_at": when, "run_id": "r"}
        )

    def store(self, warehouse: Warehouse) -> None:
        """Write the tables."""
        self.truth = identity_oracle.truth(self.links, self.decisions, self.rules)
        statuses, ages = self.truth.statuses, self.truth.ages
        give(warehouse, "identity_links", [{**link, "status": statuses[link["link_no"]]} for link in self.links])
        give(warehouse, "identity_decisions", self.decisions)
        give(
            warehouse,
            "identity_members",
            [
                {"id": one, "cluster_id": own, "since": PUBLISHED, "age": ages[one], "cluster_age": ages[own]}
                for one, own in self.truth.cluster_of.items()
            ],
        )
        give(
            warehouse,
            "current_identity_graph",
            [{"cluster_id": own, "ids": ids, "size": len(ids)} for own, ids in self.truth.graph.items()],
        )
        give(warehouse, "identity_permutations", [self._pair(number, ids) for number, ids in self.truth.pairs.items()])
        give(warehouse, "identity_conflicts", [_hub(one) for one in sorted(self.truth.hubs)])
        give(warehouse, "identity_sources", [*map(_source, ("pairs", "logins")), _source("events", "mixpanel_events")])
        give(warehouse, "identity_sources", [{**_source("*"), "definition": json.dumps(self.rules)}])

    def _pair(self, number: int, ids: tuple[str, ...]) -> dict[str, Any]:
        link = self.links[number - 1]
        return {
            "link_no": number,
            "ids": ids,
            "cluster_id": self.truth.cluster_of[ids[0]],
            "linked_at": link["linked_at"],
            "inserted_at": PUBLISHED,
        }


def _hub(one: str) -> dict[str, Any]:
    return {"kind": "hub", "id": one, "ids": [], "links": 1, "since": PUBLISHED, "message": f"{one} is a hub"}


def _source(name: str, table: str | None = None) -> dict[str, Any]:
    definition = json.dumps({"name": name, "table": table or name})
    return {"source": name, "definition": definition, "updated_at": PUBLISHED}
