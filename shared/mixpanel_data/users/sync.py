"""What all steps of a run share."""

import contextlib
from dataclasses import dataclass
from typing import Any

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
    """A run with what it works on and by; `parts` counts what it has published, `queues` are the targets that what
    changes is kept for."""

    run: runs.Run
    warehouse: Warehouse
    metrics: Metrics
    targets: tuple[Target, ...]
    options: Options
    clock: Clock
    deadline: Deadline
    parts: int = 0
    queues: tuple[str, ...] = ()

    @property
    def statements(self) -> Statements:
        """The statements that name this run's metrics."""
        return Statements(self.metrics)

    def alone(self) -> contextlib.AbstractContextManager[None]:
        """No other run changes anything meanwhile."""
        return runs.alone(self.warehouse, self.run, self.options.lease_seconds, self.deadline)

    def next_part(self) -> dict[str, Any]:
        """The parameters that record another part."""
        self.parts += 1
        return {
            "run_id": self.run.run_id,
            "part": self.parts,
            "job": self.run.job,
            "started_at": self.run.started_at,
            "finished_at": self.clock(),
        }
