"""Links taken out, put back and made, by hand or by the demonstration."""

from contextlib import closing

from mixpanel_data.base.errors import NotFoundError, RequestError
from mixpanel_data.identity import clustering, statements
from mixpanel_data.identity.deciding import Decisions
from mixpanel_data.identity.deciding.statements import GIVEN_LINKS, STORE
from mixpanel_data.identity.identity_run import IdentityRun
from mixpanel_data.identity.inspection import why
from mixpanel_data.identity.judging import judge
from mixpanel_data.identity.linking import newest_link
from mixpanel_data.warehouse.base import Row

_HAND = "hand"
_MANUAL = "manual"


def split(transition: IdentityRun, a: str, b: str) -> None:
    """Take all links between two ids out. Raises RequestError if there is none."""
    if not _links(transition, a, b):
        raise RequestError(_no_link(transition, a, b))
    decide(transition, Decisions(_HAND, _MANUAL, split=[(a, b)]))


def link(transition: IdentityRun, a: str, b: str) -> None:
    """Put the links between two ids back; add one of the source `manual` where there is none."""
    if _links(transition, a, b):
        decide(transition, Decisions(_HAND, _MANUAL, restored=[(a, b)]))
    else:
        decide(transition, Decisions(_HAND, _MANUAL, added=[(a, b)]))


def decide(transition: IdentityRun, decisions: Decisions) -> None:
    """Store the decisions and their new links, and judge the links that they put in question, in one part."""
    entries, added = decisions.entries(), decisions.links(transition.run.started_at)
    before = newest_link(transition) if added else 0
    with closing(transition.staging()) as staging:
        staging.materialise(GIVEN_LINKS, newest_link=before, given=added)
        staging.materialise(statements.PART_LINKS, after_link=before, up_to_link=before + len(added))
        staging.materialise(statements.LINKS_OF_IDS, ids=decisions.ids)
        judge(transition, staging, is_of_all=False, decided=entries)
        clustering.cluster(transition, staging)
        clustering.publish(transition, staging, None, STORE, decided=entries)


def _links(transition: IdentityRun, a: str, b: str) -> list[Row]:
    return transition.warehouse.rows(statements.LINKS_BETWEEN, a=a, b=b)


def _no_link(transition: IdentityRun, a: str, b: str) -> str:
    try:
        chain = why(transition.warehouse, a, b).chain
    except NotFoundError as error:
        return str(error)
    if not chain:
        return f"a and b: no link connects {a!r} and {b!r}, not even through other ids. Correct an id."
    steps = ", ".join(f"{step.id_a!r} and {step.id_b!r}" for step in chain)
    return (
        f"a and b: {a!r} and {b!r} have no link of their own; they are connected by the links of {steps}. "
        "Split one of these."
    )
