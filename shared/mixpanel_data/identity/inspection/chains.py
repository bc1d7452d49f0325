"""Why two ids are in one cluster: the shortest chain of links; or why they are not: the links that are out."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mixpanel_data.base.errors import RequestError, UnavailableError
from mixpanel_data.identity.inspection.reasons import definitions, reasons
from mixpanel_data.identity.inspection.statements import (
    EVENT_OF_LINK,
    LINKED_IN_CLUSTER,
    OUT_AROUND,
    OUT_BESIDE,
    OUT_BETWEEN,
)
from mixpanel_data.identity.inspection.whereabouts import clusters_of
from mixpanel_data.warehouse.base import Row, Value, Warehouse

_EVENTS = "mixpanel_events"
# Each asks for a day of events by itself.
_MOST_EVENTS = 10
_MOST_OUT = 10


@dataclass(frozen=True, slots=True)
class Step:
    """A link of a chain, its ids in the order of the chain; `first_seen` is the time of its source, UTC.

    `event`: an event that the person has at that instant, if the source is mixpanel_events; None for a link of another
    source, where no such event is stored, and for all but the first 10 links of a chain.
    """

    id_a: str
    id_b: str
    link_no: int
    source: str
    first_seen: datetime
    event: str | None = None


@dataclass(frozen=True, slots=True)
class OutLink:
    """A link that is out of the graph, with its status and the reason in words; `first_seen` is UTC."""

    id_a: str
    id_b: str
    link_no: int
    source: str
    first_seen: datetime
    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why two ids are in one cluster, or are not.

    `cluster_a` and `cluster_b`: their clusters, None for an id that is in none. `chain`: the fewest linked links that
    lead from `a` to `b`, the oldest of several such; empty if the ids are in different clusters. Then `out` has up to
    10 links that are out: those that would join the two clusters, else the first ones through one id or cluster in
    between, else those of the two ids. `message` says which, in words.
    """

    a: str
    b: str
    cluster_a: str | None
    cluster_b: str | None
    message: str
    chain: Sequence[Step] = ()
    out: Sequence[OutLink] = ()


def why(warehouse: Warehouse, a: str, b: str) -> Explanation:
    """Why two ids are in one cluster, or are not.

    Reads the links of their cluster once. Raises NotFoundError naming an id that never was in a link or a cluster,
    RequestError if the two are one.
    """
    if a == b:
        raise RequestError(f"Both ids are {a!r}. Give two different ids.")
    clusters = clusters_of(warehouse, [a, b])
    cluster = clusters[a]
    if cluster is None or cluster != clusters[b]:
        return _apart(warehouse, a, b, clusters)
    chain = shortest_chain(warehouse.rows(LINKED_IN_CLUSTER, cluster_id=cluster), a, b)
    steps = _with_events(warehouse, cluster, chain)
    message = f"{a!r} and {b!r} are in one cluster, {len(steps)} {'link' if len(steps) == 1 else 'links'} apart."
    return Explanation(a, b, cluster, cluster, message, chain=steps)


def shortest_chain(links: Iterable[Row], a: str, b: str) -> list[Step]:
    """The fewest links that lead from `a` to `b`; of equally short chains one of the links that come first.

    `links` are rows of identity_links. Raises UnavailableError if none leads there: then a run has changed the cluster
    since it was looked up.
    """
    around: dict[str, dict[str, Row]] = {}
    for link in links:
        around.setdefault(link["id_a"], {}).setdefault(link["id_b"], link)
        around.setdefault(link["id_b"], {}).setdefault(link["id_a"], link)
    came_from: dict[str, str] = {a: a}
    waiting = deque([a])
    while waiting and b not in came_from:
        reached = waiting.popleft()
        for partner in around.get(reached, {}):
            if partner not in came_from:
                came_from[partner] = reached
                waiting.append(partner)
    if b not in came_from:
        raise UnavailableError(f"A run took {a!r} and {b!r} apart while their links were read. Ask again.")
    return [_step(around[one][other], one, other) for one, other in _way_back(came_from, a, b)]


def _way_back(came_from: Mapping[str, str], a: str, b: str) -> list[tuple[str, str]]:
    steps = []
    while b != a:
        steps.append((came_from[b], b))
        b = came_from[b]
    return steps[::-1]


def _step(link: Row, one: str, other: str) -> Step:
    return Step(one, other, link["link_no"], link["source"], link["first_seen"])


def _with_events(warehouse: Warehouse, cluster_id: str, chain: Sequence[Step]) -> list[Step]:
    tables = {name: each.get("table") for name, each in definitions(warehouse).items()}
    steps = list(chain)
    for number, step in enumerate(steps[:_MOST_EVENTS]):
        if tables.get(step.source) == _EVENTS:
            (found,) = warehouse.rows(
                EVENT_OF_LINK,
                cluster_id=cluster_id,
                first_seen=step.first_seen,
                first_seen_end=step.first_seen + timedelta.resolution,
            )
            steps[number] = replace(step, event=found["event_name"])
    return steps


def _apart(warehouse: Warehouse, a: str, b: str, clusters: Mapping[str, str | None]) -> Explanation:
    message, links = _out(warehouse, a, b, clusters)
    why_out = reasons(warehouse, links)
    out = [
        OutLink(
            link["id_a"],
            link["id_b"],
            link["link_no"],
            link["source"],
            link["first_seen"],
            link["status"],
            why_out.get(link["link_no"], ""),
        )
        for link in links
    ]
    return Explanation(a, b, clusters[a], clusters[b], message, out=out)


def _out(warehouse: Warehouse, a: str, b: str, clusters: Mapping[str, str | None]) -> tuple[str, Sequence[Row]]:
    """The links that are out and nearest to joining the two, and a sentence about them."""
    sides: dict[str, Value] = {
        "id_a": a,
        "cluster_a": clusters[a] or "",
        "id_b": b,
        "cluster_b": clusters[b] or "",
        "most": _MOST_OUT,
    }
    apart = f"{a!r} and {b!r} are not in one cluster"
    if between := warehouse.rows(OUT_BETWEEN, **sides):
        return f"{apart}: what would join them is out.", between
    if around := warehouse.rows(OUT_AROUND, **{**sides, "most": _MOST_OUT // 2}):
        return f"{apart}: what leads from both to one id or cluster in between is out.", around
    if beside := warehouse.rows(OUT_BESIDE, ids=[a, b], most=_MOST_OUT):
        return f"{apart}, and no link leads from one to the other. Links of the two that are out:", beside
    return f"{apart}, and no link leads from one to the other.", []
