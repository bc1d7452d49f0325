"""The identity graph, which reports by cluster need."""

from mixpanel_data.base.errors import TableNotFoundError
from mixpanel_data.configuration.reports.choices import By
from mixpanel_data.warehouse.base import Warehouse

_GRAPH = "current_identity_graph"


def check_graph(by: By, warehouse: Warehouse) -> None:
    """Raise TableNotFoundError where users are clusters and the warehouse has no identity graph."""
    if by is By.CLUSTER and _GRAPH not in warehouse.tables():
        raise TableNotFoundError(
            f"There is no identity graph in {warehouse}, which the clusters of by=cluster come from. "
            "`mp identity build` makes one; or ask by user."
        )
