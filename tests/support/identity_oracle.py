"""The identity tables, computed from the rows of identity_links in plain Python, independently of the library.

`config` is the document of `config/identity.json`. A link is a row of identity_links, a decision one of
identity_decisions. Everything is done link by link, in order of link_no; nothing is clever.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

Link = Mapping[str, Any]
Config = Mapping[str, Any]
Pair = tuple[str, str]


class Association(NamedTuple):
    """The user of a device, and the number of the link that says so."""

    user_id: str
    link_no: int


@dataclass(frozen=True, slots=True)
class Truth:
    """What the tables have to say.

    `statuses`: of each link, by its number. `cluster_of`: of each id that is in a cluster. `graph`: the ids of each
    cluster, the eldest first. `pairs`: the ids of each row of identity_permutations by its link's number, the elder
    first. `associations`: by device. `hubs`, `shared_devices`: ids that identity_conflicts has to name.
    """

    statuses: Mapping[int, str]
    cluster_of: Mapping[str, str]
    graph: Mapping[str, tuple[str, ...]]
    pairs: Mapping[int, tuple[str, ...]]
    associations: Mapping[str, Association]
    hubs: frozenset[str]
    shared_devices: frozenset[str]
    ages: Mapping[str, int]


def truth(links: Iterable[Link], decisions: Iterable[Mapping[str, Any]], config: Config) -> Truth:
    """What follows from these links and decisions under the configuration."""
    ordered = sorted(links, key=lambda link: link["link_no"])
    is_split = _split_pairs(decisions)
    hub_ends = _hub_ends(ordered, config)
    remaining = [link for link in ordered if _pair(link) not in is_split and not hub_ends & _ends(link)]
    users_of = _users_of_devices(remaining)
    statuses = {link["link_no"]: "split" if _pair(link) in is_split else "quarantined" for link in ordered}
    taken = []
    for link in remaining:
        device, user = _device_and_user(link)
        if elects(config) and device is not None and user != users_of[device][0]:
            statuses[link["link_no"]] = "shared"
        else:
            taken.append(link)
    forest = Forest(config.get("max_cluster_size"))
    for link in taken:
        statuses[link["link_no"]] = "linked" if forest.take(link) else "too_large"
    ages = ages_of(ordered)
    graph = _graph(forest, ages)
    return Truth(
        statuses=statuses,
        cluster_of={one: cluster for cluster, ids in graph.items() for one in ids},
        graph=graph,
        pairs=_rows(forest, graph, ages),
        associations=_associations(link for link in taken if statuses[link["link_no"]] == "linked"),
        hubs=frozenset(one for link in ordered if _pair(link) not in is_split for one, _ in hub_ends & _ends(link)),
        shared_devices=frozenset(device for device, users in users_of.items() if len(users) > 1),
        ages=ages,
    )


def elects(config: Config) -> bool:
    """Whether a device belongs to its first user alone."""
    usual = "join" if config.get("identity", "simplified") == "original" else "elect"
    return bool((config.get("shared_devices") or usual) == "elect")


def ages_of(links: Iterable[Link]) -> dict[str, int]:
    """The age of each id: where it first stands in the sequence of all links' ends."""
    ages: dict[str, int] = {}
    for link in sorted(links, key=lambda link: link["link_no"]):
        ages.setdefault(link["id_a"], 2 * link["link_no"])
        ages.setdefault(link["id_b"], 2 * link["link_no"] + 1)
    return ages


class Forest:
    """Clusters that grow link by link, up to a size."""

    def __init__(self, max_size: int | None) -> None:
        self._max_size = max_size
        self.cluster_of: dict[str, set[str]] = {}
        self.joining: list[Link] = []
        self.alone: dict[str, int] = {}

    def take(self, link: Link) -> bool:
        """Whether the link fits; its ends are in one cluster afterwards."""
        a, b = link["id_a"], link["id_b"]
        own, other = self.cluster_of.get(a, {a}), self.cluster_of.get(b, {b})
        if self._max_size is not None and len(own | other) > self._max_size:
            return False
        if a == b:
            self.alone.setdefault(a, link["link_no"])
        elif own is not other:
            self.joining.append(link)
        joined = own | other if own is not other else own
        self.cluster_of |= dict.fromkeys(joined, joined)
        return True


def _split_pairs(decisions: Iterable[Mapping[str, Any]]) -> set[Pair]:
    newest: dict[Pair, str] = {}
    for decision in sorted(decisions, key=lambda decision: decision["decided_at"]):
        newest[_pair(decision)] = decision["decision"]
    return {pair for pair, decision in newest.items() if decision == "split"}


def _pair(row: Mapping[str, Any]) -> Pair:
    """The ids of a row, whichever is named first."""
    a, b = sorted((row["id_a"], row["id_b"]))
    return a, b


def _ends(link: Link) -> set[tuple[str, str]]:
    return {(link["id_a"], link["kind_a"]), (link["id_b"], link["kind_b"])}


def _hub_ends(links: Sequence[Link], config: Config) -> set[tuple[str, str]]:
    """Each id with each kind in which it has too many partners."""
    partners: dict[str, set[str]] = defaultdict(set)
    for link in links:
        if link["id_a"] != link["id_b"]:
            partners[link["id_a"]].add(link["id_b"])
            partners[link["id_b"]].add(link["id_a"])
    limits = config.get("max_partners") or {}
    ends = set().union(*(_ends(link) for link in links))
    return {(one, kind) for one, kind in ends if limits.get(kind) is not None and len(partners[one]) > limits[kind]}


def _device_and_user(link: Link) -> tuple[str | None, str | None]:
    """The ids of a link between a device and a user; (None, None) for any other link."""
    by_kind = {link["kind_a"]: link["id_a"], link["kind_b"]: link["id_b"]}
    if by_kind.keys() != {"device", "user"} or link["id_a"] == link["id_b"]:
        return None, None
    return by_kind["device"], by_kind["user"]


def _users_of_devices(links: Iterable[Link]) -> dict[str, list[str]]:
    """The distinct users of each device, by their first link."""
    users: dict[str, list[str]] = {}
    for link in links:
        device, user = _device_and_user(link)
        if device is not None and user is not None and user not in users.setdefault(device, []):
            users[device].append(user)
    return users


def _graph(forest: Forest, ages: Mapping[str, int]) -> dict[str, tuple[str, ...]]:
    clusters = {id(ids): tuple(sorted(ids, key=ages.__getitem__)) for ids in forest.cluster_of.values()}
    return {ids[0]: ids for ids in clusters.values()}


def _rows(forest: Forest, graph: Mapping[str, tuple[str, ...]], ages: Mapping[str, int]) -> dict[int, tuple[str, ...]]:
    rows: dict[int, tuple[str, ...]] = {
        link["link_no"]: tuple(sorted((link["id_a"], link["id_b"]), key=ages.__getitem__)) for link in forest.joining
    }
    return rows | {forest.alone[ids[0]]: ids for ids in graph.values() if len(ids) == 1}


def _associations(linked: Iterable[Link]) -> dict[str, Association]:
    found: dict[str, Association] = {}
    for link in linked:
        device, user = _device_and_user(link)
        if device is not None and user is not None:
            found.setdefault(device, Association(user, link["link_no"]))
    return found
