"""The points at which a process can die, counted, so that a test can let it die at each of them."""

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from mixpanel_data.base.errors import QueryError
from mixpanel_data.warehouse.statements import Statement

Result = TypeVar("Result")
# It fails inside the engine, so that the engine has to undo the statements before it.
_FATAL = Statement("a fatal statement", "INSERT INTO job_locks (job, n) SELECT 'dead', CAST(ERROR('dead') AS INT64)")


class Killed(BaseException):
    """The process ends here. Not an Exception, so that no handler of the library takes it."""


class Steps:
    """Counts the points that a process passes, and kills it at number `fatal`; 0 lets it live."""

    def __init__(self, fatal: int = 0) -> None:
        self.fatal = fatal
        self.passed: list[str] = []
        self._counting = threading.Lock()

    def step(self, name: str) -> None:
        """Pass a point; raises Killed at the fatal one."""
        if self.is_next_fatal(name):
            raise Killed(name)

    def is_next_fatal(self, name: str) -> bool:
        """Count a point, and tell whether it is the fatal one."""
        with self._counting:
            self.passed.append(name)
            return len(self.passed) == self.fatal

    def around(self, name: str, call: Callable[[], Result]) -> Result:
        """Make a call, with a point before and a point after it."""
        self.step(f"before {name}")
        result = call()
        self.step(f"after {name}")
        return result

    def transaction(
        self, name: str, statements: Sequence[Statement], run: Callable[[Sequence[Statement]], None]
    ) -> None:
        """Run a transaction, with a point before each statement, before the commit and after it."""
        for position in range(len(statements) + 1):
            upcoming = statements[position].name if position < len(statements) else "the commit"
            if self.is_next_fatal(f"{name}, before {upcoming}"):
                self._die_within(name, [*statements[:position], _FATAL], run)
        run(statements)
        self.step(f"{name}, after the commit")

    def _die_within(
        self, name: str, statements: Sequence[Statement], run: Callable[[Sequence[Statement]], None]
    ) -> None:
        try:
            run(statements)
        except QueryError as error:
            raise Killed(name) from error
        raise AssertionError("the fatal statement did not fail")


class InterruptedSteps(Steps):
    """Lets somebody else act at point number `at`: what happens while the process is between two of its steps."""

    def __init__(self, at: int, act: Callable[[], None]) -> None:
        super().__init__()
        self._at = at
        self._act = act

    def is_next_fatal(self, name: str) -> bool:
        super().is_next_fatal(name)
        if len(self.passed) == self._at:
            self._act()
        return False
