"""A plan follows from what was recorded, by BigQuery's rules; `mp cost plan` shows it."""

import json
import math
from datetime import timedelta
from pathlib import Path

import pytest

from docs.costs import shipped
from mixpanel_data.collect import request
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.costs import REFERENCE, Choices, Plan, choices, plan
from mixpanel_data.costs import frequencies as often
from mixpanel_data.costs.billing import Bill, bill
from mixpanel_data.costs.frequencies import frequencies
from mixpanel_data.costs.kinds import recorded
from mixpanel_data.costs.references import Reference, StatementReferences, references
from mixpanel_data.detect.findings.delays import LEARNED_EVERY
from mixpanel_data.registry import looking
from mixpanel_data.users import days

BYTES_FILE = Path(__file__).parent / "reference_bytes.json"
RENEW = "run `PYTHONPATH=tests .venv/bin/python -B -m costs.renew` where the growth is meant"
_GROWTH = 1.02


@pytest.fixture(scope="module")
def planned() -> Plan:
    """The plan for the reference workload, as shipped."""
    return plan(REFERENCE, shipped(), Choices())


def test_no_job_reads_more_than_it_did_for_the_reference_workload(planned: Plan) -> None:
    kept = json.loads(BYTES_FILE.read_text(encoding="utf-8"))
    now = {job: sum(each.most_bytes_per_day for each in planned.of_job(job)) for job in kept}
    assert {each.job for each in planned.jobs} == kept.keys(), RENEW
    assert {job: size / kept[job] for job, size in now.items() if size > kept[job] * _GROWTH} == {}, RENEW


def test_every_kind_of_run_that_happens_was_recorded() -> None:
    for workload in (REFERENCE, REFERENCE.but(events_per_day=1_000)):
        often = frequencies(workload, shipped(), Choices())
        known = {(job, kind) for job, kinds in recorded().kinds.items() for kind in kinds}
        assert {each for each, times in often.items() if times > 0} - known == set(), RENEW


def test_no_statement_that_runs_costs_nothing_for_not_being_known() -> None:
    started = {each.statement for kinds in recorded().kinds.values() for of_kind in kinds.values() for each in of_kind}
    assert started - references().keys() == set(), RENEW


def test_a_large_day_is_read_every_few_hours_and_a_small_one_by_each_run() -> None:
    def later(events: float, **choices: int) -> float:
        often = frequencies(REFERENCE.but(events_per_day=events), shipped(), Choices(**choices))
        return often["registry-updater", "later run"]

    assert [later(1e6, registry_interval_hours=hours) for hours in (1, 6, 12, 24)] == [23, 3, 1, 0]
    assert later(10_000) == pytest.approx(23)
    assert later(12) < 12


def test_the_least_is_at_most_the_most(planned: Plan) -> None:
    assert all(0 < each.least_bytes_per_day <= each.most_bytes_per_day for each in planned.jobs if each.queries_per_run)


def test_more_events_cost_more_and_a_hundred_times_as_many_less_than_a_hundred_times_as_much(planned: Plan) -> None:
    many = plan(REFERENCE.but(events_per_day=1e8), shipped(), Choices())
    assert planned.most_bytes_per_day < many.most_bytes_per_day < 100 * planned.most_bytes_per_day


def test_repeated_lines_cost_the_collector_alone(planned: Plan) -> None:
    twice = plan(REFERENCE.but(repeated=1.0), shipped(), Choices())
    dearer = {now.job for now, before in zip(twice.jobs, planned.jobs, strict=True) if now != before}
    assert dearer == {"collector"}
    assert twice.most_bytes_per_day > planned.most_bytes_per_day


def test_without_events_a_call_finds_nothing() -> None:
    idle = plan(REFERENCE.but(events_per_day=0), shipped(), Choices())
    assert not any(each.kind in ("arrivals", "judging") for each in idle.jobs)


def test_a_job_without_a_schedule_costs_nothing(planned: Plan) -> None:
    others = [each for each in shipped() if each.function != "detector"]
    without = plan(REFERENCE, others, Choices())
    assert without.of_job("detector") == ()
    assert sum(each.most_bytes_per_day for each in without.jobs) < planned.most_bytes_per_day


def test_savings_are_what_the_changed_setting_saves(planned: Plan) -> None:
    found = planned.savings(most=20)
    assert [each.most_bytes_per_day for each in found] == sorted((e.most_bytes_per_day for e in found), reverse=True)
    slices = next(each for each in found if each.setting == "COLLECTOR_REREAD_DAYS")
    instead = plan(REFERENCE, shipped(), Choices(reread_days=int(slices.instead)))
    assert math.isclose(slices.most_bytes_per_day, planned.most_bytes_per_day - instead.most_bytes_per_day)


def test_the_plan_goes_by_the_constants_of_the_jobs() -> None:
    assert Choices() == Choices.of(Settings.from_env({}))
    assert choices.RECENT_DAYS == request._RECENT_DAYS
    assert often._EVENTS_PER_PART == days._EVENTS_PER_BILLED_PART
    assert timedelta(days=1) / LEARNED_EVERY == often._LEARNING_PER_DAY
    assert timedelta(minutes=often._TOLERANCE_MINUTES) == looking._TOLERANCE


def billed(statement: StatementReferences, rows: int) -> Bill:
    """Columns of 8 B, and rows of 100 B on four days."""
    return bill(
        statement, lambda _: float(rows), lambda _: rows / 4, lambda _, columns: 8.0 * len(columns), lambda _: 100.0
    )


def test_a_table_costs_the_columns_that_are_named_and_at_least_ten_megabytes() -> None:
    read = StatementReferences("SELECT", {"one": Reference(("a", "b")), "other": Reference(("a",))})
    assert billed(read, rows=1_000_000) == Bill(16e6 + 10 * 2**20, 16e6 + 10 * 2**20)


def test_a_change_is_billed_all_columns_of_what_it_may_change_by_one_reading() -> None:
    update = StatementReferences("UPDATE", {"one": Reference(("a", "b"))}, writes="one", modifies=True)
    assert billed(update, rows=1_000_000) == Bill(41e6, 116e6)


def test_an_insert_of_constants_costs_nothing() -> None:
    assert billed(StatementReferences("INSERT", {}, writes="one"), rows=1_000_000) == Bill()
