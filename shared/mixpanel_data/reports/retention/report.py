"""Retention: pages docs/reports/retention and reference/retention-query."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate
from typing import Any

from mixpanel_data.configuration.reports.choices import Counting
from mixpanel_data.configuration.reports.definitions import Retention
from mixpanel_data.reports.relations.asking import Asking
from mixpanel_data.reports.relations.days import days_asked
from mixpanel_data.reports.relations.windows import long_periods
from mixpanel_data.reports.retention.lengths import Buckets
from mixpanel_data.reports.retention.statement import rows_of
from mixpanel_data.warehouse.base import Row

Part = dict[str, Any]


@dataclass(slots=True)
class _Segment:
    """How many users each cohort has, and how many come back by cohort and bucket."""

    sizes: Counter[date] = field(default_factory=Counter)
    returned: dict[date, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))


def retention(definition: Retention, asking: Asking) -> Part:
    """The users of each cohort who come back in each bucket, and the weighted average of the complete cells.

    `rows` has one for each segment (the largest first), cohort (every period of the range, by its first day) and
    bucket: `size`, `users`, `rate` (None of nobody) and `is_complete`, as of `asking.now`. `average` has a `rate` for
    each segment and bucket, ΣC·P / ΣP² over the complete cells (page retention, FAQ 3). `segments` is how many there
    are, 0 without a breakdown. A user counts in one segment, by the value of the born event; that event itself is no
    return, and others at its instant are. Raises ValueError for a definition without days, RequestError for buckets
    that reach too far, and what the warehouse raises.
    """
    buckets = Buckets(definition, asking)
    found = rows_of(definition, asking, buckets)
    cohorts = long_periods(*days_asked(definition), definition.unit)
    rows: list[Part] = []
    averages: list[Part] = []
    for label, segment in _segments(definition, found):
        cells = [cell for cohort in cohorts for cell in _cells(definition, buckets, segment, cohort)]
        rows += [{"segment": label, **cell} for cell in cells]
        averages += [{"segment": label, **average} for average in _averages(cells, len(buckets.ends))]
    return {"rows": rows, "average": averages, "segments": max((row["segments"] or 0 for row in found), default=0)}


def _segments(definition: Retention, found: Sequence[Row]) -> list[tuple[str | None, _Segment]]:
    """The segments by their label, the largest first, ties by name; without a breakdown one, even of nobody."""
    segments: dict[str | None, _Segment] = {} if definition.on else {None: _Segment()}
    for row in found:
        segment = segments.setdefault(row["segment"], _Segment())
        if row["bucket"] is None:
            segment.sizes[row["cohort"]] = row["users"]
        else:
            segment.returned[row["cohort"]][row["bucket"]] = row["users"]
    return sorted(segments.items(), key=lambda item: (-item[1].sizes.total(), item[0] or ""))


def _cells(definition: Retention, buckets: Buckets, segment: _Segment, cohort: date) -> list[Part]:
    size, count = segment.sizes[cohort], len(buckets.ends)
    by_bucket = segment.returned.get(cohort, Counter())
    users = _counted([by_bucket[bucket] for bucket in range(count)], definition.counting)
    return [
        {
            "cohort": cohort,
            "size": size,
            "bucket": bucket,
            "users": users[bucket],
            "rate": users[bucket] / size if size else None,
            "is_complete": buckets.is_complete(cohort, bucket),
        }
        for bucket in range(count)
    ]


def _counted(users: list[int], counting: Counting) -> list[int]:
    """The users of each bucket, of those by the one bucket that matters for the counting.

    Page retention, Retention Criteria: a user counts in the buckets from the earliest return on (on or before), up to
    the latest (on or after), or up to the end of the streak; on or after looks at no return after the buckets.
    """
    match counting:
        case Counting.ON:
            return users
        case Counting.ON_OR_BEFORE:
            return list(accumulate(users))
        case Counting.ON_OR_AFTER | Counting.STREAK:
            return list(accumulate(reversed(users)))[::-1]


def _averages(cells: Sequence[Part], count: int) -> list[Part]:
    averages = []
    for bucket in range(count):
        complete = [cell for cell in cells[bucket::count] if cell["is_complete"]]
        whole = sum(cell["size"] ** 2 for cell in complete)
        share = sum(cell["users"] * cell["size"] for cell in complete)
        averages.append({"bucket": bucket, "rate": share / whole if whole else None})
    return averages
