"""Renews what the costs are planned from: `PYTHONPATH=tests .venv/bin/python -B -m costs.renew`, then `make docs`.

It has the analyzer say what the statements read, records what each kind of run starts, and keeps what the reference
workload costs, which tests/costs/test_plan.py does not let grow. Then it prints what each job costs, and the ten
statements that cost most. It takes two minutes of computing.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from costs import recorded_kinds
from costs.recorded_week import recorded
from docs.costs import shipped
from mixpanel_data.costs import REFERENCE, Choices, plan
from mixpanel_data.costs.frequencies import frequencies
from mixpanel_data.costs.kinds import KINDS_FILE
from mixpanel_data.costs.kinds import recorded as kinds
from mixpanel_data.costs.plan import bill_of
from mixpanel_data.costs.references import STATEMENTS_FILE, references
from mixpanel_data.costs.rows import Rows
from sql.references import text as statements_text

BYTES_FILE = Path(__file__).parent / "reference_bytes.json"
_DEAREST = 10
_GB = 1e9


def main() -> None:
    """Write the three files anew, and print what has become of the costs."""
    STATEMENTS_FILE.write_text(statements_text(), encoding="utf-8")
    references.cache_clear()
    with tempfile.TemporaryDirectory() as folder:
        KINDS_FILE.write_text(recorded_kinds.text(recorded(Path(folder)).runs), encoding="utf-8")
    kinds.cache_clear()
    BYTES_FILE.write_text(reference_bytes(), encoding="utf-8")
    sys.stdout.write(f"{by_job()}\n{dearest()}\n")


def reference_bytes() -> str:
    """What each job costs a day for the reference workload, by the costlier reading, as JSON."""
    planned = plan(REFERENCE, shipped(), Choices())
    jobs = dict.fromkeys(each.job for each in planned.jobs)
    found = {job: round(sum(each.most_bytes_per_day for each in planned.of_job(job))) for job in jobs}
    return json.dumps(found, indent=1) + "\n"


def by_job() -> str:
    """A line for each kind of run of each job, and one for each job: GB a day by both readings."""
    planned = plan(REFERENCE, shipped(), Choices())
    lines = [f"{'GB a day':47} {'least':>8} {'most':>8} {'runs':>7} {'queries':>8}"]
    for job in dict.fromkeys(each.job for each in planned.jobs):
        own = planned.of_job(job)
        least, most = (
            sum(getattr(each, name) for each in own) for name in ("least_bytes_per_day", "most_bytes_per_day")
        )
        lines.append(f"{job:47} {least / _GB:8.2f} {most / _GB:8.2f}")
        lines += [
            f"  {each.kind:45} {each.least_bytes_per_day / _GB:8.2f} {each.most_bytes_per_day / _GB:8.2f}"
            f" {each.runs_per_day:7.1f} {each.queries_per_run:8.1f}"
            for each in own
        ]
    return "\n".join(lines)


def dearest(most: int = _DEAREST) -> str:
    """The statements that cost most, a line each: GB a day by the costlier reading, job, kind, statement, days."""
    found = sorted(_statements(), reverse=True)[:most]
    return "\n".join([f"{'GB a day':>8}", *(f"{size / _GB:8.2f} {what}" for size, what in found)])


def _statements() -> Iterator[tuple[float, str]]:
    choices, schedules = Choices(), shipped()
    often = frequencies(REFERENCE, schedules, choices)
    rows = Rows.of(REFERENCE, schedules, choices, often)
    for job, of_job in kinds().kinds.items():
        for kind, started in of_job.items():
            for each in started:
                size = bill_of(job, kind, each, rows).most * each.times * often.get((job, kind), 0.0)
                yield size, f"{job}, {kind}: {each.statement} x{each.times:g} {json.dumps(dict(each.days))}"


if __name__ == "__main__":
    main()
