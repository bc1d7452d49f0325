"""How the setup ends before its last step."""


class SetupError(Exception):
    """It cannot go on; the message says why, and what to do."""


class Stopped(BaseException):
    """A signal asks it to end."""

    def __init__(self, signal: int) -> None:
        super().__init__(signal)
        self.signal = signal
