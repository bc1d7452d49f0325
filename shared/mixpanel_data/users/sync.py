"""What all steps of a run share."""

import contextlib
from dataclasses import dataclass

from mixpanel_data import runs
from mixpanel_data.base.clock import Clock
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.users.metrics import Metrics
from mixpanel_data.users.request import Options
from mixpanel_data.users.statements import Statements
from mixpanel_data.users.targets import Target
from mixpanel_data.warehouse.base import Warehouse


@dataclass(slots=True)
class Sync:
    """A run with what it works on and by; `queues` are the targets that what
    changes is kept for."""

    run: runs.Run
    warehouse: Warehouse
    metrics: Metrics
    targets: tuple[Target, ...]
    options: Options
    clock: Clock
    deadline: Deadline
    queues: tuple[str, ...] = ()

    @property
    def statements(self) -> Statements:
        """The statements that name this run's metrics."""
        return Statements(self.metrics)

    def alone(self) -> contextlib.AbstractContextManager[bool]:
        """No other run changes anything meanwhile."""
        return runs.exclusive(self.run, self.options.lease_seconds, wait_until=self.deadline)
