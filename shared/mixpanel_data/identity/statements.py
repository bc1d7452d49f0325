"""The SQL of the identity transition, with the types of its parameters.

The folders follow the steps of a run: `reading` finds new links in the sources, `judging` gives links their status,
`clustering` finds what changes in the graph, and `publishing` writes that to the tables.
"""

from collections.abc import Mapping

from mixpanel_data.warehouse.statements import Statement, rendered, statement

_LIMITS = {"device_limit": "INT64", "user_limit": "INT64", "other_limit": "INT64"}

PROGRESS = statement("identity/reading/progress.sql")
STATE = rendered(
    "identity/reading/state.sql.jinja",
    {
        "job": "STRING",
        "since": "TIMESTAMP",
        "event_sources": "ARRAY<STRING>",
        "yesterday_starts": "TIMESTAMP",
        "tomorrow_starts": "TIMESTAMP",
    },
)
ARRIVALS = statement("identity/reading/arrivals.sql", since="TIMESTAMP")
CHANGED_DAYS = statement(
    "identity/reading/changed_days.sql",
    since="TIMESTAMP",
    names="ARRAY<STRING>",
    is_of_all="BOOL",
    recent_day="DATE",
    handled_seq="INT64",
    older_handled_seq="INT64",
)
COUNT_CANDIDATES = statement("identity/reading/count_candidates.sql")
NEWEST_LINK = statement("identity/reading/newest_link.sql")
SEEN_LINKS = statement("identity/reading/seen_links.sql", creates="seen_links")
KNOWN_LINKS = statement("identity/reading/known_links.sql", creates="known_links")
NEW_LINKS = statement("identity/reading/new_links.sql", creates="new_links", newest_link="INT64")
COUNT_FOUND = statement("identity/reading/count_found.sql")

PART_LINKS = statement("identity/judging/part_links.sql", creates="part_links", after_link="INT64", up_to_link="INT64")
NO_PART_LINKS = statement("identity/judging/no_part_links.sql", creates="part_links")
NEAR_LINKS, NEAR_SEEN_LINKS = (
    rendered("identity/judging/near_links.sql.jinja", {"counts_partners": "BOOL"}, creates="near_links", links=links)
    for links in ("identity_links", "seen_links")
)
"""The stored links of the part's ids: of all of them, or of those that are staged, before a part adds some."""
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
NEAR_MEMBERS = statement("identity/judging/near_members.sql", creates="near_members")
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
FRESH_GRAPH = statement("identity/clustering/fresh_graph.sql", creates="fresh_graph")
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

TOTALS = statement("identity/totals.sql")

UPDATE_SEEN = statement("identity/reading/update_seen.sql")
STORE_PROGRESS: tuple[Statement, ...] = (
    statement("identity/reading/delete_progress.sql", read_sources="ARRAY<STRING>"),
    statement("identity/reading/insert_progress.sql", progress="ARRAY<STRING>", finished_at="TIMESTAMP"),
)
"""Store how far the sources were read."""

_PUBLISHING: tuple[tuple[str, Statement], ...] = (
    ("links", statement("identity/publishing/insert_links.sql")),
    ("statuses", statement("identity/publishing/update_statuses.sql")),
    ("closed_members", statement("identity/publishing/close_members.sql", finished_at="TIMESTAMP")),
    ("begun_members", statement("identity/publishing/insert_members.sql", finished_at="TIMESTAMP")),
    ("stored_clusters", statement("identity/publishing/delete_graph.sql")),
    ("fresh_clusters", statement("identity/publishing/insert_graph.sql")),
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
    return [each for name, each in _PUBLISHING if changes[name]]


def newest_of(table: str, column: str) -> Statement:
    """The greatest value of a column of a source's table, as text."""
    return rendered("identity/reading/newest_of_source.sql.jinja", {}, undeclared={"source_a": table}, column=column)
