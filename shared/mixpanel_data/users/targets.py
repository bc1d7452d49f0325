"""The contract of a target: where totals are written outside the warehouse."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

from mixpanel_data.base.errors import MixpanelDataError, NotFoundError, RequestError, listed
from mixpanel_data.base.nearest import nearest
from mixpanel_data.base.user_totals import Holding, Refusal, User

ALL = "all"
"""Stands for every target where targets are named."""


class Target(Protocol):
    """One destination of totals, such as a PostgreSQL table; sending the same users again changes nothing there."""

    name: str
    """The target's field in `sync` of the configuration."""
    most_users: int
    """The largest number of users that one call of `send` takes."""

    def send(self, users: Sequence[User]) -> Sequence[Refusal]:
        """Write the totals of these users, which replace what the target has of them; returns the users it refuses.

        Raises UnavailableError, AuthenticationError, ConfigError or QueryError. Some or all of the users may have been
        written by then; the next run sends all of them again.
        """
        ...


@runtime_checkable
class CountingTarget(Target, Protocol):
    """A target that can say what it holds. Mixpanel's profiles cannot: a project's token only writes."""

    def holding(self) -> Holding:
        """Count the rows, and say which place they are in. Raises as `send` does."""
        ...

    def missing(self, ids: Sequence[str]) -> Sequence[str]:
        """Return those of these users whom the target lacks; any number of ids. Raises as `send` does."""
        ...


class TargetFailedError(Exception):
    """A target raised an error: its class and its message. The run goes on without this target."""


@contextlib.contextmanager
def asked() -> Iterator[None]:
    """Turn a target's errors into TargetFailedError, which the warehouse's errors are not."""
    try:
        yield
    except MixpanelDataError as error:
        raise TargetFailedError(f"{type(error).__name__}: {error}") from error


def named_targets(names: Sequence[str], targets: Sequence[Target]) -> frozenset[str]:
    """The names of targets that a call gives, or those of all (`all`). Raises NotFoundError for any other name."""
    known = [target.name for target in targets]
    if names and not known:
        raise RequestError(
            "There is no target to send to: the user metrics configure none. Add one under sync, such as sync.postgres."
        )
    unknown = [name for name in names if name not in (*known, ALL)]
    if unknown:
        raise NotFoundError(
            f"The user metrics configure no target {listed(unknown)}. {nearest(unknown[0], (*known, ALL))}"
        )
    return frozenset(known if ALL in names else names)
