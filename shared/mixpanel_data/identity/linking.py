"""New links of the sources, published part by part; and all links judged anew."""

import logging
from contextlib import closing

from mixpanel_data import runs
from mixpanel_data.identity import clustering, statements
from mixpanel_data.identity.identity_run import IdentityRun
from mixpanel_data.identity.judging import judge
from mixpanel_data.identity.reading import Plan
from mixpanel_data.identity.sources import candidates
from mixpanel_data.warehouse.base import Staging

log = logging.getLogger(__name__)

LINKS_PER_PART = 1_000_000


def link(transition: IdentityRun, plan: Plan, *, may_withdraw: int | None) -> None:
    """Read what the plan says, and publish its new links in parts of at most LINKS_PER_PART.

    The last part stores the progress of the sources: a run that dies before it reads them again, and finds the links
    of its parts. Raises DeadlineError between two parts, and ConfigError before one that would take out more than
    `may_withdraw` pairs; None: any number.
    """
    with closing(transition.staging()) as staging:
        has_pairs = bool(plan.readings) and _read(transition, staging, plan)
        before = links = 0
        if has_pairs:
            before = newest_link(transition)
            staging.materialise(statements.SEEN_LINKS)
            staging.materialise(statements.KNOWN_LINKS)
            staging.materialise(statements.NEW_LINKS, newest_link=before)
            (found,) = staging.rows(statements.COUNT_FOUND)
            links = found["fresh"]
            if found["again"]:
                _publish_times(transition, staging)
        _publish_links(transition, staging, before, links, plan, may_withdraw)


def _read(transition: IdentityRun, staging: Staging, plan: Plan) -> bool:
    """Stage the pairs of ids in the rows to read; whether there are any."""
    statement, parameters = candidates(plan.readings, transition.config, plan.days, transition.run.started_at)
    staging.materialise(statement, **parameters)
    (counted,) = staging.rows(statements.COUNT_CANDIDATES)
    transition.add({"ignored": counted["ignored"]})
    log.info("found %s pairs of ids in %s sources", f"{counted['pairs']:,}", len(plan.readings))
    return bool(counted["pairs"])


def newest_link(transition: IdentityRun) -> int:
    """The number of the newest stored link; 0 before the first."""
    (newest,) = transition.warehouse.rows(statements.NEWEST_LINK)
    return int(newest["link_no"])


def _publish_times(transition: IdentityRun, staging: Staging) -> None:
    run = transition.run
    runs.publish(run, [statements.UPDATE_SEEN], window=run.window, figures={}, staging=staging)


def _publish_links(
    transition: IdentityRun, staging: Staging, before: int, links: int, plan: Plan, may_withdraw: int | None
) -> None:
    """Publish the staged `new_links`, which are numbered from `before` + 1 on, and the plan's progress."""
    newest = before + links
    near_links = statements.NEAR_SEEN_LINKS
    while before < newest:
        transition.deadline.check(f"all links were published ({newest - before:,} are left)")
        up_to = min(newest, before + LINKS_PER_PART)
        staging.materialise(statements.PART_LINKS, after_link=before, up_to_link=up_to)
        staging.materialise(near_links, counts_partners=transition.counts_partners)
        judge(transition, staging, is_of_all=False)
        clustering.cluster(transition, staging)
        clustering.publish(transition, staging, plan if up_to == newest else None, may_withdraw=may_withdraw)
        before, near_links = up_to, statements.NEAR_LINKS
        share = 1.0 - (newest - before) / links
        log.info("published links; %s are left", f"{newest - before:,}", extra={"share": share})
    if not links and plan.progress:
        run = transition.run
        runs.publish(run, statements.STORE_PROGRESS, window=run.window, figures={}, **plan.parameters)


def judge_all(transition: IdentityRun, plan: Plan, *, may_withdraw: int | None) -> None:
    """Judge all stored links anew, and publish what changes as one part.

    Raises ConfigError if that would take out more than `may_withdraw` pairs; None: any number.
    """
    with closing(transition.staging()) as staging:
        staging.materialise(statements.NO_PART_LINKS)
        staging.materialise(statements.ALL_LINKS)
        judge(transition, staging, is_of_all=True)
        clustering.cluster(transition, staging)
        clustering.publish(transition, staging, plan, may_withdraw=may_withdraw)
