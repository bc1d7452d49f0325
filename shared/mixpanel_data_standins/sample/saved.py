"""Saved reports, profiles and annotations to go with the invented traffic and the real events, so that every query has
an answer."""

from datetime import datetime, timedelta

from mixpanel_data_standins.mixpanel import StandInMixpanel
from mixpanel_data_standins.mixpanel.querying.state.saved import Annotation, Bookmark, Cohort, Funnel, Step
from mixpanel_data_standins.sample.traffic import BROKEN_VERSION, PEOPLE

_COUNTRIES = ("DE", "FR", "US")
_PLANS = ("free", "plus", "pro")


def save_reports(mixpanel: StandInMixpanel, now: datetime) -> None:
    """Save two funnels, two cohorts, a report and an annotation, and store a profile for each person of the traffic."""
    for person in range(PEOPLE):
        mixpanel.profiles.put(f"person-{person}", _profile(person, now))
    queries = mixpanel.queries
    queries.funnels = (
        Funnel(1, "Checkout", (Step("Page Viewed"), Step("Checkout Started"))),
        # On the real events: who helps with a commit, and later makes one.
        Funnel(2, "From helper to author", (Step("Helped-by"), Step("commit"))),
    )
    queries.cohorts = (
        Cohort(1, "Paying", where='properties["plan"] != "free"', description="Everyone with a paid plan"),
        Cohort(2, "Germany", where='properties["$country_code"] == "DE"'),
    )
    queries.bookmarks = (Bookmark(1, ("Page Viewed", "Checkout Started", "Checkout Failed"), count=4),)
    released = now.replace(minute=0, second=0, microsecond=0, tzinfo=None) - timedelta(hours=1)
    queries.annotations.append(Annotation(1, released, f"Released {BROKEN_VERSION}"))


def _profile(person: int, now: datetime) -> dict[str, str]:
    seen = now - timedelta(minutes=person)
    return {
        "$name": f"Person {person}",
        "$email": f"person{person}@example.com",
        "$country_code": _COUNTRIES[person % len(_COUNTRIES)],
        "$last_seen": f"{seen:%Y-%m-%dT%H:%M:%S}",
        "plan": _PLANS[person % 7 % len(_PLANS)],
    }
