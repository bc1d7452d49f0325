"""Lines of text on their way from a client to a warehouse."""

from collections.abc import Iterator
from typing import Protocol


class ByteStream(Protocol):
    """Lines of text that raise an error unless they end whole.

    Iterating yields the bytes as the sender sent them, gzipped if `is_gzip`; `text` yields them inflated. A caller
    uses one or the other, once. `lines` and `longest_line` (in bytes) are known afterwards.
    """

    @property
    def is_gzip(self) -> bool: ...

    @property
    def lines(self) -> int: ...

    @property
    def longest_line(self) -> int: ...

    def __iter__(self) -> Iterator[bytes]: ...

    def text(self) -> Iterator[bytes]: ...
