"""Reports over many users at once, and over long histories of few, beside plain Python."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixpanel_data.reports.answers.answering import parts_of
from reports.histories import Past, pasts
from reports.implementations import asking, embedded
from reports.random_definitions import REPORTS, asked_of
from reports.stored_histories import differences, store
from support.reports.answers import answer

pytestmark = pytest.mark.sequences

examples = settings(max_examples=int(os.environ.get("STATE_MACHINE_EXAMPLES", "12")))
DEFINITIONS_OF_A_HISTORY = 4


@pytest.mark.parametrize("report", REPORTS)
@examples
@given(data=st.data(), past=pasts(most_events=20, crowds=15))
def test_a_report_over_many_users_is_that_of_plain_python(report: str, data: st.DataObject, past: Past) -> None:
    compare(report, data, past)


@pytest.mark.parametrize("report", REPORTS)
@examples
@given(data=st.data(), past=pasts(most_events=300))
def test_a_report_over_long_histories_is_that_of_plain_python(report: str, data: st.DataObject, past: Past) -> None:
    compare(report, data, past)


def compare(report: str, data: st.DataObject, past: Past) -> None:
    """Ask the library several questions about a history that is stored once, and plain Python the same."""
    store(past.events, past.world, embedded())
    for definition in data.draw(st.lists(asked_of(report, past), min_size=1, max_size=DEFINITIONS_OF_A_HISTORY)):
        expected = answer(definition, past.events, past.world)
        found = parts_of(definition, asking(past.world))
        assert not differences(found, expected), definition
