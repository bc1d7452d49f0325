"""Judges series of one's own in CSV files: each row again, with its score and the band that was expected.

A file is read row by row, so its length does not matter; what is written appears under its name only when whole.
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

from mixpanel_data.base.errors import RequestError
from mixpanel_data.detect.judgement import CUT
from mixpanel_data.detect.series import Kind, Point, judged

HEADER = ("timestamp", "value", "anomaly_score", "expected", "low", "high")

_ENDINGS = (".csv", ".csv.gz")


@dataclass(frozen=True, slots=True)
class JudgedFile:
    """One series: where it was read and written, its rows, and how many of them are abnormal (a score from 0.5 on)."""

    source: Path
    output: Path
    rows: int
    abnormal_rows: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What was judged, in the order of the files' names."""

    files: tuple[JudgedFile, ...]

    @property
    def rows(self) -> int:
        """Of all files."""
        return sum(file.rows for file in self.files)

    @property
    def abnormal_rows(self) -> int:
        """Of all files."""
        return sum(file.abnormal_rows for file in self.files)


def judge_files(source: Path, output: Path, kind: Kind | None = None) -> Summary:
    """Judge a CSV or CSV.gz, or all in a folder at any depth, and write each into the folder `output`, same layout.

    Rows have a `timestamp` (ISO 8601, UTC where no zone is named) and a `value`; other columns are ignored. `output`
    may be a file name ending in .csv for one file, and may lie in the folder that is read. Raises RequestError naming
    file and row of what cannot be read; files before it are written then, that one is not.
    """
    return Summary(tuple(_judge(read, write, kind) for read, write in _pairs(source, output)))


def _pairs(source: Path, output: Path) -> list[tuple[Path, Path]]:
    """What to read and where to write it. Raises RequestError if nothing is there, or two would be written as one."""
    if not source.exists():
        raise RequestError(f"{source}: there is no such file or folder.")
    if source.is_dir():
        pairs = [(path, output / _as_csv(path.relative_to(source))) for path in _found(source, output)]
    else:
        is_file = output.name.lower().endswith(".csv") and not output.is_dir()
        pairs = [(source, output if is_file else output / _as_csv(Path(source.name)))]
    if not pairs:
        raise RequestError(f"{source}: there is no file in it whose name ends in .csv or .csv.gz.")
    _check_apart(pairs)
    return pairs


def _found(folder: Path, output: Path) -> list[Path]:
    """Its CSV files at any depth, but for those that an earlier run wrote into an `output` inside of it."""
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
        place = write.resolve()
        if place in sources:
            raise RequestError(f"{sources[place]}: it would be overwritten. Give another place for what is judged.")
        if place in written:
            raise RequestError(f"{written[place]} and {read} would both be written to {write}: rename one.")
        written[place] = read


def _judge(source: Path, output: Path, kind: Kind | None) -> JudgedFile:
    unfinished = output.with_name(f".{output.name}.{os.getpid()}.unfinished")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with _reading(source) as rows, unfinished.open("w", encoding="utf-8", newline="") as target:
            counted = _copy_judged(source, rows, target, kind)
        unfinished.replace(output)
    except OSError as error:
        raise RequestError(f"{error.filename or source}: {error.strerror or error}.") from error
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
    return JudgedFile(source, output, *counted)


def _copy_judged(source: Path, rows: TextIO, target: TextIO, kind: Kind | None) -> tuple[int, int]:
    """(rows, abnormal rows) that were written."""
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(HEADER)
    # The model may read on before it judges, by a day of minutes at most.
    texts: deque[tuple[str, str]] = deque()
    count = abnormal = 0
    try:
        for said in judged(_points(source, rows, texts), kind):
            writer.writerow((*texts.popleft(), said.score, said.expected, said.low, said.high))
            count += 1
            abnormal += said.score >= CUT
    except ValueError as error:
        raise RequestError(f"{source}: {error}") from error
    return count, abnormal


def _points(source: Path, rows: TextIO, texts: "deque[tuple[str, str]]") -> Iterator[Point]:
    """Each row as a point, its texts put behind the others; the first after the header is row 1."""
    fields = _fields(source, rows)
    header = next(fields, None)
    if header is None:
        raise RequestError(f"{source}: it is empty. It needs a header with timestamp and value.")
    names = [name.strip() for name in header]
    if missing := {"timestamp", "value"} - set(names):
        raise RequestError(f"{source}: its header {','.join(names)} lacks {' and '.join(sorted(missing))}.")
    at, value = names.index("timestamp"), names.index("value")
    for row, each in enumerate((each for each in fields if each), start=1):
        if len(each) != len(names):
            raise RequestError(f"{source}: row {row} has {len(each)} fields, its header {len(names)}.")
        point = Point(_time(source, row, each[at]), _number(source, row, each[value]))
        texts.append((each[at], each[value]))
        yield point


def _fields(source: Path, rows: TextIO) -> Iterator[list[str]]:
    """Each line's fields, [] where it is blank. Raises RequestError where the file cannot be read on."""
    reader = csv.reader(rows, strict=True)
    while True:
        try:
            each = next(reader, None)
        except (csv.Error, UnicodeDecodeError, EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise RequestError(f"{source}: after line {reader.line_num} it is no CSV file: {error}.") from error
        if each is None:
            return
        yield each


def _time(source: Path, row: int, text: str) -> datetime:
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise RequestError(
            f"{source}: row {row}: timestamp {text!r} is no time. Write 2026-03-01 12:30:00, or as ISO 8601 has it."
        ) from error


def _number(source: Path, row: int, text: str) -> float:
    try:
        # float() alone would take 1_000.
        return float(text.replace("_", "?"))
    except ValueError as error:
        raise RequestError(f"{source}: row {row}: value {text!r} is no number. Leave out rows without one.") from error


def _reading(source: Path) -> TextIO:
    # A byte order mark, as spreadsheets write it, is no part of the header.
    if source.name.lower().endswith(".gz"):
        return gzip.open(source, "rt", encoding="utf-8-sig", newline="")
    return source.open(encoding="utf-8-sig", newline="")
