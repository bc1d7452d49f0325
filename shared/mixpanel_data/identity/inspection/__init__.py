"""Reading the identity graph: an id's cluster, why ids are linked or not, conflicts, and the changes of runs.

Every function takes a warehouse, changes nothing, and raises what the warehouse raises.
"""

from mixpanel_data.identity.inspection.chains import Explanation, OutLink, Step, why
from mixpanel_data.identity.inspection.changes import Bill, Changes, RunChanges, diff
from mixpanel_data.identity.inspection.clusters import Cluster, Link, Member, Pair, show
from mixpanel_data.identity.inspection.conflicts import Conflict, Conflicts, conflicts

__all__ = [
    "Bill",
    "Changes",
    "Cluster",
    "Conflict",
    "Conflicts",
    "Explanation",
    "Link",
    "Member",
    "OutLink",
    "Pair",
    "RunChanges",
    "Step",
    "conflicts",
    "diff",
    "show",
    "why",
]
