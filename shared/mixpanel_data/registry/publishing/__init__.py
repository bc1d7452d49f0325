"""Judging what was observed, and publishing it: properties in batches of events, then the events themselves.

Every row is a function of the tracking plan, the observations and the events up to a day, so that any order of runs
leads to the tables of one run over everything. Rows that do not differ from the stored ones are left alone.
"""

import logging
from collections.abc import Mapping, Sequence

from mixpanel_data.registry.context.registry_run import RegistryRun
from mixpanel_data.registry.publishing import batches, judgement
from mixpanel_data.registry.publishing.batches import UnjudgedName
from mixpanel_data.registry.publishing.judgement import Judging, check_day
from mixpanel_data.registry.publishing.whole import judge_whole

__all__ = ["check_day", "publish"]

log = logging.getLogger(__name__)


def publish(registry_run: RegistryRun) -> None:
    """Judge the events whose observations changed, or all by another day or plan; adds to the figures of the run.

    Needs to be the only run at work. Raises DeadlineError between two parts: the events that are left stay marked.
    """
    judging = judgement.begin(registry_run)
    if judging is None:
        return
    names = batches.unjudged(registry_run, judging)
    _judge_all(registry_run, names, judging)
    if names or not judging.is_complete:
        registry_run.deadline.check("the events were published")
        _add(registry_run, judge_whole(registry_run, judging))


def _judge_all(registry_run: RegistryRun, names: Sequence[UnjudgedName], judging: Judging) -> None:
    """Judge these events batch by batch."""
    left = len(names)
    for batch in batches.batches(names):
        registry_run.deadline.check(f"all events were judged ({left:,} are left)")
        _add(registry_run, batches.judge_batch(registry_run, batch, judging))
        left -= len(batch)
        log.info(
            "judged the properties of %s events; %s are left",
            f"{len(batch):,}",
            f"{left:,}",
            extra={"share": 1.0 - left / len(names)},
        )


def _add(registry_run: RegistryRun, figures: Mapping[str, int]) -> None:
    """Add a part's figures to those of the run."""
    for name, value in figures.items():
        registry_run.run.figures[name] = registry_run.run.figures.get(name, 0) + value
