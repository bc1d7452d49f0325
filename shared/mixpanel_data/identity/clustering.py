"""The clusters that judged links make, and everything that follows from them, published as one part."""

from collections.abc import Mapping, Sequence
from typing import Any

from mixpanel_data import runs
from mixpanel_data.base.errors import ConfigError
from mixpanel_data.identity import contraction, statements
from mixpanel_data.identity.contracting.forest import forest_of
from mixpanel_data.identity.identity_run import IdentityRun
from mixpanel_data.identity.reading import Plan
from mixpanel_data.warehouse.base import Staging, Value
from mixpanel_data.warehouse.statements import Statement


def cluster(transition: IdentityRun, staging: Staging) -> None:
    """Find how the judged links join clusters. Stages `merges`, `forest`, `oversized` and what follows from them."""
    staging.materialise(statements.LINK_ENDS)
    staging.materialise(statements.EDGES)
    (counted,) = staging.rows(statements.COUNT_EDGES)
    if counted["edges"] > contraction.EDGES_IN_PYTHON:
        contraction.contract(transition, staging)
    else:
        _cluster_in_python(transition, staging)
    staging.materialise(statements.SETTLED)
    staging.materialise(statements.MEMBER_CHANGES)
    staging.materialise(statements.AFFECTED_CLUSTERS)
    staging.materialise(statements.AFFECTED_GRAPH)
    staging.materialise(statements.FRESH_GRAPH)
    staging.materialise(statements.PAIR_CHANGES)
    staging.materialise(statements.ASSOCIATION_CHANGES)
    staging.materialise(
        statements.CONFLICT_CHANGES,
        elects=transition.config.elects,
        largest=transition.largest,
        **transition.limits,
    )


def publish(
    transition: IdentityRun,
    staging: Staging,
    plan: Plan | None,
    also: Sequence[Statement] = (),
    *,
    may_withdraw: int | None = None,
    **parameters: Value,
) -> None:
    """Publish the staged part with the plan's progress and further statements, in one transaction.

    Raises ConfigError if it would take out more than `may_withdraw` pairs (None: any number), and what `runs.publish`
    raises.
    """
    (changes,) = staging.rows(statements.COUNT_CHANGES)
    _refuse_more(changes["withdrawn"], may_withdraw)
    run = transition.run
    stores = plan is not None and bool(plan.progress)
    given: dict[str, Any] = {**parameters, **(plan.parameters if plan is not None and stores else {})}
    figures = runs.publish(
        run,
        [*also, *statements.publishing(changes), *(statements.STORE_PROGRESS if stores else ())],
        window=run.window,
        figures=_figures(changes),
        staging=staging,
        **given,
    )
    transition.add(figures)


def _figures(changes: Mapping[str, int]) -> dict[str, int]:
    """What a part does: new links, and rows of identity_permutations and current_identity_graph by what they become."""
    kept = changes["kept_clusters"]
    return {
        "links": changes["links"],
        "inserted": changes["joined_pairs"],
        "deleted": changes["gone_pairs"],
        "withdrawn": changes["withdrawn"],
        "graph_inserted": changes["fresh_clusters"] - kept,
        "graph_updated": kept,
        "graph_deleted": changes["stored_clusters"] - kept,
    }


def _refuse_more(pairs: int, may_withdraw: int | None) -> None:
    if may_withdraw is not None and pairs > may_withdraw:
        raise ConfigError(
            f"identity: this run would take out {pairs:,} pairs, more than max_withdrawn ({may_withdraw:,}). "
            "Undo the change of the configuration, or add the id that has so many partners to ignore; "
            "to go ahead, raise max_withdrawn or run action=build."
        )


def _cluster_in_python(transition: IdentityRun, staging: Staging) -> None:
    """Stage `merges`, `forest` and `oversized` of the staged `edges` by one pass over them in order of arrival."""
    edges = [(row["link_no"], row["u"], row["v"]) for row in staging.rows(statements.EDGES_IN_ORDER)]
    largest = transition.config.max_cluster_size
    sizes = {} if largest is None else {row["vertex"]: row["size"] for row in staging.rows(statements.SIZES)}
    forest = forest_of(edges, sizes, largest)
    staging.materialise(statements.GIVEN_MERGES, merged=[f"{vertex} {root}" for vertex, root in forest.roots.items()])
    staging.materialise(statements.GIVEN_FOREST, joining=[str(link) for link in forest.joining])
    staging.materialise(statements.GIVEN_OVERSIZED, too_large=[str(link) for link in forest.too_large])
