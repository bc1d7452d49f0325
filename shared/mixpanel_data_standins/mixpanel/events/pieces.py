"""Pieces of a body, each available as plain and as deflated bytes, joined into one gzip member.

Several clients read one gzip member and stop, so the whole export has to be one member. The pieces were compressed at
different times; they can share a member because raw deflate blocks can follow each other, and because the checksum of
the whole follows from the checksums of its parts.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Protocol

# 1F8B, deflate, no name, no time, fastest, system unknown (RFC 1952).
GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\xff"
EMPTY_LAST_BLOCK = b"\x03\x00"
PIECE_BYTES = 1 << 19


class Piece(Protocol):
    """Some whole lines of a body."""

    @property
    def raw_bytes(self) -> int:
        """Length as plain bytes."""

    @property
    def crc(self) -> int:
        """CRC-32 of the plain bytes."""

    def raw(self) -> bytes:
        """The plain bytes."""

    def deflated(self) -> bytes:
        """The same as raw deflate blocks, which further blocks can follow."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """A piece made for a single answer."""

    data: bytes

    @property
    def raw_bytes(self) -> int:
        """Length as plain bytes."""
        return len(self.data)

    @property
    def crc(self) -> int:
        """CRC-32 of the plain bytes."""
        return zlib.crc32(self.data)

    def raw(self) -> bytes:
        """The plain bytes."""
        return self.data

    def deflated(self) -> bytes:
        """The same, compressed on each call."""
        return deflate(self.data)


def deflate(data: bytes) -> bytes:
    """Raw deflate blocks that end on a byte boundary, so that further blocks can follow."""
    compressor = zlib.compressobj(level=1, wbits=-zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH)


def inflate(data: bytes) -> bytes:
    """The bytes that `deflate` compressed."""
    return zlib.decompressobj(wbits=-zlib.MAX_WBITS).decompress(data)


def batched(lines: Iterable[bytes]) -> Iterator[Fresh]:
    """Lines, each with its newline, in pieces of about half a MiB."""
    batch: list[bytes] = []
    size = 0
    for line in lines:
        batch.append(line)
        size += len(line) + 1
        if size >= PIECE_BYTES:
            yield joined(batch)
            batch, size = [], 0
    if batch:
        yield joined(batch)


def joined(lines: list[bytes]) -> Fresh:
    """Lines as one piece, each with its newline."""
    return Fresh(b"\n".join(lines) + b"\n" if lines else b"")


def without_last_newline(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """The same body without its last byte, a newline."""
    held: Piece | None = None
    for piece in pieces:
        if held is not None:
            yield held
        held = piece
    if held is not None:
        yield Fresh(held.raw()[:-1])


def longer_than(pieces: Iterator[Piece], limit_bytes: int) -> tuple[bool, Iterator[Piece]]:
    """Whether the plain body is longer than the limit, and all its pieces."""
    held: list[Piece] = []
    size = 0
    while size <= limit_bytes and (piece := next(pieces, None)) is not None:
        held.append(piece)
        size += piece.raw_bytes
    return size > limit_bytes, chain(held, pieces)


def gzip_member(pieces: Iterable[Piece], trailer: Callable[[bytes], bytes]) -> Iterator[bytes]:
    """The body as one gzip member; `trailer` gets the eight correct last bytes and returns the bytes to send."""
    yield GZIP_HEADER
    crc = size = 0
    for piece in pieces:
        yield piece.deflated()
        crc = joined_crc(crc, piece.crc, piece.raw_bytes)
        size += piece.raw_bytes
    yield EMPTY_LAST_BLOCK + trailer(struct.pack("<II", crc, size & 0xFFFFFFFF))


def joined_crc(first: int, second: int, second_bytes: int) -> int:
    """CRC-32 of two parts from the CRC-32 of each and the length of the second."""
    # CRC-32 is linear: shift the first part's checksum over as many zero bytes as the second part has, then add the
    # second part's. zlib inverts the checksum on entry and exit, which the XORs undo. Takes 0.5 s per GB of zeros.
    return zlib.crc32(bytes(second_bytes), first ^ 0xFFFFFFFF) ^ 0xFFFFFFFF ^ second
