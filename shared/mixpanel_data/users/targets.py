"""The contract of a target: where totals are written outside the warehouse."""

from collections.abc import Sequence
from typing import Protocol

from mixpanel_data.base.user_totals import Refusal, User


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
