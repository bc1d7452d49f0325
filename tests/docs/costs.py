"""The tables of costs in docs/scale.md, planned as `mp cost plan` does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache

from mixpanel_data.configuration.schedules import Schedule, Schedules
from mixpanel_data.costs import REFERENCE, Choices, Plan, plan
from mixpanel_data.costs.plan import JobCost
from support.imports import ROOT

VOLUMES = {"1 M": 1e6, "100 M": 1e8, "10 G": 1e10}
USD_PER_TIB, TIB = 6.25, 2.0**40
_UNITS = (("PB", 1e15), ("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3))


def shipped() -> tuple[Schedule, ...]:
    """The schedules of config/schedules.json."""
    return Schedules.model_validate(json.loads((ROOT / "config" / "schedules.json").read_bytes())).schedules


@cache
def planned(volume: str) -> Plan:
    """The plan for the reference workload with as many events a day; users grow as they do."""
    events = VOLUMES[volume]
    factor = events / REFERENCE.events_per_day
    users, of_a_day = round(REFERENCE.users * factor), round(REFERENCE.users_per_day * factor)
    return plan(REFERENCE.but(events_per_day=events, users=users, users_per_day=of_a_day), shipped(), Choices())


def all_jobs() -> str:
    """What each job costs a day: bytes by both readings for 1 M events, and money by the costlier one."""
    jobs = list(dict.fromkeys(each.job for each in planned("1 M").jobs))
    lines = [
        "| a day | *N* = 1 M | 100 M | 10 G | USD a day |",
        "|---|---|---|---|---|",
        *(f"| `{job}` | {_spans([planned(volume).of_job(job) for volume in VOLUMES])} |" for job in jobs),
        f"| **all** | {_spans([planned(volume).jobs for volume in VOLUMES])} |",
    ]
    return "\n".join(lines)


def of_job(job: str) -> str:
    """What each kind of run of a job costs a day."""
    every = [{each.kind: each for each in planned(volume).of_job(job)} for volume in VOLUMES]
    lines = [
        "| a day | how often | statements each | *N* = 1 M | 100 M | 10 G |",
        "|---|---|---|---|---|---|",
        *(_kind(kind, [of_volume.get(kind) for of_volume in every]) for kind in every[0]),
    ]
    return "\n".join(lines)


def of_arrivals() -> str:
    """What the collector costs a day at the largest volume, if it collects arrivals only."""
    volume = list(VOLUMES)[-1]
    (arrivals,) = (each for each in shipped() if each.name == "collector-arrivals")
    lines = ["| calls | a day, at *N* = " + volume + " | USD a day |", "|---|---|---|"]
    for schedule, overlap in (("*/5 * * * *", 1), ("0 * * * *", 60)):
        choices = Choices(overlap_minutes=overlap, short_overlap_minutes=overlap)
        own = plan(planned(volume).workload, [arrivals.model_copy(update={"schedule": schedule})], choices)
        usd = _digits(own.most_bytes_per_day / TIB * USD_PER_TIB)
        overlaps = f"with overlaps of {overlap} minute{'s' if overlap > 1 else ''}"
        lines.append(f"| `{schedule}`, {overlaps} | {_span(own.least_bytes_per_day, own.most_bytes_per_day)} | {usd} |")
    return "\n".join(lines)


def savings() -> str:
    """The settings that would save most at a million events a day."""
    lines = [
        "| setting | now | instead | saves a day, at most | loses |",
        "|---|---|---|---|---|",
        *(
            f"| `{each.setting}` | `{each.now}` | `{each.instead}` | {size(each.most_bytes_per_day)} | {each.loses} |"
            for each in planned("1 M").savings()
        ),
    ]
    return "\n".join(lines)


def size(count: float) -> str:
    """Bytes with three digits."""
    unit, factor = next(((unit, factor) for unit, factor in _UNITS if count >= factor), ("B", 1.0))
    return f"{_digits(count / factor)} {unit}"


def _digits(number: float) -> str:
    return f"{float(f'{number:.3g}'):,.10g}"


def _spans(costs: Sequence[Sequence[JobCost]]) -> str:
    spans = [(sum(e.least_bytes_per_day for e in each), sum(e.most_bytes_per_day for e in each)) for each in costs]
    usd = " to ".join(_digits(span[1] / TIB * USD_PER_TIB) for span in (spans[0], spans[-1]))
    return " | ".join([*(_span(*span) for span in spans), usd])


def _span(least: float, most: float) -> str:
    return size(most) if size(least) == size(most) else f"{size(least)} to {size(most)}"


def _kind(kind: str, costs: Sequence[JobCost | None]) -> str:
    first = costs[0]
    assert first is not None
    sizes = [_span(each.least_bytes_per_day, each.most_bytes_per_day) if each else "0" for each in costs]
    cells = (kind, _digits(first.runs_per_day), _digits(first.queries_per_run), *sizes)
    return f"| {' | '.join(cells)} |"
