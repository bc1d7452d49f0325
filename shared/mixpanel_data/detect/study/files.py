"""Scores series in CSV files: copies each row with its score and the expected band.

A file is read row by row, so that its length does not matter; an output appears under its name only once it is whole.
"""

import contextlib
import csv
import gzip
import os
import zlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TextIO

from mixpanel_data.base.choices import SeriesKind
from mixpanel_data.base.errors import RequestError
from mixpanel_data.detect.statistics.point_score import ABNORMAL_SCORE
from mixpanel_data.detect.study.series import SeriesPoint, scored

HEADER = ("timestamp", "value", "anomaly_score", "expected", "low", "high")

_ENDINGS = (".csv", ".csv.gz")


@dataclass(frozen=True, slots=True)
class ScoredFile:
    """One series: the file it was read from, the one written, its rows, and its abnormal rows (a score from 0.5 on)."""

    source: Path
    output: Path
    rows: int
    abnormal_rows: int


@dataclass(frozen=True, slots=True)
class Summary:
    """The scored files, in the order of their names."""

    files: tuple[ScoredFile, ...]

    @property
    def rows(self) -> int:
        """The rows of all files."""
        return sum(file.rows for file in self.files)

    @property
    def abnormal_rows(self) -> int:
        """The abnormal rows of all files."""
        return sum(file.abnormal_rows for file in self.files)


def score_files(source: Path, output: Path, kind: SeriesKind | None = None) -> Summary:
    """Score a CSV or CSV.gz, or all in a folder at any depth, and write each into the folder `output`, same layout.

    Rows have a `timestamp` (ISO 8601, UTC where it names no zone) and a `value`; other columns are ignored. For one
    file, `output` can be a file name that ends in .csv; it can lie in the folder that is read. Raises RequestError
    naming file and row where a file cannot be read; the files before it are written then, that one is not.
    """
    return Summary(tuple(_score_file(read, write, kind) for read, write in _pairs(source, output)))


def _pairs(source: Path, output: Path) -> list[tuple[Path, Path]]:
    """Sources with their outputs. Raises RequestError if there is none, or an output would overwrite another file."""
    if not source.exists():
        raise RequestError(f"{source}: no such file or folder. Check the path.")
    if source.is_dir():
        pairs = [(path, output / _as_csv(path.relative_to(source))) for path in _found(source, output)]
    else:
        is_file = output.name.lower().endswith(".csv") and not output.is_dir()
        pairs = [(source, output if is_file else output / _as_csv(Path(source.name)))]
    if not pairs:
        raise RequestError(f"{source}: it contains no .csv or .csv.gz file. Give another folder, or a single file.")
    _check_apart(pairs)
    return pairs


def _found(folder: Path, output: Path) -> list[Path]:
    """The folder's CSV files at any depth, except those that an earlier run wrote into an `output` inside it."""
    own = output.resolve() if output.resolve() != folder.resolve() else None
    found = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if (Path(parent) / name).resolve() != own]
        found += [Path(parent) / name for name in names if name.lower().endswith(_ENDINGS)]
    return sorted(found)


def _as_csv(path: Path) -> Path:
    return path.with_name(path.name[: -len(".gz")]) if path.name.lower().endswith(".csv.gz") else path


def _check_apart(pairs: list[tuple[Path, Path]]) -> None:
    sources = {read.resolve(): read for read, _ in pairs}
    written: dict[Path, Path] = {}
    for read, write in pairs:
        destination = write.resolve()
        if destination in sources:
            raise RequestError(f"{sources[destination]}: it would be overwritten. Give another output.")
        if destination in written:
            raise RequestError(f"{written[destination]} and {read} would both be written to {write}: rename one.")
        written[destination] = read


def _score_file(source: Path, output: Path, kind: SeriesKind | None) -> ScoredFile:
    unfinished = output.with_name(f".{output.name}.{os.getpid()}.unfinished")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with _reading(source) as rows, unfinished.open("w", encoding="utf-8", newline="") as target:
            counted = _copy_scored(source, rows, target, kind)
        unfinished.replace(output)
    except OSError as error:
        raise RequestError(f"{error.filename or source}: {error.strerror or error}.") from error
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
    return ScoredFile(source, output, *counted)


def _copy_scored(source: Path, rows: TextIO, target: TextIO, kind: SeriesKind | None) -> tuple[int, int]:
    """(rows, abnormal rows) written to the target."""
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(HEADER)
    # The model can be ahead of its scores, by a day of minutes at most.
    texts: deque[tuple[str, str]] = deque()
    count = abnormal = 0
    try:
        for point in scored(_points(source, rows, texts), kind):
            writer.writerow((*texts.popleft(), point.score, point.expected, point.low, point.high))
            count += 1
            abnormal += point.score >= ABNORMAL_SCORE
    except ValueError as error:
        raise RequestError(f"{source}: {error}") from error
    return count, abnormal


def _points(source: Path, rows: TextIO, texts: "deque[tuple[str, str]]") -> Iterator[SeriesPoint]:
    """Each row as a point, its texts appended to `texts`; the first after the header is row 1."""
    fields = _fields(source, rows)
    header = next(fields, None)
    if header is None:
        raise RequestError(f"{source}: it is empty. Start it with a header that has timestamp and value.")
    names = [name.strip() for name in header]
    if missing := {"timestamp", "value"} - set(names):
        raise RequestError(
            f"{source}: its header {','.join(names)} does not have {' and '.join(sorted(missing))}. Rename the columns."
        )
    at, value = names.index("timestamp"), names.index("value")
    for row, each in enumerate((each for each in fields if each), start=1):
        if len(each) != len(names):
            raise RequestError(
                f"{source}: row {row} has {len(each)} fields, its header {len(names)}. Quote fields that hold a comma."
            )
        point = SeriesPoint(_time(source, row, each[at]), _number(source, row, each[value]))
        texts.append((each[at], each[value]))
        yield point


def _fields(source: Path, rows: TextIO) -> Iterator[list[str]]:
    """Each line's fields, [] where it is blank. Raises RequestError where the file is damaged or is not CSV."""
    reader = csv.reader(rows, strict=True)
    while True:
        try:
            each = next(reader, None)
        except (csv.Error, UnicodeDecodeError, EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise RequestError(
                f"{source}: not a readable CSV file after line {reader.line_num}: {error}. Write the file again."
            ) from error
        if each is None:
            return
        yield each


def _time(source: Path, row: int, text: str) -> datetime:
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise RequestError(
            f"{source}: row {row}: timestamp {text!r} is not a time. Write ISO 8601, such as 2026-03-01 12:30:00."
        ) from error


def _number(source: Path, row: int, text: str) -> float:
    try:
        # float() by itself takes 1_000 too.
        return float(text.replace("_", "?"))
    except ValueError as error:
        raise RequestError(
            f"{source}: row {row}: value {text!r} is not a number. Leave out rows without one."
        ) from error


def _reading(source: Path) -> TextIO:
    # Spreadsheets start a file with a byte order mark, which does not belong to the header.
    if source.name.lower().endswith(".gz"):
        return gzip.open(source, "rt", encoding="utf-8-sig", newline="")
    return source.open(encoding="utf-8-sig", newline="")
