"""Writes the files of an export: it keeps those that are whole, and writes again those whose rows have changed."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date

from mixpanel_data.base.errors import RequestError
from mixpanel_data.workspace.exporting.contract import Folder, Piece, Source
from mixpanel_data.workspace.exporting.folders import file_name
from mixpanel_data.workspace.exporting.manifest import MANIFEST, ExportedFile, Manifest, parsed
from mixpanel_data.workspace.exporting.request import ExportRequest
from mixpanel_data.workspace.results.exported import ExportResult

log = logging.getLogger(__name__)

Progress = Callable[[int], None]


def export(
    source: Source,
    folder: Folder,
    request: ExportRequest,
    *,
    restart: bool = False,
    progress: Progress | None = None,
) -> ExportResult:
    """Write the files that are missing or whose rows have changed, and remove those of days that have none any more.

    `restart` removes the files of an earlier export first. The export calls `progress` with the number of rows written
    so far. Raises RequestError if the folder holds something else, and what source and folder raise.
    """
    started = time.monotonic()
    with folder.alone():
        current = _Export(source, folder, request, restart=restart)
        pieces = source.pieces()
        written = 0
        for rows in current.write(pieces):
            written += rows
            if progress is not None:
                progress(written)
        current.remove_others(pieces)
        return current.result(pieces, time.monotonic() - started)


class _Export:
    """An export in its folder, whose manifest is stored after each file."""

    def __init__(self, source: Source, folder: Folder, request: ExportRequest, *, restart: bool) -> None:
        self._source = source
        self._folder = folder
        self._request = request
        settings = {
            "source": source.origin,
            "place": source.place,
            "table": source.table,
            "format": request.format,
            "time_zone": request.days.zone.key,
        }
        self._sizes = dict(folder.sizes())
        self._manifest = self._begun(Manifest(settings), restart=restart)
        self._written = 0

    def write(self, pieces: Sequence[Piece]) -> Iterator[int]:
        """Write what is not there yet, and yield the rows of each file."""
        whole = {each.name: each.state for each in self._manifest.files if self._sizes.get(each.name) == each.bytes}
        for number, piece in enumerate(pieces, start=1):
            name = self._name(piece)
            if whole.get(name) != piece.state:
                yield self._write(piece, name, number / len(pieces))

    def remove_others(self, pieces: Sequence[Piece]) -> None:
        """Remove the files of days of the request that have no events any more."""
        current = {self._name(piece) for piece in pieces}
        days = self._request.days
        gone = [
            each.name
            for each in self._manifest.files
            if each.name not in current and each.day is not None and days.has(each.day)
        ]
        for name in gone:
            self._folder.remove(name)
        if gone:
            self._store(self._manifest.without(gone))

    def result(self, pieces: Sequence[Piece], seconds: float) -> ExportResult:
        """What the folder now has of the request."""
        current = {self._name(piece) for piece in pieces}
        files = [each for each in self._manifest.files if each.name in current]
        days = [each.day for each in files if each.day is not None]
        return ExportResult(
            source=self._source.origin,
            table=self._source.table,
            to=str(self._folder),
            format=self._request.format,
            files=len(files),
            rows=sum(each.rows for each in files),
            bytes=sum(each.bytes for each in files),
            days=len(days),
            date_range=_range(days),
            skipped=len(files) - self._written,
            duration_seconds=round(seconds, 3),
        )

    def _write(self, piece: Piece, name: str, share: float) -> int:
        with self._folder.storing(name) as path:
            rows = self._source.write(piece, self._request.format, path)
            size = path.stat().st_size
        self._store(self._manifest.with_file(ExportedFile(name, piece.day, rows, size, piece.state)))
        self._written += 1
        log.debug("Wrote %s/%s", self._folder, name, extra={"rows": rows, "bytes": size, "share": share})
        return rows

    def _begun(self, fresh: Manifest, *, restart: bool) -> Manifest:
        """The manifest of the export that this call takes up, or a new one, which is stored before any file."""
        text = self._folder.read(MANIFEST)
        if text is None:
            self._check_empty()
            self._store(fresh)
            return fresh
        known = parsed(text, str(self._folder))
        if restart:
            for each in known.files:
                self._folder.remove(each.name)
            self._store(fresh)
            return fresh
        self._check_same(known, fresh)
        return known

    def _check_empty(self) -> None:
        if self._sizes:
            raise RequestError(
                f"{self._folder} holds files that no export wrote, such as {min(self._sizes)!r}. "
                "Export into another folder, or empty this one."
            )

    def _check_same(self, known: Manifest, fresh: Manifest) -> None:
        differences = [
            f"{name} {known.settings.get(name)!r}, not {value!r}"
            for name, value in fresh.settings.items()
            if known.settings.get(name) != value
        ]
        if differences:
            raise RequestError(
                f"{self._folder} holds an export with {'; '.join(differences)}. "
                "Export with the same, into another folder, or with restart, which removes the files that are there."
            )

    def _store(self, manifest: Manifest) -> None:
        self._folder.write(MANIFEST, manifest.text())
        self._manifest = manifest

    def _name(self, piece: Piece) -> str:
        stem = str(piece.day) if piece.day is not None else file_name(self._request.table)
        return f"{stem}.{self._request.format}"


def _range(days: Sequence[date]) -> tuple[str, str] | None:
    return (str(min(days)), str(max(days))) if days else None
