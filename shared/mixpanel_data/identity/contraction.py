"""Clusters of many links, by contraction in the warehouse.

Each round every vertex takes its least link, the trees that these links make become one vertex each, and the links are
relabelled: Borůvka's algorithm (1926), with pointer jumping to the root (Shiloach and Vishkin 1982). A round leaves at
most half of the vertices that have links, whatever the shape, so n vertices need at most log2 n rounds. Links have
different numbers, so the links that are taken are those that join two clusters when all are taken in order.
"""

from collections.abc import Iterator
from itertools import cycle

from mixpanel_data.identity import statements
from mixpanel_data.identity.contracting.forest import forest_of
from mixpanel_data.identity.contracting.statements import (
    COUNT_JUMPS,
    EDGES_OF_LARGE,
    FIRST_ROUND,
    NO_FOREST,
    NO_MERGES,
    VERTEX_SIZES,
    Round,
)
from mixpanel_data.identity.identity_run import IdentityRun
from mixpanel_data.warehouse.base import Staging

# So many edges, or fewer, are sent to Python, which ends the work in one step.
EDGES_IN_PYTHON = 50_000


def contract(transition: IdentityRun, staging: Staging) -> None:
    """Stage `merges`, `forest` and `oversized` of the staged `edges`.

    The size limit is sequential by nature: where clusters exceed it, their links alone go through Python in order, and
    the contraction runs again without those that would make a cluster too large.
    """
    staging.materialise(statements.GIVEN_OVERSIZED, too_large=[])
    _contract(transition, staging)
    largest = transition.config.max_cluster_size
    if largest is None:
        return
    staging.materialise(VERTEX_SIZES)
    rows = staging.rows(EDGES_OF_LARGE, largest=largest)
    if not rows:
        return
    sizes = {row["u"]: row["u_size"] for row in rows} | {row["v"]: row["v_size"] for row in rows}
    found = forest_of(((row["link_no"], row["u"], row["v"]) for row in rows), sizes, largest)
    staging.materialise(statements.GIVEN_OVERSIZED, too_large=[str(link) for link in found.too_large])
    _contract(transition, staging)


def _contract(transition: IdentityRun, staging: Staging) -> None:
    staging.materialise(FIRST_ROUND)
    staging.materialise(NO_MERGES)
    staging.materialise(NO_FOREST)
    for round_ in _rounds():
        edges = _count(staging, round_)
        if edges <= EDGES_IN_PYTHON:
            _end_in_python(staging, round_)
            return
        transition.deadline.check(f"all links were contracted ({edges:,} are left)")
        _run(staging, round_)


def _rounds() -> Iterator[Round]:
    """Rounds that read the relations of the one before: no relation is made of itself."""
    yield from (Round(before, after) for before, after in cycle((("a", "b"), ("b", "a"))))


def _count(staging: Staging, round_: Round) -> int:
    (row,) = staging.rows(round_.count_edges)
    return int(row["edges"])


def _run(staging: Staging, round_: Round) -> None:
    """Hang each vertex on the other end of its least link, jump to the roots, and make each tree one vertex."""
    staging.materialise(round_.least_links)
    staging.materialise(round_.hooks)
    for before, after in cycle((("a", "b"), ("b", "a"))):
        (left,) = staging.rows(COUNT_JUMPS[before])
        if not left["vertices"]:
            break
        staging.materialise(round_.jump(before, after))
    staging.materialise(round_.labels(before))
    for each in (round_.merges, round_.forest, round_.edges):
        staging.materialise(each)


def _end_in_python(staging: Staging, round_: Round) -> None:
    rows = staging.rows(round_.edges_in_order)
    found = forest_of(((row["link_no"], row["u"], row["v"]) for row in rows), {}, None)
    staging.materialise(round_.given_labels, merged=[f"{vertex} {root}" for vertex, root in found.roots.items()])
    staging.materialise(round_.last_merges)
    staging.materialise(round_.last_forest, joining=[str(link) for link in found.joining])
