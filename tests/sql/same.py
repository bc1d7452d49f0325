"""One statement over the same rows on both engines, and what came of it in a form that can be compared."""

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlglot import exp, parse_one

from mixpanel_data.warehouse.statements import Statement
from sql import duckdb_engine, zetasql_engine
from sql.library import relations, used
from sql.zetasql_engine import Columns, Row, Rows

Ignored = Collection[str]

_DELETE = re.compile(r"\ADELETE\s+FROM")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The rows of a SELECT, or those that a change adds, leaves or removes; `google` of GoogleSQL, `duck` of DuckDB."""

    google: list[Row]
    duck: list[Row]
    columns: Columns

    def differences(self, *ignored: str) -> list[str]:
        """A line for each row that one engine has and the other has not."""
        google, duck = (Counter(self._comparable(rows, ignored)) for rows in (self.google, self.duck))
        return [
            f"{engine}: {row}"
            for engine, rows in (("GoogleSQL", google - duck), ("DuckDB   ", duck - google))
            for row in sorted(rows.elements())
        ]

    def _comparable(self, rows: Iterable[Row], ignored: Ignored) -> Iterable[str]:
        kept = {name: type_text for name, type_text in self.columns.items() if name not in ignored}
        return (str({name: comparable(row[name], type_text) for name, type_text in kept.items()}) for row in rows)


def outcome(statement: Statement, rows: Rows, parameters: Mapping[str, Any]) -> Outcome:
    """Run a SELECT, INSERT, UPDATE or DELETE on both engines. Raises GoogleSqlError, before DuckDB has run it."""
    sql = statement.on({})
    known = used(statement, relations())
    given = {name: parameters[name] for name in statement.parameters}
    arguments = (known, rows, statement.parameters, given)
    tree = parse_one(sql, read="bigquery")
    if isinstance(tree, exp.Query):
        columns = zetasql_engine.analyze(sql, known, statement.parameters)
        google = zetasql_engine.execute(sql, *arguments)
        return Outcome(google, duckdb_engine.execute(sql, *arguments), columns)
    target = tree.find(exp.Table)
    assert target is not None
    columns = known[target.name]
    if isinstance(tree, exp.Delete):
        # The executor names the rows that it removes only by a primary key.
        google = zetasql_engine.execute(_DELETE.sub("SELECT * FROM", sql), *arguments)
    else:
        google = zetasql_engine.modify(sql, *arguments)
    before, after = duckdb_engine.changed(target.name, sql, *arguments)
    return Outcome(google, _CHANGES[type(tree)](before, after, google, columns), columns)


def comparable(value: Any, type_text: str) -> Any:
    """The value such that equal texts mean equal values: JSON by what it says, its numbers as doubles."""
    if value is None:
        return None
    if type_text == "JSON":
        return _sorted(json.loads(value, object_pairs_hook=_first_of_each, parse_int=float))
    if type_text == "FLOAT64":
        return float(value)
    return value


def _first_of_each(members: list[tuple[str, Any]]) -> dict[str, Any]:
    return dict(reversed(members))


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(element) for element in value] if isinstance(value, list) else value


def _without(rows: list[Row], others: list[Row], columns: Columns) -> list[Row]:
    """The rows less as many of their like as there are among the others."""

    def key(row: Row) -> str:
        return str([comparable(row[name], type_text) for name, type_text in columns.items()])

    left = Counter(map(key, others))
    kept = []
    for row in rows:
        if left[key(row)]:
            left[key(row)] -= 1
        else:
            kept.append(row)
    return kept


def _inserted(before: list[Row], after: list[Row], google: list[Row], columns: Columns) -> list[Row]:
    return _without(after, before, columns)


def _removed(before: list[Row], after: list[Row], google: list[Row], columns: Columns) -> list[Row]:
    return _without(before, after, columns)


def _updated(before: list[Row], after: list[Row], google: list[Row], columns: Columns) -> list[Row]:
    """The new rows; of unchanged ones (a row can be set to the values that it had) those that GoogleSQL names."""
    unchanged = _without(before, _without(before, after, columns), columns)
    changed = _without(after, unchanged, columns)
    missing = _without(google, changed, columns)
    return changed + [row for row in missing if row in unchanged]


_CHANGES: Mapping[type[exp.Expr], Callable[[list[Row], list[Row], list[Row], Columns], list[Row]]] = {
    exp.Insert: _inserted,
    exp.Update: _updated,
    exp.Delete: _removed,
}
