"""A column of whole numbers that grows at its end."""

import numpy as np
import numpy.typing as npt


class Column:
    """Whole numbers in an array with room for more, so that appending one is cheap."""

    __slots__ = ("_length", "_room")

    def __init__(self) -> None:
        self._room = np.zeros(8, np.int64)
        self._length = 0

    @property
    def values(self) -> npt.NDArray[np.int64]:
        """All numbers so far; the array can be written to until the next one is appended."""
        return self._room[: self._length]

    def append(self, value: int) -> None:
        """Add a number at the end."""
        if self._length == len(self._room):
            self._room = np.concatenate([self._room, np.zeros_like(self._room)])
        self._room[self._length] = value
        self._length += 1
