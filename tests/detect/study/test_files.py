"""Series in CSV files come back with their scores, and a file that cannot be read is named with its row."""

import csv
import gzip
import random
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from mixpanel_data.base.choices import SeriesKind
from mixpanel_data.base.errors import RequestError
from mixpanel_data.detect.study.files import ScoredFile, Summary, score_files

START = datetime(2026, 3, 2)


def series(rows: int = 200, step_minutes: int = 5) -> str:
    draw = random.Random(1)
    lines = [f"{START + i * timedelta(minutes=step_minutes)},{draw.random():.4f}" for i in range(rows)]
    return "\n".join(["timestamp,value", *lines]) + "\n"


def written(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_each_row_is_copied_with_its_score_and_band(tmp_path: Path) -> None:
    source = tmp_path / "a.csv"
    source.write_text(series() + "2026-03-03T20:00:00Z,9.50\n")
    summary = score_files(source, tmp_path / "out.csv")
    rows = written(tmp_path / "out.csv")
    abnormal = sum(float(row["anomaly_score"]) >= 0.5 for row in rows)
    assert summary == Summary((ScoredFile(source, tmp_path / "out.csv", rows=201, abnormal_rows=abnormal),))
    assert (tmp_path / "out.csv").read_text().splitlines()[0] == "timestamp,value,anomaly_score,expected,low,high"
    assert rows[-1]["timestamp"] == "2026-03-03T20:00:00Z"
    assert rows[-1]["value"] == "9.50"
    assert float(rows[-1]["anomaly_score"]) >= 0.5
    assert float(rows[-1]["low"]) <= float(rows[-1]["expected"]) <= float(rows[-1]["high"]) < 9.5
    assert float(rows[0]["anomaly_score"]) == 0.0


def test_a_scored_folder_keeps_its_layout_and_names_lose_their_gz(tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    (source / "deep" / "er").mkdir(parents=True)
    (source / "a.csv").write_text(series(3))
    (source / "notes.txt").write_text("no series")
    with gzip.open(source / "deep" / "er" / "b.csv.gz", "wt") as file:
        file.write(series(4))
    summary = score_files(source, out)
    assert [(file.output, file.rows) for file in summary.files] == [
        (out / "a.csv", 3),
        (out / "deep" / "er" / "b.csv", 4),
    ]
    assert (summary.rows, summary.abnormal_rows) == (7, 0)
    assert sorted(path.name for path in out.rglob("*") if path.is_file()) == ["a.csv", "b.csv"]


def test_output_inside_the_folder_that_is_read_is_not_scored_again(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(series(3))
    first = score_files(tmp_path, tmp_path / "out")
    assert score_files(tmp_path, tmp_path / "out") == first
    assert len(first.files) == 1


def test_columns_of_a_series_are_found_by_name_and_others_ignored(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        '\ufeffhost,value,"timestamp"\r\nweb,1.50,2026-03-02 10:00:00.25\r\n\r\n"b\n,c",2,2026-03-02\r\n'
    )
    score_files(tmp_path / "a.csv", tmp_path / "out")
    rows = written(tmp_path / "out" / "a.csv")
    assert [(row["timestamp"], row["value"]) for row in rows] == [
        ("2026-03-02 10:00:00.25", "1.50"),
        ("2026-03-02", "2"),
    ]


def test_the_kind_that_is_asked_for_chooses_the_model(tmp_path: Path) -> None:
    text = "timestamp,value\n" + "".join(f"{START + i * timedelta(minutes=5)},{i % 7}\n" for i in range(900))
    (tmp_path / "a.csv").write_text(text)
    score_files(tmp_path / "a.csv", tmp_path / "free.csv")
    score_files(tmp_path / "a.csv", tmp_path / "values.csv", SeriesKind.VALUES)
    score_files(tmp_path / "a.csv", tmp_path / "counts.csv", SeriesKind.COUNTS)
    free, values, counts = ((tmp_path / f"{name}.csv").read_text() for name in ("free", "values", "counts"))
    assert free == values != counts


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "a.csv: it is empty. Start it with a header"),
        ("time,value\n", "a.csv: its header time,value does not have timestamp. Rename"),
        (
            "timestamp,value\n2026-03-02,1\nyesterday,2\n",
            "a.csv: row 2: timestamp 'yesterday' is not a time. Write ISO 8601",
        ),
        ("timestamp,value\n2026-03-02,\n", "a.csv: row 1: value '' is not a number. Leave out rows"),
        ("timestamp,value\n2026-03-02,1_0\n", "a.csv: row 1: value '1_0' is not a number. Leave out rows"),
        ("timestamp,value\n2026-03-02,nan\n", r"a.csv: row 1 .* is not a finite number"),
        ("timestamp,value\n2026-03-02,1,234\n", "a.csv: row 1 has 3 fields, its header 2. Quote fields"),
        ('timestamp,value\n2026-03-02,"1\n', "a.csv: not a readable CSV file after line 2: .*. Write the file again"),
        ("timestamp,value\n\udcff", "a.csv: not a readable CSV file after line .*: .*. Write the file again"),
    ],
)
def test_a_csv_that_cannot_be_read_is_named_with_its_row_and_not_written(
    tmp_path: Path, text: str, reason: str
) -> None:
    (tmp_path / "a.csv").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(RequestError, match=reason):
        score_files(tmp_path / "a.csv", tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())


def test_a_csv_gz_that_was_cut_off_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(series(2000).encode())[:-200])
    with pytest.raises(
        RequestError, match=r"a\.csv\.gz: not a readable CSV file after line \d+: .*\. Write the file again"
    ):
        score_files(tmp_path, tmp_path / "out")


def test_no_series_overwrites_another_file(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    (source / "a.csv").write_text(series(3))
    for output in (source, source / "a.csv"):
        with pytest.raises(RequestError, match=r"a\.csv: it would be overwritten\. Give another output"):
            score_files(source / "a.csv" if output.suffix else source, output)
    assert (source / "a.csv").read_text() == series(3)
    (source / "a.csv.gz").write_bytes(gzip.compress(series(3).encode()))
    with pytest.raises(RequestError, match=r"a\.csv and .*a\.csv\.gz would both be written"):
        score_files(source, tmp_path / "out")


def test_an_input_without_a_series_is_named(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"it contains no \.csv or \.csv\.gz file\. Give another folder"):
        score_files(tmp_path, tmp_path / "out")
    with pytest.raises(RequestError, match=r"none\.csv: no such file or folder\. Check the path"):
        score_files(tmp_path / "none.csv", tmp_path / "out")
    (tmp_path / "a.csv").write_text(series(3))
    (tmp_path / "taken").write_text("")
    with pytest.raises(RequestError, match="taken"):
        score_files(tmp_path / "a.csv", tmp_path / "taken")
