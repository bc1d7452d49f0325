"""What all results have in common: they are frozen, turn into JSON, and into a DataFrame when asked."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mixpanel_data.workspace import results
from mixpanel_data.workspace.results import (
    ActivityFeedResult,
    CohortInfo,
    EventCountsResult,
    FrequencyResult,
    FunnelResult,
    FunnelStep,
    JQLResult,
    NumericAverageResult,
    NumericBucketResult,
    NumericSumResult,
    PropertyCountsResult,
    RetentionResult,
    SavedReportResult,
    SegmentationResult,
    UserEvent,
)

DAYS = ("2026-01-01", "2026-01-02")
FEED = ActivityFeedResult(["u"], None, None, [UserEvent("A", datetime(2026, 1, 1, tzinfo=UTC), {"plan": "pro"})])
RETENTION = RetentionResult(
    "A", "B", *DAYS, "day", [CohortInfo("2026-01-01", 4, [0.5]), CohortInfo("2026-01-02", 2, [1.0, 0.5])]
)
EMPTY = [
    (SegmentationResult("A", *DAYS, "day", None, 0), ["date", "segment", "count"]),
    (EventCountsResult(["A"], *DAYS, "day", "general"), ["date", "event", "count"]),
    (PropertyCountsResult("A", "plan", *DAYS, "day", "general"), ["date", "value", "count"]),
    (NumericBucketResult("A", *DAYS, "x", "day"), ["date", "bucket", "count"]),
    (NumericSumResult("A", *DAYS, "x", "day"), ["date", "sum"]),
    (NumericAverageResult("A", *DAYS, "x", "day"), ["date", "average"]),
    (FunnelResult(77, "F", *DAYS, 0.0, []), ["step", "event", "count", "conversion_rate"]),
    (RetentionResult("A", "B", *DAYS, "day", []), ["cohort_date", "cohort_size"]),
    (FrequencyResult(None, *DAYS, "day", "hour"), ["date"]),
    (SavedReportResult(9, "", "", ""), ["date", "event", "count"]),
    (ActivityFeedResult(["u"], None, None), ["event", "time", "distinct_id"]),
    (JQLResult([]), []),
]


@pytest.mark.parametrize(("result", "columns"), EMPTY, ids=[type(result).__name__ for result, _ in EMPTY])
def test_a_result_without_rows_has_its_columns_and_is_json(result: results.base.Table, columns: list[str]) -> None:
    assert (list(result.df.columns), len(result.df)) == (columns, 0)
    assert set(json.loads(json.dumps(result.to_dict()))) == {field.name for field in dataclasses.fields(result)}


def test_a_result_cannot_be_changed() -> None:
    for result, _ in EMPTY:
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(result, dataclasses.fields(result)[0].name, "x")


def test_a_frame_is_made_once_and_not_compared() -> None:
    result = SegmentationResult("A", *DAYS, "day", None, 3, {"A": {"2026-01-01": 3}})
    assert result.df is result.df
    assert result.df.to_dict("records") == result.records()
    assert result == SegmentationResult("A", *DAYS, "day", None, 3, {"A": {"2026-01-01": 3}})
    assert "DataFrame" not in repr(result)


def test_a_frame_has_the_columns_of_all_rows() -> None:
    assert list(RETENTION.df.columns) == ["cohort_date", "cohort_size", "period_0", "period_1"]
    assert RETENTION.df["period_1"].isna().tolist() == [True, False]
    assert list(FEED.df.columns) == ["event", "time", "distinct_id", "plan"]
    assert str(FEED.df["time"].dt.tz) == "UTC"


def test_nested_results_and_moments_are_json() -> None:
    funnel = FunnelResult(77, "F", *DAYS, 0.5, [FunnelStep("A", 2, 1.0)])
    assert funnel.to_dict()["steps"] == [{"event": "A", "count": 2, "conversion_rate": 1.0}]
    assert FEED.to_dict()["events"][0]["time"] == "2026-01-01T00:00:00Z"


def test_a_number_that_json_does_not_have_is_null() -> None:
    raw = [float("inf"), {"a": [float("nan"), 1.5]}]
    assert json.dumps(JQLResult(raw).to_dict(), allow_nan=False) == '{"raw": [null, {"a": [null, 1.5]}]}'


def test_half_of_a_character_is_replaced_in_a_frame_alone() -> None:
    half: dict[str, dict[str, float]] = {"x\ud83d": {"2026-01-01": 3}}
    result = SegmentationResult("A", *DAYS, "day", "plan", 3, half)
    assert result.df["segment"].tolist() == ["x\ufffd"]
    assert result.df["count"].dtype == "int64"
    assert result.to_dict()["series"] == half
    assert list(JQLResult([{"\ud83d": 1}]).df.columns) == ["\ufffd"]


@pytest.mark.parametrize(
    ("headers", "kind"),
    [(["$event"], "insights"), ([], "insights"), (["$Retention_x"], "retention"), (["a", "$funnel"], "funnel")],
)
def test_a_saved_report_says_what_kind_it_is(headers: list[str], kind: str) -> None:
    assert SavedReportResult(9, "", "", "", headers).report_type == kind


def test_only_a_frame_imports_pandas() -> None:
    program = (
        "import sys; from mixpanel_data.workspace.results import JQLResult; result = JQLResult([1]);"
        "result.records(), result.to_dict(); before = 'pandas' in sys.modules; result.df;"
        "print(before, 'pandas' in sys.modules, 'requests' in sys.modules)"
    )
    library = str(Path(results.__file__).parents[3])
    done = subprocess.run(
        [sys.executable, "-c", program], env={"PYTHONPATH": library}, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "True", "False"]
