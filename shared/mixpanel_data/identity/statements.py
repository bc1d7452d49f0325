"""The SQL of the identity transition, with the types of its parameters."""

from mixpanel_data.warehouse.statements import Statement, rendered, statement

_LIMITS = {"device_limit": "INT64", "user_limit": "INT64", "other_limit": "INT64"}

PROGRESS = statement("identity/progress.sql")
NEWEST_ARRIVAL = statement("identity/newest_arrival.sql")
CHANGED_DAYS = statement("identity/changed_days.sql", recent_day="DATE", handled_seq="INT64", older_handled_seq="INT64")
COUNT_CANDIDATES = statement("identity/count_candidates.sql")
NEWEST_LINK = statement("identity/newest_link.sql")
NEW_LINKS = statement("identity/new_links.sql", creates="new_links", newest_link="INT64")
COUNT_NEW_LINKS = statement("identity/count_new_links.sql")
SEEN_AGAIN = statement("identity/seen_again.sql", creates="seen_again")
COUNT_SEEN_AGAIN = statement("identity/count_seen_again.sql")

PART_LINKS = statement("identity/part_links.sql", creates="part_links", after_link="INT64", up_to_link="INT64")
NO_PART_LINKS = statement("identity/no_part_links.sql", creates="part_links")
NEAR_LINKS = statement("identity/near_links.sql", creates="near_links")
LINKS_OF_IDS = statement("identity/links_of_ids.sql", creates="near_links", ids="ARRAY<STRING>")
ALL_LINKS = statement("identity/all_links.sql", creates="near_links")
HUBS = statement("identity/hubs.sql", creates="hubs", least_limit="INT64")
SPLIT_PAIRS = statement("identity/split_pairs.sql", creates="split_pairs", decided="ARRAY<STRING>")
REOPENED = statement("identity/reopened.sql", creates="reopened", **_LIMITS)
COUNT_REOPENED = statement("identity/count_reopened.sql")
REGION_OF_ALL = statement("identity/region_of_all.sql", creates="region_ids")
NO_REGION = statement("identity/no_region.sql", creates="region_ids")
REGION_OF_REOPENED = statement("identity/region_of_reopened.sql", creates="region_ids")
TIED_IDS = statement("identity/tied_ids.sql", creates="tied_ids")
COUNT_TIED_IDS = statement("identity/count_tied_ids.sql")
WIDER_REGION = statement("identity/wider_region.sql", creates="wider_region")
WIDENED_REGION = statement("identity/widened_region.sql", creates="region_ids")
LINKS_OF_PART = statement("identity/links_of_part.sql", creates="links_to_judge")
LINKS_TO_JUDGE = statement("identity/links_to_judge.sql", creates="links_to_judge")
JUDGED = statement("identity/judged.sql", creates="judged", elects="BOOL", is_of_all="BOOL", **_LIMITS)
PART_IDS = statement("identity/part_ids.sql", creates="part_ids")
EDGES = statement("identity/edges.sql", creates="edges")
COUNT_EDGES = statement("identity/count_edges.sql")
EDGES_IN_ORDER = statement("identity/edges_in_order.sql")
SIZES = statement("identity/sizes.sql")
GIVEN_MERGES = statement("identity/given_merges.sql", creates="merges", merged="ARRAY<STRING>")
GIVEN_FOREST = statement("identity/given_forest.sql", creates="forest", joining="ARRAY<STRING>")
GIVEN_OVERSIZED = statement("identity/given_oversized.sql", creates="oversized", too_large="ARRAY<STRING>")
SETTLED = statement("identity/settled.sql", creates="settled")
MEMBER_CHANGES = statement("identity/member_changes.sql", creates="member_changes")
AFFECTED_CLUSTERS = statement("identity/affected_clusters.sql", creates="affected_clusters")
AFFECTED_GRAPH = statement("identity/affected_graph.sql", creates="affected_graph")
PAIR_CHANGES = statement("identity/pair_changes.sql", creates="pair_changes")
COUNT_PAIR_CHANGES = statement("identity/count_pair_changes.sql")
ASSOCIATION_CHANGES = statement("identity/association_changes.sql", creates="association_changes")
CONFLICT_CHANGES = statement(
    "identity/conflict_changes.sql",
    creates="conflict_changes",
    elects="BOOL",
    largest="INT64",
    **_LIMITS,
)

COUNT_PART = statement("identity/count_part.sql", creates="part_figures")
TOTALS = statement("identity/totals.sql")

UPDATE_SEEN = statement("identity/update_seen.sql")
STORE_PROGRESS: tuple[Statement, ...] = (
    statement("identity/delete_progress.sql", read_sources="ARRAY<STRING>"),
    statement("identity/insert_progress.sql", progress="ARRAY<STRING>", finished_at="TIMESTAMP"),
)
"""Store how far the sources were read."""

PUBLISH: tuple[Statement, ...] = (
    statement("identity/insert_links.sql"),
    statement("identity/update_statuses.sql"),
    statement("identity/close_members.sql", finished_at="TIMESTAMP"),
    statement("identity/insert_members.sql", finished_at="TIMESTAMP"),
    statement("identity/delete_graph.sql"),
    statement("identity/fresh_graph.sql", creates="fresh_graph"),
    statement("identity/insert_graph.sql"),
    statement("identity/delete_pairs.sql"),
    statement("identity/insert_pairs.sql", finished_at="TIMESTAMP"),
    statement("identity/delete_associations.sql"),
    statement("identity/insert_associations.sql", finished_at="TIMESTAMP"),
    statement("identity/close_conflicts.sql", finished_at="TIMESTAMP"),
    statement("identity/update_conflicts.sql"),
    statement("identity/insert_conflicts.sql", finished_at="TIMESTAMP"),
)
"""Publish what a part settles: links, members, graph, pairs, associations and conflicts."""

LINKS_BETWEEN = statement("identity/links_between.sql", a="STRING", b="STRING")
DECISIONS_OF = statement("identity/decisions_of.sql", a="STRING", b="STRING")


def newest_of(table: str, column: str) -> Statement:
    """The greatest value of a column of a source's table, as text."""
    return rendered("identity/newest_of_source.sql.jinja", {}, undeclared={"source_a": table}, column=column)
