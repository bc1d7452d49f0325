"""The clusters that links make, taken in order of their numbers: a minimum spanning forest within a size limit."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Edge = tuple[int, int, int]
"""The number of a link, and the two vertices that it joins. A vertex is the age of a cluster's eldest id."""


@dataclass(frozen=True, slots=True)
class Forest:
    """How edges join vertices.

    `roots`: the eldest vertex of its cluster, for each vertex that is another; `joining`: the links that joined two
    clusters; `too_large`: the links that would have made a cluster too large.
    """

    roots: Mapping[int, int]
    joining: tuple[int, ...]
    too_large: tuple[int, ...]


def forest_of(edges: Iterable[Edge], sizes: Mapping[int, int], largest: int | None) -> Forest:
    """The forest of `edges`, which come in order of their links, by union-find with path halving (Tarjan 1975).

    `sizes` has the number of ids of each vertex, 1 where it has none; a cluster has at most `largest` ids.
    """
    parents: dict[int, int] = {}
    counts = dict(sizes)
    joining, too_large = [], []
    for link, one, other in edges:
        elder, younger = sorted((_root(parents, one), _root(parents, other)))
        if elder == younger:
            continue
        size = counts.get(elder, 1) + counts.get(younger, 1)
        if largest is not None and size > largest:
            too_large.append(link)
            continue
        # The elder stays the root, which path halving alone keeps near.
        parents[younger] = elder
        counts[elder] = size
        joining.append(link)
    roots = {vertex: _root(parents, vertex) for vertex in parents}
    return Forest(roots, tuple(joining), tuple(too_large))


def _root(parents: dict[int, int], vertex: int) -> int:
    while (parent := parents.get(vertex, vertex)) != vertex:
        grandparent = parents.get(parent, parent)
        parents[vertex] = grandparent
        vertex = grandparent
    return vertex
