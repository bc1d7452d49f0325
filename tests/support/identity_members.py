"""identity_members as the identity transition keeps it, for tests of those who follow it."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from mixpanel_data.warehouse.statements import Statement
from support.user_sync_world import UserSyncDataset

_END = Statement(
    "ended members",
    "UPDATE identity_members SET until = @at WHERE until IS NULL AND id IN UNNEST(@ended)",
    {"at": "TIMESTAMP", "ended": "ARRAY<STRING>"},
)
_BEGIN = Statement(
    "new members",
    "INSERT INTO identity_members (id, cluster_id, since, age, cluster_age)"
    " SELECT JSON_VALUE(one, '$.id'), JSON_VALUE(one, '$.cluster'), @at, 0, 0 FROM UNNEST(@begun) AS one",
    {"at": "TIMESTAMP", "begun": "ARRAY<STRING>"},
)
_FORGET = Statement(
    "no trace of an id", "DELETE FROM identity_members WHERE id IN UNNEST(@ids)", {"ids": "ARRAY<STRING>"}
)


class IdentityMembers:
    """The members of a world's clusters: who changes the cluster gets an end in the old one and a beginning in the new.

    current_identity_graph stays as it is, so that totals that are right come from identity_members.
    """

    def __init__(self, world: UserSyncDataset) -> None:
        self._world = world
        self.cluster_of: dict[str, str] = {}
        """The cluster of each id."""

    def cluster(self, **clusters: Sequence[str]) -> None:
        """Put ids into these clusters, and into no others, now."""
        self.cluster_at(self._world.clock(), **clusters)

    def cluster_at(self, at: datetime, /, **clusters: Sequence[str]) -> None:
        """The same with another time in the rows."""
        wanted = {one: cluster for cluster, ids in clusters.items() for one in ids}
        moved = {one for one in self.cluster_of | wanted if self.cluster_of.get(one) != wanted.get(one)}
        begun = [json.dumps({"id": one, "cluster": wanted[one]}) for one in sorted(moved & wanted.keys())]
        ended = sorted(moved & self.cluster_of.keys())
        self._world.transact((_END, _BEGIN), at=at, ended=ended, begun=begun)
        self._know(wanted)

    def forget(self, *ids: str) -> None:
        """Remove all rows of these ids."""
        self._world.transact((_FORGET,), ids=list(ids))
        self._know({one: cluster for one, cluster in self.cluster_of.items() if one not in ids})

    def assert_followed(self) -> None:
        """Ids count for the clusters that they are in, and the totals are those of a count from scratch."""
        applied = {row["distinct_id"]: row["cluster_id"] for row in self._world.table("user_clusters")}
        assert applied == self.cluster_of
        self._world.assert_true()

    def _know(self, cluster_of: Mapping[str, str]) -> None:
        self.cluster_of = dict(cluster_of)
        self._world.clusters = {
            cluster: [one for one, its in cluster_of.items() if its == cluster] for cluster in cluster_of.values()
        }
