"""Typos among real event names, held to a list that was made by reading them.

`real_names.json` has, for each name of data/git_history, the events of each year, on the first day of these, and the
share of the events that have each of its own properties.
"""

import json
from datetime import date
from pathlib import Path

from mixpanel_data.registry.judging.shapes import EventDay
from mixpanel_data.registry.judging.typos import PropertySet, Resemblance, names_in, pairs, resemblances
from registry.misspelt_names import MISSPELT, ONE_WORD_APART, OTHER_SPELLINGS

_NAMES = json.loads((Path(__file__).parents[1] / "real_names.json").read_text())


def _found() -> dict[str, Resemblance]:
    histories = {
        name: [EventDay(date.fromisoformat(day), events) for day, events in known["seen"]]
        for name, known in _NAMES.items()
    }
    similar = pairs(histories)
    return resemblances(histories, similar, {n: PropertySet.of(_NAMES[n]["properties"]) for n in names_in(similar)})


def test_19_of_20_verdicts_are_right_and_9_of_10_misspelt_names_are_found() -> None:
    found = {name: each.similar_to for name, each in _found().items() if each.is_typo}
    right = found.items() & MISSPELT.items()
    assert len(right) >= 0.95 * len(found), found.items() - right
    assert len(right) >= 0.9 * len(MISSPELT), MISSPELT.items() - right


def test_another_spelling_that_is_as_usual_is_no_typo_but_is_like_it() -> None:
    found = _found()
    for name, other in OTHER_SPELLINGS.items():
        likeness = [found[one] for one in (name, other) if one in found]
        assert likeness, name
        assert not any(each.is_typo for each in likeness), name


def test_a_name_that_differs_by_a_word_is_not_even_like_it() -> None:
    assert not _found().keys() & ONE_WORD_APART.keys()
