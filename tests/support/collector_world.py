"""A world to run the collector in: a stand-in Mixpanel, a dataset and a clock."""

import contextlib
import itertools
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any

from mixpanel_data import collect as collector
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.mixpanel import Credentials, Mixpanel, MixpanelCall, Region
from mixpanel_data.configuration.events import EventsConfig
from mixpanel_data.warehouse.base import Warehouse
from mixpanel_data_standins.mixpanel import Behaviour, Quotas, StandInMixpanel
from support.collected_tables import CollectedTables, tables_of
from support.engines import Engine, opened
from support.events_configs import ALL_EVENTS
from support.export_lines import NOW
from support.settable_clock import SettableClock


class CollectorWorld:
    """A context manager that serves `mixpanel`; each run has a warehouse of `engine` of its own."""

    def __init__(
        self,
        engine: Engine,
        lines: Iterable[bytes] = (),
        *,
        now: datetime = NOW,
        behaviour: Behaviour | None = None,
        quotas: Quotas | None = None,
        resolve: dict[str, str] | None = None,
    ) -> None:
        self.engine = engine
        self.clock = SettableClock(now)
        self.behaviour = behaviour or Behaviour()
        self.mixpanel = StandInMixpanel(
            list(lines), now=self.clock, behaviour=self.behaviour, quotas=quotas, resolve=resolve or {}
        )
        self._numbers = itertools.count(1)

    def __enter__(self) -> "CollectorWorld":
        self.mixpanel.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.mixpanel.__exit__(kind, error, trace)

    @property
    def calls(self) -> list[tuple[str, str]]:
        """The first and the last day of every export call so far."""
        return [(call.parameters["from_date"], call.parameters["to_date"]) for call in self.mixpanel.calls]

    def collect(
        self,
        start: str | None = None,
        end: str | None = None,
        *,
        warehouse: Warehouse | None = None,
        deadline: Deadline | None = None,
        config: EventsConfig = ALL_EVENTS,
        run_id: str | None = None,
        request: Mapping[str, object] | None = None,
        **options: Any,
    ) -> collector.Result:
        """Run the collector over [start, end), or over arrivals without a window; by default in a new warehouse."""
        asked = {**({"from": start, "to": end} if start else {}), **(request or {})}

        with contextlib.nullcontext(warehouse) if warehouse else opened(self.engine, deadline) as collected:
            return collector.run(
                collector.Request.model_validate(asked),
                run_id=run_id or self._new_run_id(),
                mixpanel=self.client(deadline),
                warehouse=collected,
                events=config,
                options=self.options(**options),
                clock=self.clock,
            )

    def client(self, deadline: Deadline | None = None) -> MixpanelCall:
        """A client of the stand-in, for one call."""
        access = self.mixpanel.access
        client = Mixpanel(
            credentials=Credentials(Secret(access.secret), access.username, access.project_id),
            region=Region.US,
            base_url=self.mixpanel.url,
        )
        return client.within(deadline or Deadline())

    def options(self, **changed: Any) -> collector.Options:
        """The defaults of the settings, in the project's zone, with some changed."""
        usual = collector.Options(
            zone=self.mixpanel.behaviour.zone,
            lookback_days=90,
            overlap=timedelta(hours=1),
            retention_days=730,
            calls_per_hour=None,
        )
        return replace(usual, **changed)

    def tables(self) -> CollectedTables:
        """The tables as they are now."""
        with opened(self.engine) as warehouse:
            return tables_of(warehouse)

    def pass_time(self, **span: float) -> None:
        """Set the clock forward."""
        self.clock.advance(**span)

    def _new_run_id(self) -> str:
        # An emulator holds the jobs of other worlds too, and takes no id twice.
        return f"run{next(self._numbers)}-{uuid.uuid4().hex}"


def adds_up(result: collector.Result) -> bool:
    """Whether the result accounts for every received line once."""
    parts = result.inserted + result.updated + result.duplicates + result.rejected + result.filtered
    return result.received == parts
