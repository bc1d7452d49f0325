"""Why a link is out of the graph, in words."""

import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mixpanel_data.identity.inspection.statements import DEFINITIONS, OWNERS, PARTNERS, SIZES_OF_CLUSTERS, SPLITS
from mixpanel_data.warehouse.base import Row, Warehouse

Reasons = Mapping[int, str]
"""Sentences, by the number of the link."""

_RULES = "*"
"""The entry of identity_sources that holds the rules."""


def reasons(warehouse: Warehouse, links: Sequence[Row]) -> Reasons:
    """Why each of these links is out: one sentence or two, with what to do where something can be done."""
    found: dict[int, str] = {}
    for status, explained in _EXPLAINED.items():
        own = [link for link in links if link["status"] == status]
        found |= explained(warehouse, own) if own else {}
    return found


def definitions(warehouse: Warehouse) -> dict[str, Mapping[str, Any]]:
    """What the sources were last read by, by name, and the rules that links were last judged by, under `*`."""
    return {row["source"]: json.loads(row["definition"]) for row in warehouse.rows(DEFINITIONS)}


def _split(warehouse: Warehouse, links: Sequence[Row]) -> Reasons:
    decided = {(row["id_a"], row["id_b"]): row for row in warehouse.rows(SPLITS, ids=_ends(links))}
    return {link["link_no"]: _of_split(link, decided.get(_pair(link))) for link in links}


def _of_split(link: Row, decision: Row | None) -> str:
    when = f" on {decision['decided_at']:%Y-%m-%d}" if decision else ""
    if decision and decision["origin"] == "demonstration":
        return f"The demonstration took it out{when}, because its state does not link the two."
    ids = shlex.join([link["id_a"], link["id_b"]])
    return f"It was split by hand{when}; `mp identity link {ids}` takes that back."


def _quarantined(warehouse: Warehouse, links: Sequence[Row]) -> Reasons:
    counted = {row["id"]: row for row in warehouse.rows(PARTNERS, ids=_ends(links))}
    limits = definitions(warehouse).get(_RULES, {}).get("max_partners", {})
    return {link["link_no"]: _of_hub(link, counted, limits) for link in links}


def _of_hub(link: Row, counted: Mapping[str, Row], limits: Mapping[str, int | None]) -> str:
    """The reported end is the hub; where none is, as after a change of the limits, the one with more partners."""
    ends = [(link[f"id_{end}"], link[f"kind_{end}"]) for end in "ab"]
    ranked = sorted(ends, key=lambda end: (not counted[end[0]]["is_hub"], -counted[end[0]]["partners"]))
    hub, kind = ranked[0]
    limit = limits.get(kind)
    allowed = "" if limit is None else f" {limit}"
    partners = f"{counted[hub]['partners']} partners, more than the{allowed} that max_partners allows the kind {kind!r}"
    return f"{hub!r} is a hub with {partners}. No link of a hub counts."


def _shared(warehouse: Warehouse, links: Sequence[Row]) -> Reasons:
    devices = {link["link_no"]: link["id_a"] if link["kind_a"] == "device" else link["id_b"] for link in links}
    owners = {row["device"]: row["owner"] for row in warehouse.rows(OWNERS, ids=sorted(set(devices.values())))}
    return {
        number: f"{device!r} is a shared device, first linked with {owners[device]!r}, and belongs to that user alone."
        for number, device in devices.items()
        if device in owners
    }


def _too_large(warehouse: Warehouse, links: Sequence[Row]) -> Reasons:
    sizes = {row["id"]: row["size"] for row in warehouse.rows(SIZES_OF_CLUSTERS, ids=_ends(links))}
    limit = definitions(warehouse).get(_RULES, {}).get("max_cluster_size")
    beyond = "max_cluster_size" if limit is None else f"{limit} ids, the max_cluster_size"
    return {
        link["link_no"]: f"The cluster would have grown beyond {beyond}: its ends are in clusters of"
        f" {sizes.get(link['id_a'], 1)} and {sizes.get(link['id_b'], 1)}."
        for link in links
    }


_EXPLAINED: Mapping[str, Callable[[Warehouse, Sequence[Row]], Reasons]] = {
    "split": _split,
    "quarantined": _quarantined,
    "shared": _shared,
    "too_large": _too_large,
}


def _ends(links: Sequence[Row]) -> list[str]:
    return sorted({link[end] for link in links for end in ("id_a", "id_b")})


def _pair(link: Row) -> tuple[str, str]:
    """The ids in the order of identity_decisions."""
    lesser, greater = sorted((link["id_a"], link["id_b"]), key=lambda one: one.encode())
    return lesser, greater
