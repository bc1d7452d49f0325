"""The SQL of the identity transition, with the types of its parameters.

The folders follow the steps of a run: `reading` finds new links in the sources, `judging` gives links their status,
`clustering` finds what changes in the graph, and `publishing` writes that to the tables.
"""

from collections.abc import Mapping

from mixpanel_data.warehouse.statements import Statement, rendered, statement

_LIMITS = {"device_limit": "INT64", "user_limit": "INT64", "other_limit": "INT64"}

PROGRESS = statement("identity/reading/progress.sql")
NEWEST_ARRIVAL = statement("identity/reading/newest_arrival.sql")
CHANGED_DAYS = statement(
    "identity/reading/changed_days.sql", recent_day="DATE", handled_seq="INT64", older_handled_seq="INT64"
)
COUNT_CANDIDATES = statement("identity/reading/count_candidates.sql")
NEWEST_LINK = statement("identity/reading/newest_link.sql")
KNOWN_LINKS = statement("identity/reading/known_links.sql", creates="known_links")
NEW_LINKS = statement("identity/reading/new_links.sql", creates="new_links", newest_link="INT64")
COUNT_NEW_LINKS = statement("identity/reading/count_new_links.sql")
COUNT_SEEN_AGAIN = statement("identity/reading/count_seen_again.sql")

PART_LINKS = statement("identity/judging/part_links.sql", creates="part_links", after_link="INT64", up_to_link="INT64")
NO_PART_LINKS = statement("identity/judging/no_part_links.sql", creates="part_links")
NEAR_LINKS = statement("identity/judging/near_links.sql", creates="near_links", counts_partners="BOOL")
LINKS_OF_IDS = statement("identity/judging/links_of_ids.sql", creates="near_links", ids="ARRAY<STRING>")
ALL_LINKS = statement("identity/judging/all_links.sql", creates="near_links")
HUBS, HUBS_OF_REGION = (
    rendered("identity/judging/hubs.sql.jinja", {"least_limit": "INT64"}, creates="hubs", links=links)
    for links in ("part_links", "links_to_judge")
)
"""Those of the part, and again with the links of the region, whose hubs conflicts name too."""
NO_HUBS = statement("identity/judging/no_hubs.sql", creates="hubs")
SPLIT_PAIRS = statement("identity/judging/split_pairs.sql", creates="split_pairs", decided="ARRAY<STRING>")
REOPENED = statement("identity/judging/reopened.sql", creates="reopened", **_LIMITS)
COUNT_REOPENED = statement("identity/judging/count_reopened.sql")
REGION_OF_ALL = statement("identity/judging/region_of_all.sql", creates="region_ids")
NO_REGION = statement("identity/judging/no_region.sql", creates="region_ids")
REGION_OF_REOPENED = statement("identity/judging/region_of_reopened.sql", creates="region_ids")
TIED_IDS = statement("identity/judging/tied_ids.sql", creates="tied_ids")
COUNT_TIED_IDS = statement("identity/judging/count_tied_ids.sql")
WIDER_REGION = statement("identity/judging/wider_region.sql", creates="wider_region")
WIDENED_REGION = statement("identity/judging/widened_region.sql", creates="region_ids")
LINKS_OF_PART = statement("identity/judging/links_of_part.sql", creates="links_to_judge")
LINKS_TO_JUDGE = statement("identity/judging/links_to_judge.sql", creates="links_to_judge")
JUDGED_LINKS = statement(
    "identity/judging/judged_links.sql", creates="judged_links", elects="BOOL", is_of_all="BOOL", **_LIMITS
)
PART_IDS = statement("identity/judging/part_ids.sql", creates="part_ids")

LINK_ENDS = statement("identity/clustering/link_ends.sql", creates="link_ends")
EDGES = statement("identity/clustering/edges.sql", creates="edges")
COUNT_EDGES = statement("identity/clustering/count_edges.sql")
EDGES_IN_ORDER = statement("identity/clustering/edges_in_order.sql")
SIZES = statement("identity/clustering/sizes.sql")
GIVEN_MERGES = statement("identity/clustering/given_merges.sql", creates="merges", merged="ARRAY<STRING>")
GIVEN_FOREST = statement("identity/clustering/given_forest.sql", creates="forest", joining="ARRAY<STRING>")
GIVEN_OVERSIZED = statement("identity/clustering/given_oversized.sql", creates="oversized", too_large="ARRAY<STRING>")
SETTLED = statement("identity/clustering/settled.sql", creates="settled")
MEMBER_CHANGES = statement("identity/clustering/member_changes.sql", creates="member_changes")
AFFECTED_CLUSTERS = statement("identity/clustering/affected_clusters.sql", creates="affected_clusters")
AFFECTED_GRAPH = statement("identity/clustering/affected_graph.sql", creates="affected_graph")
PAIR_CHANGES = statement("identity/clustering/pair_changes.sql", creates="pair_changes")
ASSOCIATION_CHANGES = statement("identity/clustering/association_changes.sql", creates="association_changes")
CONFLICT_CHANGES = statement(
    "identity/clustering/conflict_changes.sql",
    creates="conflict_changes",
    elects="BOOL",
    largest="INT64",
    **_LIMITS,
)
COUNT_CHANGES = statement("identity/clustering/count_changes.sql")

COUNT_PART = statement("identity/publishing/count_part.sql", creates="part_figures")
TOTALS = statement("identity/totals.sql")

UPDATE_SEEN = statement("identity/reading/update_seen.sql")
STORE_PROGRESS: tuple[Statement, ...] = (
    statement("identity/reading/delete_progress.sql", read_sources="ARRAY<STRING>"),
    statement("identity/reading/insert_progress.sql", progress="ARRAY<STRING>", finished_at="TIMESTAMP"),
)
"""Store how far the sources were read."""

_FRESH_GRAPH = statement("identity/publishing/fresh_graph.sql", creates="fresh_graph")
_LINKS_AND_MEMBERS: tuple[tuple[str, Statement], ...] = (
    ("links", statement("identity/publishing/insert_links.sql")),
    ("statuses", statement("identity/publishing/update_statuses.sql")),
    ("closed_members", statement("identity/publishing/close_members.sql", finished_at="TIMESTAMP")),
    ("begun_members", statement("identity/publishing/insert_members.sql", finished_at="TIMESTAMP")),
)
_WHAT_FOLLOWS: tuple[tuple[str, Statement], ...] = (
    ("stored_clusters", statement("identity/publishing/delete_graph.sql")),
    ("clusters", statement("identity/publishing/insert_graph.sql")),
    ("gone_pairs", statement("identity/publishing/delete_pairs.sql")),
    ("joined_pairs", statement("identity/publishing/insert_pairs.sql", finished_at="TIMESTAMP")),
    ("gone_associations", statement("identity/publishing/delete_associations.sql")),
    ("made_associations", statement("identity/publishing/insert_associations.sql", finished_at="TIMESTAMP")),
    ("closed_conflicts", statement("identity/publishing/close_conflicts.sql", finished_at="TIMESTAMP")),
    ("updated_conflicts", statement("identity/publishing/update_conflicts.sql")),
    ("opened_conflicts", statement("identity/publishing/insert_conflicts.sql", finished_at="TIMESTAMP")),
)


def publishing(changes: Mapping[str, int]) -> list[Statement]:
    """The statements that publish a part: links, members, graph, pairs, associations and conflicts.

    `changes` is what COUNT_CHANGES counts; a statement that would change nothing is left out.
    """
    members, rest = ([each for name, each in part if changes[name]] for part in (_LINKS_AND_MEMBERS, _WHAT_FOLLOWS))
    return [*members, _FRESH_GRAPH, *rest]


def newest_of(table: str, column: str) -> Statement:
    """The greatest value of a column of a source's table, as text."""
    return rendered("identity/reading/newest_of_source.sql.jinja", {}, undeclared={"source_a": table}, column=column)
