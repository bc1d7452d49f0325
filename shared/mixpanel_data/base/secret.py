"""Secrets that cannot be printed by accident."""


class Secret:
    """A value that prints as ***; call `reveal` only where the value goes on a wire."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself."""
        return self._value

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__
