"""Which settings would save most: each change is planned as a plan of its own."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mixpanel_data.configuration.schedules import Schedule
from mixpanel_data.costs.frequencies import COLLECTOR, DETECTOR, IDENTITY, REGISTRY, USERS, runs_per_day
from mixpanel_data.costs.plan import Plan, plan

_LESS_OFTEN = {
    "*/5 * * * *": "*/15 * * * *",
    "*/10 * * * *": "*/30 * * * *",
    "*/15 * * * *": "0 * * * *",
    "*/30 * * * *": "0 * * * *",
}
"""The next rarer schedule of one that calls several times an hour."""
_HOURS_BETWEEN = 6
_CALLS_OF_HOURLY = 24.0
_SHORTER_OVERLAP, _LONGER_REREAD = 15, 90
_RARER_READING, _RAREST_READING = 2, 24
_LATER: Mapping[str, str] = {
    COLLECTOR: "events arrive",
    DETECTOR: "alerts come",
    IDENTITY: "links are found",
    REGISTRY: "changes of events and properties are found",
    USERS: "totals are brought up to date",
}


@dataclass(frozen=True, slots=True)
class Saving:
    """A setting, the value that would save, what that would lose, and the bytes saved a day, by both readings."""

    setting: str
    now: str
    instead: str
    loses: str
    least_bytes_per_day: float
    most_bytes_per_day: float


def savings(planned: Plan, most: int = 3) -> tuple[Saving, ...]:
    """The changes of one setting each that would save most by the costlier reading, the greatest first."""
    found = [each for each in _all(planned) if each.most_bytes_per_day > 0]
    return tuple(sorted(found, key=lambda each: (-each.most_bytes_per_day, each.setting)))[:most]


def _all(planned: Plan) -> Iterator[Saving]:
    yield from _of_overlap(planned)
    yield from _of_slices(planned)
    hours = planned.choices.registry_interval_hours
    yield from _of_interval(planned, "registry_interval_hours", hours, REGISTRY)
    hours = planned.choices.identity_interval_hours
    yield from _of_interval(planned, "identity_interval_hours", hours, IDENTITY)
    for schedule in planned.schedules:
        yield from _of_schedule(planned, schedule)


def _of_overlap(planned: Plan) -> Iterator[Saving]:
    minutes = planned.choices.overlap_minutes
    if minutes > _SHORTER_OVERLAP:
        other = planned.choices.but(
            overlap_minutes=_SHORTER_OVERLAP,
            short_overlap_minutes=min(planned.choices.short_overlap_minutes, _SHORTER_OVERLAP),
        )
        instead = plan(planned.workload, planned.schedules, other)
        loses = "events that Mixpanel shows later than that come with the nightly reads"
        yield _saving(planned, instead, "COLLECTOR_OVERLAP_MINUTES", str(minutes), str(_SHORTER_OVERLAP), loses)


def _of_slices(planned: Plan) -> Iterator[Saving]:
    days = planned.choices.reread_days
    if 0 < days < _LONGER_REREAD:
        instead = plan(planned.workload, planned.schedules, planned.choices.but(reread_days=_LONGER_REREAD))
        loses = f"changes of events older than a week are found within {_LONGER_REREAD} days"
        yield _saving(planned, instead, "COLLECTOR_REREAD_DAYS", str(days), str(_LONGER_REREAD), loses)


def _of_interval(planned: Plan, name: str, hours: int, job: str) -> Iterator[Saving]:
    rarer = min(hours * _RARER_READING, _RAREST_READING)
    if rarer > hours:
        instead = plan(planned.workload, planned.schedules, planned.choices.but(**{name: rarer}))
        yield _saving(planned, instead, name.upper(), str(hours), str(rarer), f"{_LATER[job]} up to {rarer} hours late")


def _of_schedule(planned: Plan, schedule: Schedule) -> Iterator[Saving]:
    rarer = _rarer(schedule)
    if rarer is not None:
        others = tuple(rarer if each is schedule else each for each in planned.schedules)
        instead = plan(planned.workload, others, planned.choices)
        hours = 24.0 / max(runs_per_day(rarer), 1.0)
        after = f"{hours:g} hours" if hours > 1 else f"{round(hours * 60)} minutes"
        loses = f"{_LATER.get(schedule.function, 'its work is done')} up to {after} late"
        yield _saving(planned, instead, f"schedule {schedule.name}", schedule.schedule, rarer.schedule, loses)


def _rarer(schedule: Schedule) -> Schedule | None:
    cron = _LESS_OFTEN.get(schedule.schedule)
    if cron is None and runs_per_day(schedule) == _CALLS_OF_HOURLY:
        cron = f"{schedule.schedule.split()[0]} */{_HOURS_BETWEEN} * * *"
    return None if cron is None else schedule.model_copy(update={"schedule": cron})


def _saving(planned: Plan, instead: Plan, setting: str, now: str, value: str, loses: str) -> Saving:
    return Saving(
        setting,
        now,
        value,
        loses,
        planned.least_bytes_per_day - instead.least_bytes_per_day,
        planned.most_bytes_per_day - instead.most_bytes_per_day,
    )
