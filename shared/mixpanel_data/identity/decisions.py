"""Links taken out, put back and made, by hand or by the demonstration."""

from collections.abc import Mapping
from contextlib import closing

from mixpanel_data.base.errors import RequestError
from mixpanel_data.configuration.identity import IdentityConfig
from mixpanel_data.identity import clustering, statements
from mixpanel_data.identity.deciding import Decisions
from mixpanel_data.identity.deciding.statements import GIVEN_LINKS, LINKS_BETWEEN, STORE
from mixpanel_data.identity.identity_run import IdentityRun
from mixpanel_data.identity.inspection import why
from mixpanel_data.identity.judging import judge
from mixpanel_data.identity.linking import newest_link
from mixpanel_data.identity.reading import Plan
from mixpanel_data.identity.sources.ids import identifies_nobody
from mixpanel_data.warehouse.base import Row, Warehouse

_HAND = "hand"
_MANUAL = "manual"


def split(warehouse: Warehouse, a: str, b: str) -> Decisions | None:
    """The decision to take all links between two ids out; None if they are out already by hand.

    Raises RequestError if there is no link, NotFoundError for an id that nobody has seen.
    """
    links = _links(warehouse, a, b)
    if not links:
        raise RequestError(_no_link(warehouse, a, b))
    if all(row["status"] == "split" for row in links):
        return None
    return Decisions(_HAND, _MANUAL, split=[(a, b)])


def link(warehouse: Warehouse, config: IdentityConfig, a: str, b: str) -> Decisions | None:
    """The decision to put the links between two ids back, or to add one of the source `manual` where there is none.

    None if no link between them is out by hand. Raises RequestError for a new link of an id that identifies nobody.
    """
    links = _links(warehouse, a, b)
    if not links:
        _check_ids(config, {"a": a, "b": b})
        return Decisions(_HAND, _MANUAL, added=[(a, b)])
    if all(row["status"] != "split" for row in links):
        return None
    return Decisions(_HAND, _MANUAL, restored=[(a, b)])


def decide(transition: IdentityRun, decisions: Decisions, plan: Plan | None = None) -> None:
    """Store the decisions, their new links and the plan's progress, and judge the links in question, in one part."""
    entries, added = decisions.entries(), decisions.links(transition.run.started_at)
    before = newest_link(transition) if added else 0
    with closing(transition.staging()) as staging:
        staging.materialise(GIVEN_LINKS, newest_link=before, given=added)
        staging.materialise(statements.PART_LINKS, after_link=before, up_to_link=before + len(added))
        staging.materialise(statements.LINKS_OF_IDS, ids=decisions.ids)
        judge(transition, staging, is_of_all=False, decided=entries)
        clustering.cluster(transition, staging)
        clustering.publish(transition, staging, plan, STORE, decided=entries)


def _check_ids(config: IdentityConfig, ids: Mapping[str, str]) -> None:
    for name, one in ids.items():
        if identifies_nobody(one) or one in config.ignore:
            raise RequestError(f"{name} is {one!r}, which identifies nobody and makes no link: give another id")


def _links(warehouse: Warehouse, a: str, b: str) -> list[Row]:
    return warehouse.rows(LINKS_BETWEEN, a=a, b=b)


def _no_link(warehouse: Warehouse, a: str, b: str) -> str:
    chain = why(warehouse, a, b).chain
    if not chain:
        return f"a and b: no link connects {a!r} and {b!r}, not even through other ids. Correct an id."
    steps = ", ".join(f"{step.id_a!r} and {step.id_b!r}" for step in chain)
    return (
        f"a and b: {a!r} and {b!r} have no link of their own; they are connected by the links of {steps}. "
        "Split one of these."
    )
