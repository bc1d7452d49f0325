"""The context that all steps of a run share."""

import contextlib
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mixpanel_data import runs
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.configuration.identity import IdentityConfig, Kind
from mixpanel_data.identity.request import Options
from mixpanel_data.warehouse.base import Staging, Warehouse

NO_LIMIT = 2**62
"""Stands for no limit in a parameter."""


@dataclass(frozen=True, slots=True)
class IdentityRun:
    """One run of the identity transition: its row in job_runs, and the configuration that it judges links by."""

    run: runs.Run
    config: IdentityConfig
    options: Options
    deadline: Deadline
    _stagings: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def warehouse(self) -> Warehouse:
        """The run's warehouse."""
        return self.run.warehouse

    @property
    def limits(self) -> dict[str, int]:
        """The most partners of an id, by kind, as parameters of statements."""
        limits = {kind: self.config.partners_of(kind) for kind in Kind}
        return {f"{kind}_limit": NO_LIMIT if limit is None else limit for kind, limit in limits.items()}

    @property
    def counts_partners(self) -> bool:
        """Whether an id of any kind can have too many partners."""
        return min(self.limits.values()) < NO_LIMIT

    @property
    def largest(self) -> int:
        """The most ids of a cluster, as a parameter of statements."""
        return NO_LIMIT if self.config.max_cluster_size is None else self.config.max_cluster_size

    def staging(self) -> Staging:
        """A place to stage data, under a number that no other one of this run has, whether or not it was published."""
        return self.warehouse.staging(self.run.run_id, next(self._stagings))

    def exclusive(self) -> contextlib.AbstractContextManager[bool]:
        """No other run of the job changes anything while the block runs; waits for one that does.

        Raises WarehouseBusyError at the deadline.
        """
        return runs.exclusive(self.run, self.options.lease_seconds, wait_until=self.deadline)

    def add(self, figures: Mapping[str, int]) -> None:
        """Add a part's figures to those of the run."""
        for name, value in figures.items():
            self.run.figures[name] = self.run.figures.get(name, 0) + value
