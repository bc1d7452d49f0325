"""Where ids are: the clusters that they are in, now or at an earlier instant."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from mixpanel_data.base.errors import NotFoundError, listed
from mixpanel_data.identity.inspection.statements import WHEREABOUTS
from mixpanel_data.warehouse.base import Warehouse

NOW = datetime(9999, 12, 31, tzinfo=UTC)
"""Stands for now in a parameter: whatever has no end lasts until then."""


def clusters_of(warehouse: Warehouse, ids: Sequence[str], moment: datetime = NOW) -> Mapping[str, str | None]:
    """The cluster of each id at a moment; None for an id that is in no cluster then.

    Raises NotFoundError naming the ids that never were in a link or a cluster.
    """
    found: dict[str, str | None] = {
        row["id"]: row["cluster_id"] for row in warehouse.rows(WHEREABOUTS, ids=list(ids), moment=moment)
    }
    unknown = [one for one in ids if one not in found]
    if unknown:
        raise NotFoundError(
            f"There is no link and no cluster of {listed(unknown)}. Check the spelling: ids are case-sensitive, and in "
            "a project with simplified identity the id of a device begins with '$device:'. If the id is new, run "
            "`mp identity refresh` first."
        )
    return found
