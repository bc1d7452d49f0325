"""A dataset for the tests of runs, and runs over it."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from mixpanel_data import runs
from mixpanel_data.base.window import Window
from mixpanel_data.warehouse.base import OpenWarehouse

NOON = datetime(2040, 3, 2, 12, tzinfo=UTC)
DAY = Window(NOON - timedelta(days=1), NOON)

NewRun = Callable[..., runs.Run]


@pytest.fixture
def new_run(warehouse: OpenWarehouse) -> NewRun:
    """Makes runs that start at noon, each under an id of its own."""
    numbers = itertools.count(1)

    def make(
        of: OpenWarehouse = warehouse, *, job: str = "collector", at: datetime = NOON, **fields: object
    ) -> runs.Run:
        run_id = f"run{next(numbers)}-{uuid.uuid4().hex}"
        return runs.Run(run_id, job, at, DAY, of, lambda: at + timedelta(minutes=1), **fields)  # type: ignore[arg-type]

    return make
