"""Where totals are written besides the warehouse: what a target has to do."""

from collections.abc import Sequence
from typing import Protocol

from mixpanel_data.base.user_totals import Refusal, User


class Target(Protocol):
    """One place outside; sending the same users again changes nothing there."""

    name: str
    most_users: int
    """How many users one call of `send` may have."""

    def send(self, users: Sequence[User]) -> Sequence[Refusal]:
        """Write these users' totals, absolute, all that it takes; returns those whom it refuses.

        Raises UnavailableError where it is away, AuthenticationError, ConfigError, QueryError: then some or all of the
        users may have been written, and all are sent again by the next run.
        """
        ...
