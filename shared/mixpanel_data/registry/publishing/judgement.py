"""What the registry is judged by: a day, and the tracking plan. Either may change, and then all events are judged."""

import logging
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from mixpanel_data import runs
from mixpanel_data.base.errors import RequestError
from mixpanel_data.registry.context.registry_run import RegistryRun
from mixpanel_data.registry.context.request import Request
from mixpanel_data.registry.judging.event_days import EventDays, event_days
from mixpanel_data.registry.publishing.planned import PlanNotes
from mixpanel_data.registry.publishing.statements import BEGIN_JUDGEMENT, JUDGED

log = logging.getLogger(__name__)

ALL_DAYS = date.min
"""Marks an event as if all of its observations had changed."""
NO_DAY = date.max
"""Marks an event to be judged although none of its observations changed."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Observations count up to the day `at`, UTC; `plan` is the version of the tracking plan, '' without one.

    Of the plan, evidence depends on the `version_properties` alone.
    """

    at: date
    plan: str
    version_properties: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judging:
    """What a run judges by, and the days of all events, which it reads once.

    `is_complete`: whether no judgement by it is missing, apart from those of the names that are marked.
    """

    judgement: Judgement
    is_complete: bool
    days: EventDays

    @property
    def at(self) -> date:
        """The day up to which observations count, UTC."""
        return self.judgement.at


@dataclass(frozen=True, slots=True)
class _Judged:
    """What the stored rows were judged by, whether none is missing, and when the run started that first judged so."""

    judgement: Judgement
    is_complete: bool
    judged_at: datetime


def check_day(request: Request, today: date) -> None:
    """Raise RequestError if the request asks for a day after today, UTC."""
    if request.at is not None and request.at > today:
        raise RequestError(f"at ({request.at}) is after today ({today}, UTC): give today or an earlier day")


def begin(registry_run: RegistryRun) -> Judging | None:
    """What this run judges by, stored; None where nothing was ever observed.

    If it differs from what the stored rows were judged by, or the request is `full`, all events are marked. Needs to
    be the only run at work.
    """
    before = _judged(registry_run)
    days = event_days(registry_run.warehouse)
    newest = days.newest(_today(registry_run))
    if newest is None and before is None:
        return None
    plan, is_full = registry_run.plan, registry_run.request.full
    judgement = Judgement(
        registry_run.request.at or newest or _today(registry_run),
        registry_run.plan_version,
        PlanNotes(plan).version_properties,
    )
    is_same = before is not None and before.judgement == judgement
    if before is None or not is_same:
        mark_day = ALL_DAYS if is_full else _mark_day(before, judgement)
        _store(registry_run, judgement, mark_day, registry_run.run.started_at)
    elif is_full:
        _store(registry_run, judgement, ALL_DAYS, before.judged_at)
    return Judging(judgement, before is not None and is_same and not is_full and before.is_complete, days)


def _judged(registry_run: RegistryRun) -> _Judged | None:
    """What the stored rows were judged by; None before the first judgement."""
    rows = registry_run.warehouse.rows(JUDGED)
    if not rows:
        return None
    (row,) = rows
    judgement = Judgement(row["as_of"], row["plan"], tuple(row["version_properties"]))
    return _Judged(judgement, row["is_complete"], row["judged_at"])


def _today(registry_run: RegistryRun) -> date:
    return registry_run.run.started_at.astimezone(UTC).date()


def _mark_day(before: _Judged | None, judgement: Judgement) -> date:
    """The day whose observations count as changed: by another day, the first one that counts now or counts no more."""
    if before is None or before.judgement.version_properties != judgement.version_properties:
        return ALL_DAYS
    if before.judgement.at == judgement.at:
        return NO_DAY
    return min(before.judgement.at, judgement.at) + timedelta(days=1)


def _store(registry_run: RegistryRun, judgement: Judgement, mark_day: date, judged_at: datetime) -> None:
    runs.publish(
        registry_run.run,
        BEGIN_JUDGEMENT,
        window=registry_run.run.window,
        figures={"at": judgement.at.isoformat()},
        at=judgement.at,
        plan=judgement.plan,
        version_properties=list(judgement.version_properties),
        mark_day=mark_day,
        judged_at=judged_at,
    )
    log.info("judging all events as of %s", judgement.at)
