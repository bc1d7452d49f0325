"""Event files and blocks of bytes as lines."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

SUFFIXES = (".ndjson", ".jsonl", ".json")
BUFFER_BYTES = 1 << 20


def files_of(folder: Path) -> list[Path]:
    """A folder's event files (.ndjson, .jsonl, .json, plain or .gz) by name. ValueError for a folder without any."""
    found = sorted(path for path in folder.iterdir() if path.name.removesuffix(".gz").endswith(SUFFIXES))
    if not found:
        raise ValueError(f"{folder} has no event files. Name them *.ndjson or *.ndjson.gz.")
    return found


@contextmanager
def lines_of_file(path: Path) -> Iterator[Iterable[bytes]]:
    """The lines of a plain or gzipped file, without their newlines; only the byte 0x0A separates lines."""
    with path.open("rb") as file, _plain(file) as plain:
        yield (line.removesuffix(b"\n") for line in plain)


def lines_of_bytes(given: bytes | Iterable[bytes]) -> Iterator[bytes]:
    """The lines of one or several blocks of bytes, without their newlines; a block's last newline is optional."""
    if isinstance(given, bytes):
        given = [given] if given else []
    for block in given:
        yield from block.removesuffix(b"\n").split(b"\n")


def _plain(file: io.BufferedReader) -> IO[bytes]:
    if file.peek(2)[:2] != b"\x1f\x8b":
        return file
    # The buffer splits lines in C; a GzipFile alone would split them in Python.
    return io.BufferedReader(cast(io.RawIOBase, gzip.GzipFile(fileobj=file)), BUFFER_BYTES)
