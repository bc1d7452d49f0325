"""`export`: whole files, taken up where it was cut off, and never stale."""

import fcntl
import json
import os
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import duckdb
import pytest

from mixpanel_data.base.errors import QueryError, RequestError, TableNotFoundError, WarehouseBusyError
from mixpanel_data.workspace.results import ExportResult
from mixpanel_data.workspace.workspace import Workspace
from support.desk import Desk, DeskMaker
from support.export_lines import event
from support.exported_files import files_of, rows_in, rows_of

Format = Literal["parquet", "jsonl", "csv"]
FORMATS: tuple[Format, ...] = ("parquet", "jsonl", "csv")
DAYS = ("2040-03-01", "2040-03-02", "2040-03-05")
EVENTS = [event("E", f"{day} {hour:02}:30:00", f"p{hour}", f"{day} {hour}") for day in DAYS for hour in (23, 10, 0)]


@pytest.fixture
def desk(desk_with: DeskMaker) -> Desk:
    """A desk with fetched events of three days."""
    desk = desk_with(EVENTS)
    with desk.workspace() as workspace:
        workspace.fetch_events("events", "2040-03-01", "2040-03-05")
    return desk


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def export(desk: Desk, out: Path, name: str = "events", file_format: Format = "jsonl", **options: Any) -> ExportResult:
    with Workspace.open(desk.path) as workspace:
        return workspace.export(name, out, file_format, **options)


def change(desk: Desk, *statements: str) -> None:
    with desk.workspace() as workspace:
        for statement in statements:
            workspace.connection.execute(statement)


def times(out: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in files_of(out / "events")}


@pytest.mark.parametrize("file_format", FORMATS)
def test_events_are_in_one_file_a_day(desk: Desk, out: Path, file_format: Format) -> None:
    result = export(desk, out, file_format=file_format)
    assert [path.name for path in files_of(out / "events")] == [f"{day}.{file_format}" for day in DAYS]
    size = sum(path.stat().st_size for path in files_of(out / "events"))
    assert (result.source, result.table, result.to) == ("workspace", "events", str(out / "events"))
    assert (result.files, result.rows, result.days, result.skipped, result.bytes) == (3, 9, 3, 0, size)
    assert result.date_range == (DAYS[0], DAYS[-1])
    assert [row["event_id"] for row in rows_of(out / "events")] == [
        row[0] for row in desk.rows("SELECT event_id FROM events ORDER BY event_time, event_id")
    ]


def test_a_day_is_in_the_order_of_time_with_moments_in_utc(desk: Desk, out: Path) -> None:
    export(desk, out)
    export(desk, out / "..", file_format="parquet")
    lines = rows_in(out / "events" / "2040-03-02.jsonl")
    assert [row["event_time"] for row in lines] == [f"2040-03-02T{hour}:30:00Z" for hour in ("00", "10", "23")]
    assert lines[0]["properties"]["mp_processing_time_ms"] == 2214261000000
    (first, *_) = rows_in(out / ".." / "events" / "2040-03-02.parquet")
    assert first["event_time"] == datetime(2040, 3, 2, 0, 30, tzinfo=UTC)
    assert json.loads(first["properties"]) == lines[0]["properties"]


def test_only_the_days_asked_for_are_exported_both_inclusive(desk: Desk, out: Path) -> None:
    result = export(desk, out, from_date="2040-03-02", to_date="2040-03-05")
    assert [path.stem for path in files_of(out / "events")] == ["2040-03-02", "2040-03-05"]
    assert (result.days, result.rows) == (2, 6)
    assert export(desk, out, from_date="2040-03-03", to_date="2040-03-04").files == 0
    assert export(desk, out, to_date="2040-03-02").skipped == 1
    assert len(files_of(out / "events")) == 3


def test_a_day_begins_at_the_project_s_midnight(desk: Desk, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIXPANEL_TIMEZONE", "America/New_York")
    export(desk, out)
    # 00:30 UTC is still the day before there.
    assert [len(rows_in(path)) for path in files_of(out / "events")] == [1, 3, 2, 1, 2]
    assert files_of(out / "events")[0].stem == "2040-02-29"


def test_a_repeat_writes_nothing_again(desk: Desk, out: Path) -> None:
    export(desk, out)
    before = times(out)
    again = export(desk, out)
    assert (again.files, again.rows, again.skipped) == (3, 9, 3)
    assert times(out) == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET distinct_id = 'other' WHERE event_time = '2040-03-02 10:30:00'",
        "DELETE FROM events WHERE event_time = '2040-03-02 10:30:00'",
        "INSERT INTO events SELECT * FROM events WHERE event_time = '2040-03-02 10:30:00'",
    ],
)
def test_a_day_whose_events_have_changed_is_written_again_and_no_other(desk: Desk, out: Path, statement: str) -> None:
    export(desk, out)
    before = times(out)
    change(desk, statement)
    assert export(desk, out).skipped == 2
    assert [path.stem for path, at in times(out).items() if before[path] != at] == ["2040-03-02"]
    fresh = export(desk, out.with_name("fresh"))
    assert rows_of(out / "events") == rows_of(out.with_name("fresh") / "events")
    assert fresh.rows == len(rows_of(out / "events"))


def test_the_file_of_a_day_without_events_any_more_is_removed(desk: Desk, out: Path) -> None:
    export(desk, out)
    change(desk, "DELETE FROM events WHERE event_time < '2040-03-02'")
    assert export(desk, out, from_date="2040-03-02").files == 2
    assert len(files_of(out / "events")) == 3
    assert export(desk, out).files == 2
    assert [path.stem for path in files_of(out / "events")] == ["2040-03-02", "2040-03-05"]


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"cut")])
def test_a_file_that_is_gone_or_cut_is_written_again(desk: Desk, out: Path, damage: Any) -> None:
    export(desk, out)
    damage(out / "events" / "2040-03-02.jsonl")
    assert export(desk, out).skipped == 2
    assert len(rows_of(out / "events")) == 9


@pytest.mark.parametrize("other", [{"file_format": "csv"}, {"zone": "Asia/Tokyo"}])
def test_an_export_with_other_settings_into_the_folder_is_refused_until_it_restarts(
    desk: Desk, out: Path, other: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    export(desk, out)
    before = times(out)
    monkeypatch.setenv("MIXPANEL_TIMEZONE", other.pop("zone", "UTC"))
    with pytest.raises(RequestError, match="holds an export with"):
        export(desk, out, **other)
    assert times(out) == before
    export(desk, out, **other, restart=True)
    assert not before.keys() & times(out).keys() or not other


def test_a_folder_with_other_files_is_left_alone(desk: Desk, out: Path) -> None:
    (out / "events").mkdir(parents=True)
    (out / "events" / "thesis.txt").write_text("dear")
    for restart in (False, True):
        with pytest.raises(RequestError, match=r"thesis\.txt"):
            export(desk, out, restart=restart)
    assert [path.name for path in (out / "events").iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"version": 2}', b'{"version": 1, "settings": {}, "files": [1]}'])
def test_a_manifest_that_is_none_is_named(desk: Desk, out: Path, text: bytes) -> None:
    (out / "events").mkdir(parents=True)
    (out / "events" / "_export.json").write_bytes(text)
    with pytest.raises(RequestError, match=r"events/_export\.json does not say"):
        export(desk, out)


def test_another_table_goes_into_one_file_and_is_written_again_when_it_changes(desk: Desk, out: Path) -> None:
    change(desk, "CREATE TABLE prices AS SELECT 1.50::DECIMAL(9, 2) AS price")
    assert export(desk, out, "prices", "parquet").date_range is None
    assert rows_of(out / "prices") == [{"price": Decimal("1.50")}]
    assert export(desk, out, "prices", "parquet").skipped == 1
    change(desk, "UPDATE prices SET price = 2")
    assert export(desk, out, "prices", "parquet").skipped == 0
    assert rows_of(out / "prices") == [{"price": Decimal("2.00")}]
    with pytest.raises(RequestError, match="as a whole"):
        export(desk, out, "prices", from_date="2040-03-01")


@pytest.mark.parametrize("nested", ["", ", [1, NULL] AS list, {'a': 1.50, 'b': 'x'} AS struct"])
def test_jsonl_keeps_values_and_is_json(desk: Desk, out: Path, nested: str) -> None:
    change(
        desk,
        "CREATE TABLE odd AS SELECT 12345678901234567890.123456789::DECIMAL(38, 9) AS big, 'NaN'::DOUBLE AS nan,"
        " '-inf'::DOUBLE AS inf, 0.1::DOUBLE AS tenth, TIMESTAMPTZ '2024-01-01 01:00:00.5+01' AS moment, true AS yes,"
        """ '{"a":\n 1.10, "b": "\\n"}'::JSON AS doc, e'é"\\n,\\t' AS text, NULL::VARCHAR AS gone,"""
        f""" DATE '2024-01-01' AS "d""ay"{nested}""",
    )
    export(desk, out, "odd")
    (line,) = (out / "odd" / "odd.jsonl").read_text().splitlines()
    assert '"big": 12345678901234567890.123456789' in line
    assert '"a":  1.10' in line
    row = json.loads(line)
    assert (row["nan"], row["inf"], row["tenth"], row["gone"], row["yes"]) == (None, None, 0.1, None, True)
    assert (row["text"], row["doc"]["b"], row['d"ay']) == ('é"\n,\t', "\n", "2024-01-01")
    assert datetime.fromisoformat(row["moment"]) == datetime(2024, 1, 1, 0, 0, 0, 500_000, tzinfo=UTC)


@pytest.mark.parametrize("nested", ["", ", [1, NULL] AS list"])
def test_csv_has_json_as_text_and_nothing_for_null(desk: Desk, out: Path, nested: str) -> None:
    change(
        desk,
        f"""CREATE TABLE odd AS SELECT 1.50::DECIMAL(9, 2) AS price, 'NaN'::DOUBLE AS nan,
        '{{"a": 1.10}}'::JSON AS doc, e'a,"b"\\n' AS text, TIMESTAMPTZ '2024-01-01 01:00:00+01' AS moment{nested}""",
    )
    export(desk, out, "odd", "csv")
    (row,) = rows_of(out / "odd")
    row.pop("list", None)
    assert row == {
        "price": "1.50",
        "nan": "",
        "doc": '{"a": 1.10}',
        "text": 'a,"b"\n',
        "moment": "2024-01-01T00:00:00Z",
    }


def test_parquet_rounds_no_large_integer(desk: Desk, out: Path) -> None:
    change(desk, "CREATE TABLE sums AS SELECT sum(n) AS total FROM (VALUES (9007199254740993::BIGINT)) AS t(n)")
    export(desk, out, "sums", "parquet")
    assert rows_of(out / "sums") == [{"total": Decimal(9007199254740993)}]


def test_a_table_of_any_name_is_exported(desk: Desk, out: Path) -> None:
    change(desk, """CREATE TABLE "../a""b 🎈" AS SELECT 1 AS one""", 'CREATE TABLE ".." AS SELECT 2 AS two')
    assert Path(export(desk, out, '../a"b 🎈').to).parent == out
    assert Path(export(desk, out, "..").to).parent == out
    assert sorted(path.name for path in out.iterdir()) == ["%2E.", "%2E.%2Fa%22b 🎈"]


def test_an_empty_table_is_an_empty_file(desk: Desk, out: Path) -> None:
    change(desk, "CREATE TABLE nothing (one INTEGER, two VARCHAR)")
    assert export(desk, out, "nothing", "csv").rows == 0
    assert (out / "nothing" / "nothing.csv").read_text() == "one,two\n"


def test_a_table_that_is_not_there_is_named_with_those_that_are(desk: Desk, out: Path) -> None:
    with pytest.raises(TableNotFoundError, match="events"):
        export(desk, out, "nothing")
    assert not out.exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"from_date": "yesterday"}, "from_date is 'yesterday'"),
        ({"to_date": "2040-02-30"}, "to_date is '2040-02-30'"),
        ({"from_date": "2040-03-02", "to_date": "2040-03-01"}, "from_date is 2040-03-02, after to_date"),
        ({"file_format": "xml"}, "format is 'xml'"),
        ({"source": "lake"}, "source is 'lake'"),
        ({"name": "profiles", "source": "warehouse"}, "Only 'events'"),
    ],
)
def test_a_wrong_parameter_is_named(desk: Desk, out: Path, options: dict[str, Any], words: str) -> None:
    with pytest.raises(RequestError, match=words):
        export(desk, out, **options)
    assert not out.exists()


@pytest.mark.parametrize("place", ["", "s3://bucket/x", "gs://"])
def test_a_place_that_is_none_is_refused(desk: Desk, place: str) -> None:
    with Workspace.open(desk.path) as workspace, pytest.raises(RequestError, match="to is "):
        workspace.export("events", place)


def test_a_missing_folder_is_made_within_one_that_exists(desk: Desk, out: Path) -> None:
    with pytest.raises(RequestError, match="missing"):
        export(desk, out / "missing" / "deeper")
    assert not out.exists()
    out.write_text("a file")
    with pytest.raises(RequestError, match="cannot be used"):
        export(desk, out)


def test_a_folder_that_another_export_writes_to_is_refused(desk: Desk, out: Path) -> None:
    export(desk, out)
    lock = os.open(out / "events", os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        with pytest.raises(WarehouseBusyError, match="Another export into"):
            export(desk, out)
    finally:
        os.close(lock)


def test_progress_counts_the_rows_so_far(desk: Desk, out: Path) -> None:
    seen: list[int] = []
    export(desk, out, progress=seen.append)
    assert seen == [3, 6, 9]


def test_a_fetched_event_without_a_time_is_no_silent_loss(desk: Desk, out: Path) -> None:
    change(desk, "INSERT INTO events (event_name) VALUES ('E')")
    with pytest.raises(QueryError, match="event_time is NULL"):
        export(desk, out)


def test_the_owner_s_connection_does_not_keep_the_file_from_being_exported(desk: Desk, out: Path) -> None:
    with desk.workspace() as workspace:
        workspace.connection.execute("CREATE TABLE own AS SELECT 1 AS one")
        assert workspace.export("own", out).rows == 1


def test_a_program_that_reads_the_folder_finds_rows_only(desk: Desk, out: Path) -> None:
    export(desk, out, file_format="parquet")
    with duckdb.connect(":memory:") as connection:
        found = connection.execute("SELECT count(*) FROM read_parquet(?)", [f"{out}/events/*.parquet"]).fetchall()
    assert found == [(9,)]
