"""The statements of the user sync are sound whatever a configuration calls its metrics, and whatever they read."""

from typing import Any

import pytest

from mixpanel_data.configuration.events import EventsConfig
from mixpanel_data.configuration.user_metrics import UserMetrics
from mixpanel_data.users.metrics import metrics_of
from mixpanel_data.users.statements import MOVED_IDS
from sql.checks import CHECKS
from sql.library import declared, rendered, with_created
from users.awkward_metrics import ALIKE, TAKEN, called, reading

# Some at a time: Google's analyzer nests no deeper than a sum of some thirty terms.
CONFIGURATIONS = [
    {},
    *(called(TAKEN[first : first + 10]) for first in range(0, len(TAKEN), 10)),
    *(reading(ALIKE[first : first + 2]) for first in range(0, len(ALIKE), 2)),
]


@pytest.mark.parametrize("config", CONFIGURATIONS, ids=lambda config: ", ".join(config.get("counters", ["nothing"])))
def test_statements_are_sound_whatever_metrics_they_name(config: dict[str, Any]) -> None:
    any_event = EventsConfig.model_validate({"events": [{"name": "*"}]})
    metrics = metrics_of(UserMetrics.model_validate(config), any_event)
    statements = [MOVED_IDS, *rendered(metrics)]
    known = with_created(declared(metrics), statements)
    problems = [f"{each}: {found}" for each in statements for check in CHECKS for found in check(each, known)]
    assert not problems, "\n".join(problems)
