"""The context that all steps of a run share."""

import contextlib
from dataclasses import dataclass

from mixpanel_data import runs
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.configuration.user_metrics import UserMetrics
from mixpanel_data.users.metrics import Metrics
from mixpanel_data.users.request import Options
from mixpanel_data.users.statements import Statements
from mixpanel_data.users.targets import Target
from mixpanel_data.warehouse.base import Warehouse


@dataclass(frozen=True, slots=True)
class SyncRun:
    """One run of the user sync: its row in job_runs, and the configuration that it computes totals by."""

    run: runs.Run
    config: UserMetrics
    metrics: Metrics
    targets: tuple[Target, ...]
    options: Options
    deadline: Deadline

    @property
    def warehouse(self) -> Warehouse:
        """The run's warehouse."""
        return self.run.warehouse

    @property
    def statements(self) -> Statements:
        """The statements that name this run's metrics."""
        return Statements(self.metrics)

    def exclusive(self) -> contextlib.AbstractContextManager[bool]:
        """No other run of the job changes anything while the block runs; waits for one that does.

        Raises WarehouseBusyError at the deadline.
        """
        return runs.exclusive(self.run, self.options.lease_seconds, wait_until=self.deadline)
