"""The context that all steps of a run share."""

import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime, time

from mixpanel_data import runs
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.configuration.tracking_plan import TrackingPlan
from mixpanel_data.registry.context.request import Options, Request
from mixpanel_data.warehouse.base import Warehouse


@dataclass(frozen=True, slots=True)
class RegistryRun:
    """One run of the registry: its row in job_runs, what it was asked, and the tracking plan, None without one."""

    run: runs.Run
    request: Request
    plan: TrackingPlan | None
    options: Options
    deadline: Deadline

    @property
    def warehouse(self) -> Warehouse:
        """The run's warehouse."""
        return self.run.warehouse

    @property
    def midnight(self) -> datetime:
        """The start of the day on which the run started, UTC."""
        return datetime.combine(self.run.started_at.astimezone(UTC).date(), time(), UTC)

    @property
    def plan_version(self) -> str:
        """The version of the tracking plan; '' without one."""
        return self.plan.version if self.plan else ""

    def exclusive(self) -> contextlib.AbstractContextManager[bool]:
        """No other run of the job changes anything while the block runs; waits for one that is at work.

        Raises WarehouseBusyError at the deadline.
        """
        return runs.exclusive(self.run, self.options.lease_seconds, wait_until=self.deadline)
