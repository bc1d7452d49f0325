"""The status of links, and the region of stored links that new ones or decisions put in question."""

from collections.abc import Sequence

from mixpanel_data.identity import statements
from mixpanel_data.identity.identity_run import IdentityRun
from mixpanel_data.warehouse.base import Staging
from mixpanel_data.warehouse.statements import Statement


def judge(transition: IdentityRun, staging: Staging, *, is_of_all: bool, decided: Sequence[str] = ()) -> None:
    """Judge the staged `part_links`, and the stored links that they put in question, by all rules but the size limit.

    `decided` are decisions that the part stores, as JSON objects. `near_links` has to hold the stored links of all ids
    of the part, or with `is_of_all` all stored links. Stages `judged_links` (links with their status), `region_ids`
    (ids whose clusters are judged anew), `near_members` and `part_ids`.
    """
    _find_hubs(transition, staging, statements.HUBS)
    staging.materialise(statements.SPLIT_PAIRS, decided=list(decided))
    if is_of_all:
        staging.materialise(statements.REGION_OF_ALL)
        staging.materialise(statements.LINKS_TO_JUDGE)
    else:
        _find_region(transition, staging)
    staging.materialise(
        statements.JUDGED_LINKS, elects=transition.config.elects, is_of_all=is_of_all, **transition.limits
    )
    staging.materialise(statements.NEAR_MEMBERS)
    staging.materialise(statements.PART_IDS)


def _find_region(transition: IdentityRun, staging: Staging) -> None:
    """Stage `region_ids`, as far as reopened links lead, `links_to_judge`, and `hubs` with those of the region."""
    staging.materialise(statements.REOPENED, **transition.limits)
    if not _count(staging, statements.COUNT_REOPENED, "links"):
        staging.materialise(statements.NO_REGION)
        staging.materialise(statements.LINKS_OF_PART)
        return
    staging.materialise(statements.REGION_OF_REOPENED)
    while True:
        staging.materialise(statements.TIED_IDS)
        if not _count(staging, statements.COUNT_TIED_IDS, "ids"):
            break
        staging.materialise(statements.WIDER_REGION)
        staging.materialise(statements.WIDENED_REGION)
    staging.materialise(statements.LINKS_TO_JUDGE)
    _find_hubs(transition, staging, statements.HUBS_OF_REGION)


def _find_hubs(transition: IdentityRun, staging: Staging, hubs: Statement) -> None:
    """Stage `hubs`; counting partners is dear, so it is left out where no kind of id has a limit."""
    if transition.counts_partners:
        staging.materialise(hubs, least_limit=min(transition.limits.values()))
    else:
        staging.materialise(statements.NO_HUBS)


def _count(staging: Staging, statement: Statement, column: str) -> int:
    (row,) = staging.rows(statement)
    return int(row[column])
