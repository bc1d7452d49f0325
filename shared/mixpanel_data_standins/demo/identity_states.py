"""The last step: a cluster of ids grows from day to day, and Mixpanel's mirror of its pairs is sent few rows."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mixpanel_data_standins.demo.stage import Stage, report

if TYPE_CHECKING:
    from rich.console import Console

Rows = frozenset[tuple[Any, ...]]
"""All cells of each row of identity_permutations; mirror mode compares rows as a whole."""

_CALLS: Mapping[str, Mapping[str, str]] = {
    "yesterday": {"action": "build"},
    "today": {"action": "transition", "state": "today"},
    "tomorrow": {"action": "transition", "state": "tomorrow"},
}
_PURPOSES = {
    "yesterday": "Build the identity graph of the demonstration: one id, foo",
    "today": "Move to its next state: bar is foo too",
    "tomorrow": "And to the last: baz is bar too",
}


@dataclass(frozen=True, slots=True)
class State:
    """A state of the cluster: its pairs in order of their links, and the rows that the mirror is sent to get there."""

    name: str
    pairs: Sequence[Sequence[str]]
    inserted: int
    deleted: int


def step(stage: Stage) -> bool:
    """Set the three states one after the other; returns whether pairs and answers are as they should be."""
    states: list[State] = []
    answers: list[Mapping[str, Any]] = []
    before: Rows = frozenset()
    for name, body in _CALLS.items():
        answers.append(stage.call("identity-transition", body, _PURPOSES[name]))
        pairs, rows = _permutations(stage.database)
        states.append(State(name, pairs, len(rows - before), len(before - rows)))
        before = rows
    stage.say("\n[italic]identity_permutations, and the rows that Mixpanel's mirror mode would be sent[/]\n")
    for state in states:
        stage.console.print(_line(state), markup=False, soft_wrap=True)
    stage.say("")
    return check_states(stage.console, states, answers)


def check_states(console: "Console", states: Sequence[State], answers: Sequence[Mapping[str, Any]]) -> bool:
    """Compare the states with those that are configured, and the rows to send with the function's answers; print each
    check, return whether all passed."""
    pairs = {state.name: [list(pair) for pair in state.pairs] for state in states}
    growing = {"yesterday": [["foo"]], "today": [["foo", "bar"]], "tomorrow": [["foo", "bar"], ["bar", "baz"]]}
    sent = [(state.inserted, state.deleted) for state in states]
    answered = [(answer["changed"]["inserted"], answer["changed"]["deleted"]) for answer in answers]
    checks = {
        "the pairs connect foo, then bar, then baz": pairs == growing,
        "the mirror is sent the rows that the function counts: 1, 2 and 1": sent
        == answered
        == [(1, 0), (1, 1), (1, 0)],
    }
    return report(console, checks, "The identity graph is wrong.")


def _permutations(database: Path) -> tuple[list[list[str]], Rows]:
    """The pairs of ids, and the rows that they stand in."""
    import duckdb

    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute("USE mixpanel_data")
        found = connection.execute("SELECT * EXCLUDE (ids), ids FROM identity_permutations ORDER BY link_no").fetchall()
    return [ids for *_, ids in found], frozenset((*cells, *ids) for *cells, ids in found)


def _line(state: State) -> str:
    pairs = ", ".join(json.dumps(pair) for pair in state.pairs)
    deleted = f", {state.deleted} deleted" if state.deleted else ""
    return f"  {state.name:<9}  {pairs:<30}  {state.inserted} inserted{deleted}"
