"""The SQL that reads the identity graph, with the types of its parameters."""

from mixpanel_data.warehouse.statements import statement

_ROOM = "identity/inspection"
_TWO_SIDES = {"id_a": "STRING", "cluster_a": "STRING", "id_b": "STRING", "cluster_b": "STRING", "most": "INT64"}

WHEREABOUTS = statement(f"{_ROOM}/whereabouts.sql", ids="ARRAY<STRING>", moment="TIMESTAMP")

IDS_OF_CLUSTER = statement(f"{_ROOM}/ids_of_cluster.sql", cluster_id="STRING", moment="TIMESTAMP", most="INT64")
LINKS_OF_CLUSTER = statement(f"{_ROOM}/links_of_cluster.sql", id="STRING", cluster_id="STRING", most="INT64")
PAIRS_OF_CLUSTER = statement(f"{_ROOM}/pairs_of_cluster.sql", cluster_id="STRING", most="INT64")

LINKED_IN_CLUSTER = statement(f"{_ROOM}/linked_in_cluster.sql", cluster_id="STRING")
DEFINITIONS = statement(f"{_ROOM}/definitions.sql")
EVENT_OF_LINK = statement(
    f"{_ROOM}/event_of_link.sql", cluster_id="STRING", first_seen="TIMESTAMP", first_seen_end="TIMESTAMP"
)

OUT_BETWEEN = statement(f"{_ROOM}/out_between.sql", **_TWO_SIDES)
OUT_AROUND = statement(f"{_ROOM}/out_around.sql", **_TWO_SIDES)
OUT_BESIDE = statement(f"{_ROOM}/out_beside.sql", ids="ARRAY<STRING>", most="INT64")
SPLITS = statement(f"{_ROOM}/splits.sql", ids="ARRAY<STRING>")
PARTNERS = statement(f"{_ROOM}/partners.sql", ids="ARRAY<STRING>")
OWNERS = statement(f"{_ROOM}/owners.sql", ids="ARRAY<STRING>")
SIZES_OF_CLUSTERS = statement(f"{_ROOM}/sizes_of_clusters.sql", ids="ARRAY<STRING>")

OPEN_CONFLICTS = statement(f"{_ROOM}/open_conflicts.sql", kind="STRING", most="INT64")

STARTS_OF_RUNS = statement(f"{_ROOM}/starts_of_runs.sql", job="STRING", run_ids="ARRAY<STRING>")
RUNS_AFTER = statement(f"{_ROOM}/runs_after.sql", job="STRING", first_start="TIMESTAMP", last_start="TIMESTAMP")
