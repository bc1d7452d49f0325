"""Scripts over the stand-in's events and profiles, compared with counts made by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from standins.querying.conftest import Ask

DAYS = 'from_date: "2026-03-01", to_date: "2026-03-03"'
VISITS = f"Events({{{DAYS}, event_selectors: [{{event: 'Visit'}}]}})"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (f"return Events({{{DAYS}}}).reduce(mixpanel.reducer.count())", [11]),
        (
            f"return {VISITS}.groupBy(['properties.plan'], mixpanel.reducer.count());",
            [
                *({"key": ["plus"], "value": 2}, {"key": ["pro"], "value": 2}),
                *({"key": [None], "value": 1}, {"key": ["free"], "value": 1}),
            ],
        ),
        (
            f"return Events({{{DAYS}}}).filter(e => e.name === 'Purchase' && typeof e.properties.amount == 'number')"
            ".reduce([mixpanel.reducer.sum('properties.amount'), mixpanel.reducer.avg('properties.amount')])",
            [[27.5, 13.75]],
        ),
        (
            f"return {VISITS}.groupByUser(mixpanel.reducer.count()).filter(function(u) {{ return u.value > 1 }})",
            [{"key": ["ann"], "value": 2}, {"key": ["bob"], "value": 2}],
        ),
        (
            f"return {VISITS}.groupByUser((state, events) => events.length)"
            ".map(u => ({user: u.key[0], visits: u.value}))",
            [
                *({"user": "ann", "visits": 2}, {"user": "bob", "visits": 2}),
                *({"user": "cid", "visits": 1}, {"user": "", "visits": 1}),
            ],
        ),
        (
            f"return {VISITS}.groupBy([mixpanel.numeric_bucket('time', mixpanel.daily_time_buckets)],"
            " mixpanel.reducer.count())",
            [{"key": [1772323200000 + 86400000 * day], "value": count} for day, count in enumerate((2, 3, 1))],
        ),
        (
            f"return {VISITS}.map(e => new Date(e.time).toISOString().substr(0, 10))"
            ".groupBy([function(day) { return day; }], mixpanel.reducer.count())",
            [{"key": [f"2026-03-0{day}"], "value": count} for day, count in ((1, 2), (2, 3), (3, 1))],
        ),
        (
            'return People({user_selectors: [{selector: \'properties["plan"] != "free"\'}]}).map(p => p.distinct_id)',
            ["ann", "bob"],
        ),
        ("return [params.names[1], params.limit * 2]", ["b", 14]),
        (
            "var total = 0; for (var i = 0; i < 5; i++) { if (i % 2 === 1) total += i; } return [total, 'x' + total]",
            [4, "x4"],
        ),
        ("let f = (a, b) => a > b ? {big: a} : [b]; return [f(2, 1), f(1, 2)]", [{"big": 2}, [2]]),
    ],
)
def test_a_script_is_run(ask: Ask, body: str, expected: list[Any]) -> None:
    answer = ask("jql", method="POST", script=f"function main() {{ {body} }}", params={"names": ["a", "b"], "limit": 7})
    assert answer.json() == expected


def test_scripts_see_the_ids_as_they_were_sent(mixpanel: Any, ask: Ask) -> None:
    mixpanel.resolve["bob"] = "ann"
    script = f"function main() {{ return {VISITS}.groupByUser(mixpanel.reducer.count()).map(u => u.key[0]) }}"
    assert ask("jql", method="POST", script=script).json() == ["ann", "bob", "cid", ""]


@pytest.mark.parametrize(
    ("script", "error", "line"),
    [
        ("function main() {\n  return Evnts({});\n}", "ReferenceError: Evnts is not defined", 2),
        ("function main() {\n\n return params.a.b;\n}", "TypeError: Cannot read property 'b' of undefined", 3),
        ("function main() {\n return 1 +;\n}", "SyntaxError: Unexpected token ;", 2),
        ("function main() {\n return 'open;\n}", "SyntaxError: Invalid or unexpected token", 2),
        ("function main() { return [].nothing() }", "TypeError: [].nothing is not a function", 1),
        (
            "function main() {\n  return Events({from_date: '2026-03-01', to_date: '2026-03-01'})\n  .limit(3)\n}",
            "TypeError: Events(...).limit is not a function",
            3,
        ),
        ("function main() { throw 'too bad' }", "too bad", 1),
        ("function other() {}", "ReferenceError: main is not defined", 1),
        ("function main() { return Events({}) }", "Error: Events() needs from_date and to_date, as YYYY-MM-DD", 1),
        (
            "function f() { return f() }\nfunction main() { return f() }",
            "RangeError: Maximum call stack size exceeded",
            1,
        ),
        ("function main() {\n while (true) {}\n}", "Error: script exceeded its time limit", 2),
    ],
)
def test_an_error_of_a_script_is_shown_with_its_line(ask: Ask, script: str, error: str, line: int) -> None:
    """Mixpanel shows the line, and counts three lines of its own in front of the script."""
    answer = ask("jql", method="POST", script=script, params={})
    assert answer.status_code == 412
    shown = script.split("\n")[line - 1]
    first, second, caret, *rest = answer.json()["error"].split("\n")
    assert first == f"UserVisiblePreconditionFailedError: Uncaught exception {error}"
    assert (second, caret.strip()) == (shown, "^")
    assert rest == ["", "Stack trace:", error, f"    at main (<anonymous>:{line + 3}:{len(caret)})", ""]


def test_a_script_is_needed(ask: Ask) -> None:
    assert ask("jql", method="POST", script="").json()["error"] == "missing required parameter: script"
    assert ask("jql", method="POST", script="function main() {}", params="{").status_code == 400
