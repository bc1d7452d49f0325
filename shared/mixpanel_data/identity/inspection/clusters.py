"""The cluster of an id, now or at an earlier instant."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from mixpanel_data.identity.inspection.statements import IDS_OF_CLUSTER, LINKS_OF_CLUSTER, PAIRS_OF_CLUSTER
from mixpanel_data.identity.inspection.whereabouts import NOW, clusters_of
from mixpanel_data.warehouse.base import Row, Warehouse


@dataclass(frozen=True, slots=True)
class Member:
    """An id of a cluster, and since when it has been in it: when a run published that, UTC."""

    id: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Link:
    """A row of identity_links; times are UTC."""

    link_no: int
    id_a: str
    kind_a: str
    id_b: str
    kind_b: str
    source: str
    linked_at: datetime
    first_seen: datetime
    last_seen: datetime
    status: str


@dataclass(frozen=True, slots=True)
class Pair:
    """A row of identity_permutations: the ids, the elder first, or an id that is a cluster by itself; times are UTC."""

    link_no: int
    ids: Sequence[str]
    linked_at: datetime
    inserted_at: datetime


@dataclass(frozen=True, slots=True)
class Counts:
    """The number of ids, links and pairs that there are, listed or not; None for what is not kept for an instant."""

    ids: int
    links: int | None
    pairs: int | None


@dataclass(frozen=True, slots=True)
class Cluster:
    """The cluster of an id at the instant `at`, UTC; `at` is None for now, `cluster_id` for an id in no cluster.

    `ids` by age, the eldest first; `links` in order of arrival: those of all ids of the cluster, and of `id`, whatever
    their status; `pairs` in order of their links. For an earlier instant `links` and `pairs` are None: of these only
    the present state is kept.
    """

    id: str
    at: datetime | None
    cluster_id: str | None
    counts: Counts
    ids: Sequence[Member]
    links: Sequence[Link] | None
    pairs: Sequence[Pair] | None


def show(warehouse: Warehouse, one: str, *, at: datetime | None = None, most: int = 1000) -> Cluster:
    """The cluster of an id now, or as of an instant, with at most `most` ids, links and pairs of it.

    Raises NotFoundError for an id that never was in a link or a cluster.
    """
    moment = at or NOW
    cluster_id = clusters_of(warehouse, [one], moment)[one]
    ids = warehouse.rows(IDS_OF_CLUSTER, cluster_id=cluster_id or "", moment=moment, most=most)
    members = [Member(row["id"], row["since"]) for row in ids]
    if at is not None:
        return Cluster(one, at, cluster_id, Counts(_count(ids), None, None), members, None, None)
    links = warehouse.rows(LINKS_OF_CLUSTER, id=one, cluster_id=cluster_id or "", most=most)
    pairs = warehouse.rows(PAIRS_OF_CLUSTER, cluster_id=cluster_id or "", most=most)
    return Cluster(
        one,
        None,
        cluster_id,
        Counts(_count(ids), _count(links), _count(pairs)),
        members,
        [Link(**{each.name: row[each.name] for each in fields(Link)}) for row in links],
        [Pair(**{each.name: row[each.name] for each in fields(Pair)}) for row in pairs],
    )


def _count(rows: Sequence[Row]) -> int:
    """How many rows there were before a limit; a statement without rows tells by that."""
    return rows[0]["in_all"] if rows else 0
