"""What has to be decided about links to set a state."""

from collections.abc import Iterator, Mapping
from itertools import pairwise

from mixpanel_data.base.errors import RequestError, listed
from mixpanel_data.configuration.identity import IdentityConfig, State
from mixpanel_data.identity.deciding import Decisions, Pair
from mixpanel_data.identity.demonstration.statements import OWN_LINKS
from mixpanel_data.warehouse.base import Row, Warehouse

_NAME = "demonstration"
"""The origin of the decisions, and the source of the links."""


def states_of(config: IdentityConfig, action: str) -> Mapping[str, State]:
    """The states by name, which the action needs. Raises RequestError if the configuration has none."""
    if config.states is None:
        raise RequestError(
            f"action is {action}: this configuration has no states. Set IDENTITY_CONFIG to the demonstration's, which "
            "is in config/identity_demo.json."
        )
    return config.states


def named_state(config: IdentityConfig, name: str) -> State:
    """The clusters of the state that a transition names. Raises RequestError if there is none of that name."""
    states = states_of(config, "transition")
    if name not in states:
        raise RequestError(f"state is {name!r}: this configuration has only {listed(list(states))}. Give one of them.")
    return states[name]


def decisions_for(warehouse: Warehouse, clusters: State) -> Decisions | None:
    """What leads from the stored links to these clusters; None where they are set already.

    Without clusters, it takes back all that the demonstration has decided.
    """
    stored = {_unordered((row["id_a"], row["id_b"])): row for row in warehouse.rows(OWN_LINKS)}
    linked = {_unordered(pair): pair for cluster in clusters for pair in _links(cluster)}
    # An id that was alone keeps its link with itself, whose row goes when the id is joined.
    kept = {*linked, *((one, one) for cluster in clusters for one in cluster)}
    split = [pair for pair, row in stored.items() if pair not in kept and _can_be_split(row)]
    restored = [pair for pair, row in stored.items() if row["is_split"] and (pair in kept or _is_in_the_way(row))]
    added = [pair for unordered, pair in linked.items() if unordered not in stored]
    if not (split or restored or added):
        return None
    return Decisions(_NAME, _NAME, split, restored, added)


def _links(cluster: tuple[str, ...]) -> Iterator[Pair]:
    return pairwise(cluster) if len(cluster) > 1 else iter([(cluster[0], cluster[0])])


def _unordered(pair: Pair) -> Pair:
    a, b = sorted(pair)
    return a, b


def _can_be_split(row: Row) -> bool:
    return not row["is_split"] and not row["has_other_source"]


def _is_in_the_way(row: Row) -> bool:
    """Whether the demonstration has split a pair that another source has linked since."""
    return bool(row["has_other_source"]) and row["split_by"] == _NAME
