"""What a run has to observe, a part at a time."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile

from mixpanel_data.registry.context.registry_run import RegistryRun
from mixpanel_data.registry.context.units import SAMPLE, Unit, Units
from mixpanel_data.registry.observing.statements import COUNT_PENDING, PENDING_UNITS, SIZES

WIDEST = 255.0
"""Properties of an event, at most: Mixpanel accepts no more."""

# A part has at least one unit, and otherwise no more than fits into all of these.
_MOST_UNITS = 2_000
_MOST_EVENTS = 1_000_000
# Properties of sampled events, whose values are counted one by one: 400 MB hold more than twice as many.
_MOST_MEMBERS = 1_500_000
# Properties of all units, each of which is a row or more: likewise.
_MOST_PROPERTIES = 300_000
# Events on the days from the first unit to the last: BigQuery reads them all, however few of them are of the units.
_MOST_READ = 4_000_000


def next_part(registry_run: RegistryRun, width: float) -> Units | None:
    """The first units that are due, as many as one part takes; None where none is.

    `width` is how many properties their events have, as far as is known.
    """
    midnight = datetime.combine(registry_run.run.started_at.astimezone(UTC).date(), time(), UTC)
    rows = registry_run.warehouse.rows(
        PENDING_UNITS,
        job=registry_run.run.job,
        midnight=midnight,
        yesterday=midnight.date() - timedelta(days=1),
        most=min(_MOST_UNITS, int(_MOST_PROPERTIES / width) + 1),
    )
    due = [(row["day"], row["event_name"]) for row in rows]
    return _fitting(registry_run, due, width) if due else None


def pending(registry_run: RegistryRun) -> int:
    """The number of units that are marked: those of older days wait for the first run after midnight, UTC."""
    (row,) = registry_run.warehouse.rows(COUNT_PENDING)
    return int(row["units"])


def _fitting(registry_run: RegistryRun, due: Sequence[tuple[date, str]], width: float) -> Units:
    bounds = Units((Unit(*due[0], 0), Unit(*due[-1], 0)))
    rows = registry_run.warehouse.rows(SIZES, from_time=bounds.from_time, to_time=bounds.to_time)
    sizes = {(row["day"], row["event_name"]): int(row["events"]) for row in rows}
    read_until = {row["day"]: int(row["read_until"]) for row in rows}
    units = [Unit(*pair, sizes.get(pair, 0)) for pair in due]
    fitting = sum(takewhile(bool, _fits(units, read_until, width)))
    return Units(tuple(units[: max(1, fitting)]))


def _fits(units: Sequence[Unit], read_until: Mapping[date, int], width: float) -> Iterator[bool]:
    """For each unit, whether a part that ends with it is small enough."""
    events = sampled = 0
    for unit in units:
        events += unit.events
        sampled += min(unit.events, SAMPLE)
        is_read = unit.day == units[0].day or read_until.get(unit.day, 0) <= _MOST_READ
        yield events <= _MOST_EVENTS and sampled * width <= _MOST_MEMBERS and is_read
