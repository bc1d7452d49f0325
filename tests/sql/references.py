"""What each statement reads and writes, by Google's analyzer: `costs/statements.json`, which plans are made from.

BigQuery bills the columns that a statement names, of the days that constant bounds on the partition column leave.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mixpanel_data.warehouse.statements import Statement
from mixpanel_data.warehouse.tables import TABLES
from sql.library import relations, statements, used
from sql.zetasql_engine import Relations, resolved, type_text

KINDS: Mapping[str, str] = {
    "resolved_query_stmt_node": "SELECT",
    "resolved_insert_stmt_node": "INSERT",
    "resolved_update_stmt_node": "UPDATE",
    "resolved_delete_stmt_node": "DELETE",
    "resolved_merge_stmt_node": "MERGE",
}
# How a comparison bounds its column, and how with its sides changed over.
_SIGNS: Mapping[str, str] = {
    "ZetaSQL:$greater_or_equal": "from",
    "ZetaSQL:$greater": "from",
    "ZetaSQL:$less": "before",
    "ZetaSQL:$less_or_equal": "until",
    "ZetaSQL:$equal": "on",
}
_TURNED: Mapping[str, str] = {
    "ZetaSQL:$greater_or_equal": "until",
    "ZetaSQL:$greater": "before",
    "ZetaSQL:$less": "from",
    "ZetaSQL:$less_or_equal": "from",
    "ZetaSQL:$equal": "on",
}
_CONDITIONS = ("filter_expr", "join_expr", "where_expr", "merge_expr")
_AND, _BETWEEN, _IN_ARRAY, _DATE = "ZetaSQL:$and", "ZetaSQL:$between", "ZetaSQL:$in_array", "ZetaSQL:date"


@dataclass(slots=True)
class _Scan:
    """One place where a statement reads a table."""

    table: str
    columns: list[str]
    partition_column_id: int | None
    bounds: dict[str, list[str]] = field(default_factory=dict)


def text() -> str:
    """The document: one statement a line, by name."""
    known = relations()
    # A table that is not the dataset's own, such as INFORMATION_SCHEMA's, is billed by rules of its own.
    own = (one for one in statements() if not one.undeclared.keys() - known.keys())
    lines = (f"{json.dumps(str(one))}: {json.dumps(reference(one, known))}" for one in own)
    return "{\n" + ",\n".join(lines) + "\n}\n"


def reference(statement: Statement, known: Relations) -> dict[str, Any]:
    """What one statement does: its kind, what it creates or writes, and what it reads within which bounds."""
    sql = statement.on({})
    among = used(statement, known)
    tree = resolved(sql, among, statement.parameters)
    name = tree.WhichOneof("node")
    node = getattr(tree, name)
    scans = list(_scans(node))
    for condition in _conjuncts(node):
        for sign, column_id, expression in _bounds(condition):
            for scan in scans:
                if scan.partition_column_id == column_id:
                    scan.bounds.setdefault(sign, []).append(_text_of(expression, sql))
    written = node.table_scan.table.name if name != "resolved_query_stmt_node" else None
    found: dict[str, Any] = {"kind": KINDS[name]}
    if statement.creates:
        found |= {"creates": statement.creates, "columns": dict(_output(node))}
    if written:
        found |= {"writes": written}
    if name == "resolved_merge_stmt_node":
        found |= {"modifies": any(clause.action_type != _INSERT for clause in node.when_clause_list)}
    is_insert = name == "resolved_insert_stmt_node"
    read = scans[1:] if is_insert else scans
    return {**found, "reads": _reads(read)}


_INSERT = 1


def _reads(scans: Sequence[_Scan]) -> dict[str, Any]:
    """By table: all columns that any scan names; the bounds of each scan, unless one has none."""
    found: dict[str, Any] = {}
    for table in sorted({scan.table for scan in scans}):
        own = [scan for scan in scans if scan.table == table]
        found[table] = {"columns": sorted({column for scan in own for column in scan.columns})}
        if all(scan.bounds for scan in own):
            bounds = [{sign: sorted(set(each)) for sign, each in sorted(scan.bounds.items())} for scan in own]
            found[table]["bounds"] = [each for place, each in enumerate(bounds) if each not in bounds[:place]]
    return found


def _scans(node: Any) -> Iterator[_Scan]:
    for message in _messages(node):
        if message.DESCRIPTOR.name != "ResolvedTableScanProto":
            continue
        table, columns = message.table.name, message.parent.column_list
        partitioned_by = TABLES[table].partition_column if table in TABLES else None
        ids = [column.column_id for column in columns if column.name == partitioned_by]
        yield _Scan(table, [column.name for column in columns], ids[0] if ids else None)


def _conjuncts(node: Any) -> Iterator[Any]:
    """The conditions that rows have to fulfil, each for itself."""
    for message in _messages(node):
        for name in _CONDITIONS:
            if name in message.DESCRIPTOR.fields_by_name and message.HasField(name):
                yield from _parts(_bare(getattr(message, name)))


def _parts(expression: Any) -> Iterator[Any]:
    if _function(expression) == _AND:
        for each in expression.parent.argument_list:
            yield from _parts(_bare(each))
    else:
        yield expression


def _bounds(condition: Any) -> Iterator[tuple[str, int, Any]]:
    """How a condition bounds a column by a constant: the sign, the column's id, the constant."""
    called = _function(condition)
    if called is None:
        return
    arguments = [_bare(each) for each in condition.parent.argument_list]
    if sign := _SIGNS.get(called):
        left, right = arguments
        yield from _bound(sign, left, right)
        yield from _bound(_TURNED[called], right, left)
    elif called == _BETWEEN:
        yield from _bound("from", arguments[0], arguments[1])
        yield from _bound("until", arguments[0], arguments[2])
    elif called == _IN_ARRAY:
        yield from _bound("in", arguments[0], arguments[1])


def _bound(sign: str, column: Any, constant: Any) -> Iterator[tuple[str, int, Any]]:
    if _function(column) == _DATE and len(column.parent.argument_list) == 1:
        column, sign = _bare(column.parent.argument_list[0]), f"day {sign}"
    if column.DESCRIPTOR.name == "ResolvedColumnRefProto" and _is_constant(constant):
        yield sign, column.column.column_id, constant


def _is_constant(expression: Any) -> bool:
    varying = ("ResolvedColumnRefProto", "ResolvedSubqueryExprProto")
    return not any(message.DESCRIPTOR.name in varying for message in _messages(expression))


def _function(expression: Any) -> str | None:
    is_call = expression.DESCRIPTOR.name == "ResolvedFunctionCallProto"
    return str(expression.parent.function.name) if is_call else None


def _bare(wrapped: Any) -> Any:
    """The message of a node within those that only say of which kind it is."""
    while len(wrapped.DESCRIPTOR.oneofs) == 1 and wrapped.WhichOneof(wrapped.DESCRIPTOR.oneofs[0].name):
        wrapped = getattr(wrapped, wrapped.WhichOneof(wrapped.DESCRIPTOR.oneofs[0].name))
    return wrapped


def _messages(message: Any) -> Iterator[Any]:
    """The message and all within it, from the outside in."""
    yield message
    for descriptor, value in message.ListFields():
        if descriptor.type != descriptor.TYPE_MESSAGE:
            continue
        for each in value if descriptor.is_repeated else (value,):
            yield from _messages(each)


def _output(node: Any) -> Iterator[tuple[str, str]]:
    for column in node.output_column_list:
        yield column.name, type_text(column.column.type)


def _text_of(expression: Any, sql: str) -> str:
    span = next(m for m in _messages(expression) if m.DESCRIPTOR.name == "ParseLocationRangeProto")
    return " ".join(sql.encode()[span.start : span.end].decode().split())
