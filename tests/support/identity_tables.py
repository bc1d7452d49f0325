"""The identity tables as they are at one time, held to the oracle."""

import contextlib
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mixpanel_data.warehouse.base import Row, Warehouse
from support import identity_oracle
from support.identity_oracle import Truth
from support.stored_rows import all_rows_of, as_sorted_text, by_key

GRAPH_TABLES = (
    "identity_links",
    "identity_members",
    "current_identity_graph",
    "identity_permutations",
    "identity_conflicts",
    "identity_associations",
)
"""What follows from the links, and the links."""
DEVICE_PREFIX = "$device:"


@dataclass(frozen=True, slots=True)
class IdentityTables:
    """All rows of each table, in any order."""

    links: list[Row]
    members: list[Row]
    graph: list[Row]
    permutations: list[Row]
    conflicts: list[Row]
    associations: list[Row]
    decisions: list[Row]

    def as_text(self) -> dict[str, list[str]]:
        """The rows as sorted text, for comparing two states."""
        rows = (self.links, self.members, self.graph, self.permutations, self.conflicts, self.associations)
        return {name: as_sorted_text(own) for name, own in zip(GRAPH_TABLES, rows, strict=True)}

    @property
    def statuses(self) -> dict[str, str]:
        """The status of each link, by its ids as "a b"."""
        return {f"{link['id_a']} {link['id_b']}": link["status"] for link in self.links}

    @property
    def cluster_of(self) -> dict[str, str]:
        """The cluster of each id now."""
        return {row["id"]: row["cluster_id"] for row in self.members if row["until"] is None}

    @property
    def clusters(self) -> list[str]:
        """The clusters, each as its ids in their order, such as "foo bar baz"."""
        return sorted(" ".join(row["ids"]) for row in self.graph)

    @property
    def pairs(self) -> list[str]:
        """The rows of identity_permutations in order of their links, each as its ids."""
        return [" ".join(row["ids"]) for row in sorted(self.permutations, key=lambda row: row["link_no"])]

    def conflicts_now(self, kind: str) -> set[str]:
        """The ids that have a conflict of this kind."""
        return {row["id"] for row in self.conflicts if row["kind"] == kind and row["until"] is None}

    def cluster_at(self, moment: datetime) -> dict[str, str]:
        """The cluster of each id at an earlier time; fails where an id was in two."""
        then = by_key((row for row in self.members if _covers(row, moment)), lambda row: row["id"])
        return {one: row["cluster_id"] for one, row in then.items()}


def identity_tables(warehouse: Warehouse) -> IdentityTables:
    """The tables as they are now."""
    return IdentityTables(*(warehouse.rows(all_rows_of(name)) for name in (*GRAPH_TABLES, "identity_decisions")))


def assert_consistent(tables: IdentityTables, config: Mapping[str, Any]) -> None:
    """Everything follows from identity_links, identity_decisions and the configuration, as the oracle has it."""
    expected = identity_oracle.truth(tables.links, tables.decisions, config)
    links = by_key(tables.links, lambda row: row["link_no"])
    by_key(tables.links, lambda row: (row["source"], frozenset((row["id_a"], row["id_b"]))))
    assert {number: link["status"] for number, link in links.items()} == expected.statuses
    _assert_members(tables, expected)
    _assert_graph(tables, expected)
    _assert_permutations(tables, expected, links)
    _assert_associations(tables, expected)
    _assert_conflicts(tables, expected)


def config_in_force(tables: IdentityTables, *configs: Mapping[str, Any]) -> Mapping[str, Any]:
    """The first of the configurations that the tables follow from; fails as for the last one where none is."""
    for config in configs[:-1]:
        with contextlib.suppress(AssertionError):
            assert_consistent(tables, config)
            return config
    assert_consistent(tables, configs[-1])
    return configs[-1]


def _assert_members(tables: IdentityTables, expected: Truth) -> None:
    now = by_key((row for row in tables.members if row["until"] is None), lambda row: row["id"])
    assert {one: row["cluster_id"] for one, row in now.items()} == expected.cluster_of
    for row in tables.members:
        ages = (row["age"], row["cluster_age"])
        assert ages == (expected.ages[row["id"]], expected.ages[row["cluster_id"]]), row
        assert row["until"] is None or row["until"] >= row["since"], row
    own: dict[str, list[Row]] = {}
    for row in sorted(tables.members, key=lambda row: (row["since"], row["until"] is None, row["until"])):
        own.setdefault(row["id"], []).append(row)
    for rows in own.values():
        for earlier, later in itertools.pairwise(rows):
            assert earlier["until"] is not None, (earlier, later)
            assert earlier["until"] <= later["since"], (earlier, later)


def _assert_graph(tables: IdentityTables, expected: Truth) -> None:
    graph = by_key(tables.graph, lambda row: row["cluster_id"])
    assert {cluster: tuple(row["ids"]) for cluster, row in graph.items()} == expected.graph
    assert all(row["size"] == len(row["ids"]) for row in tables.graph)


def _assert_permutations(tables: IdentityTables, expected: Truth, links: Mapping[int, Row]) -> None:
    stored = by_key(tables.permutations, lambda row: row["link_no"])
    assert {number: tuple(row["ids"]) for number, row in stored.items()} == expected.pairs
    singles = sum(1 for ids in expected.graph.values() if len(ids) == 1)
    assert len(stored) == len(expected.cluster_of) - len(expected.graph) + singles
    for number, row in stored.items():
        assert row["linked_at"] == links[number]["linked_at"], row
        assert all(_was_in(tables, one, row) for one in row["ids"]), row


def _was_in(tables: IdentityTables, one: str, pair: Row) -> bool:
    """Whether the id was in the pair's cluster when the pair was written, perhaps for one part of a run only."""
    return any(
        (row["id"], row["cluster_id"]) == (one, pair["cluster_id"])
        and (_covers(row, pair["inserted_at"]) or row["until"] == pair["inserted_at"])
        for row in tables.members
    )


def _covers(member: Row, moment: datetime) -> bool:
    return member["since"] <= moment and (member["until"] is None or moment < member["until"])


def _assert_associations(tables: IdentityTables, expected: Truth) -> None:
    by_key(tables.associations, lambda row: row["association_id"])
    stored = by_key(tables.associations, lambda row: row["device_id"].removeprefix(DEVICE_PREFIX))
    assert {device: row["user_id"] for device, row in stored.items()} == {
        device.removeprefix(DEVICE_PREFIX): association.user_id for device, association in expected.associations.items()
    }


def _assert_conflicts(tables: IdentityTables, expected: Truth) -> None:
    by_key((row for row in tables.conflicts if row["until"] is None), lambda row: (row["kind"], row["id"]))
    assert tables.conflicts_now("hub") == expected.hubs
    assert tables.conflicts_now("shared_device") == expected.shared_devices
    has_too_large = "too_large" in expected.statuses.values()
    assert bool(tables.conflicts_now("large_cluster")) == has_too_large
    assert all(row["message"] for row in tables.conflicts)
