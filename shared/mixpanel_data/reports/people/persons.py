"""The user who has an id."""

from dataclasses import dataclass

from mixpanel_data.configuration.reports.choices import By
from mixpanel_data.reports.relations.asking import Asking
from mixpanel_data.warehouse.statements import statement

CLUSTER_OF_ID = statement("reports/people/cluster_of_id.sql", identity="STRING")


@dataclass(frozen=True, slots=True)
class Person:
    """One user, and the distinct ids whose events are theirs, in the order of the identity graph."""

    user: str
    ids: tuple[str, ...]


def person_with(identity: str, asking: Asking) -> Person:
    """The user who has this distinct id; it need not be that of any event."""
    if asking.by is By.CLUSTER:
        with asking.source.warehouse.stream(CLUSTER_OF_ID, identity=identity) as rows:
            for row in rows:
                return Person(row["cluster_id"], tuple(row["ids"]))
    return Person(identity, (identity,))
