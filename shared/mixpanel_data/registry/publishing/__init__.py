"""Judging what was observed, and publishing it: properties in batches of events, then the events themselves.

Every row is a function of the tracking plan, the observations and the events up to a day, so that any order of runs
leads to the tables of one run over everything. Rows that do not differ from the stored ones are left alone.
"""

import logging
from collections.abc import Mapping, Sequence

from mixpanel_data.registry.context.registry_run import RegistryRun
from mixpanel_data.registry.publishing import batches, judgement
from mixpanel_data.registry.publishing.batches import UnjudgedName
from mixpanel_data.registry.publishing.judgement import Judged, Judgement, check_day
from mixpanel_data.registry.publishing.whole import judge_whole

__all__ = ["check_day", "publish"]

log = logging.getLogger(__name__)


def publish(registry_run: RegistryRun) -> None:
    """Judge the events whose observations changed, or all by another day or plan; adds to the figures of the run.

    Raises DeadlineError between two parts: the events that are left stay marked. If another run judges by another day
    or plan meanwhile, the rest is left to that run.
    """
    with registry_run.exclusive():
        judging_by = judgement.begin(registry_run)
    while judging_by is not None:
        names = batches.unjudged(registry_run)
        if not _judge_all(registry_run, names, judging_by):
            return
        with registry_run.exclusive():
            stored = _judges_by(registry_run, judging_by)
            # Another run may have observed something since.
            if stored and batches.unjudged(registry_run):
                continue
            if stored and (names or not stored.is_complete):
                registry_run.deadline.check("the events were published")
                _add(registry_run, judge_whole(registry_run, judging_by))
            return


def _judge_all(registry_run: RegistryRun, names: Sequence[UnjudgedName], judging_by: Judgement) -> bool:
    """Judge these events batch by batch; False if the rest is left to another run."""
    left = len(names)
    for batch in batches.batches(names):
        with registry_run.exclusive():
            if not _judges_by(registry_run, judging_by):
                return False
            registry_run.deadline.check(f"all events were judged ({left:,} are left)")
            _add(registry_run, batches.judge_batch(registry_run, batch, judging_by))
        left -= len(batch)
        log.info(
            "judged the properties of %s events; %s are left",
            f"{len(batch):,}",
            f"{left:,}",
            extra={"share": 1.0 - left / len(names)},
        )
    return True


def _add(registry_run: RegistryRun, figures: Mapping[str, int]) -> None:
    """Add a part's figures to those of the run."""
    for name, value in figures.items():
        registry_run.run.figures[name] = registry_run.run.figures.get(name, 0) + value


def _judges_by(registry_run: RegistryRun, judging_by: Judgement) -> Judged | None:
    """What is stored of the judgement; None if another run judges by another day or plan meanwhile."""
    stored = judgement.judged(registry_run)
    if stored is None or stored.judgement != judging_by:
        log.warning("another run judges by another day or plan: the rest is left to that one")
        return None
    return stored
