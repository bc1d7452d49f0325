"""What is wrong with a statement before it ever runs; every check returns sentences, none where all is well."""

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from sqlglot import exp, parse_one, tokenize
from sqlglot.tokenizer_core import TokenType

from mixpanel_data.warehouse.statements import Statement
from mixpanel_data.warehouse.tables import TABLES
from sql.library import used
from sql.zetasql_engine import GoogleSqlError, Relations, analyze, execute

Check = Callable[[Statement, Relations], list[str]]

BOUNDED = {
    name: table.partition_column
    for name, table in TABLES.items()
    if table.partition_column and (table.resource.get("requirePartitionFilter") or name == "event_minutes")
}
"""Tables of which a statement may touch the partitions of a window only, by their partition column."""

# Functions of GoogleSQL that BigQuery's function reference does not have.
_NOT_IN_BIGQUERY = re.compile(
    r"""ALL_DIFFERENT|APPLY|APPROX_(COSINE_DISTANCE|DOT_PRODUCT|EUCLIDEAN_DISTANCE)
    |ARRAY_(AVG|FILTER|FIND|FIND_ALL|FIRST_N|INCLUDES|INCLUDES_ALL|INCLUDES_ANY|IS_DISTINCT|LAST_N|MAX|MIN|OFFSET
        |OFFSETS|REMOVE_FIRST_N|REMOVE_LAST_N|SUM|TRANSFORM|ZIP)
    |(LAX_)?(BOOL|DOUBLE|FLOAT32|FLOAT64|INT32|INT64|STRING|UINT32|UINT64)_ARRAY
    |DOT_PRODUCT|ELEMENTWISE_(AVG|SUM)|FLATTEN|FLOAT32|LAX_FLOAT32|IFERROR|ISERROR|NULLIFERROR|NULLIFZERO|ZEROIFNULL
    |JSON_CONTAINS|NEW_UUID|PI|PI_NUMERIC|PI_BIGNUMERIC|REGEXP_EXTRACT_GROUPS|SAFE_TO_JSON|SPLIT_SUBSTR
    |TIMESTAMP_FROM_UNIX_(MICROS|MILLIS|SECONDS)|ZSTD_(COMPRESS|DECOMPRESS_TO_BYTES|DECOMPRESS_TO_STRING)""",
    re.VERBOSE | re.IGNORECASE,
)
_PATH_FUNCTIONS = re.compile(r"(LAX_)?JSON_(EXTRACT|QUERY|VALUE|SET|REMOVE|STRIP_NULLS|ARRAY_)\w*", re.IGNORECASE)
_PLACE = re.compile(r"\[at (\d+):\d+\]")


def type_errors(statement: Statement, relations: Relations) -> list[str]:
    """The analyzer's verdict on the text that the engines get: with other names in place of the tables' own."""
    names = {name: f"physical_{name}" for name in relations}
    sql = statement.on(names)
    physical = {names[name]: columns for name, columns in used(statement, relations).items()}
    try:
        analyze(sql, physical, statement.parameters)
    except GoogleSqlError as error:
        return [f"GoogleSQL refuses it: {error}{_line(sql, str(error))}"]
    return []


def unknown_tables(statement: Statement, relations: Relations) -> list[str]:
    """Names of tables that are neither declared nor created, and such as would not get their physical name."""
    named = {table.name for table in _tables(_tree(statement))}
    problems = [f"{name} is neither declared in schemas/ nor created" for name in sorted(named - relations.keys())]
    for name in sorted(named & relations.keys() ^ statement.tables() & relations.keys()):
        problems.append(f"{name} stands where it is not a table, or where Statement.on does not see it")
    return problems


def foreign_to_bigquery(statement: Statement, relations: Relations) -> list[str]:
    """What the analyzer lets pass and BigQuery does not."""
    problems = [f"BigQuery has no function {name}" for name in _called(statement) if _NOT_IN_BIGQUERY.fullmatch(name)]
    if re.search(r"\bBERNOULLI\b", statement.on({}), re.IGNORECASE):
        problems.append("BigQuery samples by SYSTEM only, not BERNOULLI")
    for recursive in _tree(statement).find_all(exp.With):
        if recursive.recursive and any(union.args.get("distinct") for union in recursive.find_all(exp.Union)):
            problems.append("BigQuery has no UNION DISTINCT in WITH RECURSIVE")
    return problems


def invalid_paths(statement: Statement, relations: Relations) -> list[str]:
    """Constant JSONPaths that fail when the statement runs: the analyzer does not read them."""
    problems = []
    for path in sorted(set(_paths(statement))):
        literal = "'" + path.replace("\\", "\\\\").replace("'", "\\'") + "'"
        try:
            execute(f"SELECT JSON_QUERY(JSON '{{}}', {literal})", {}, {}, {}, {})
        except GoogleSqlError as error:
            problems.append(f"{path} is not a JSONPath: {error}")
    return problems


def unbounded(statement: Statement, relations: Relations) -> list[str]:
    """Tables that are read or changed without parameters for both ends of their partition column."""
    return [
        f"{table.name} is touched without {column} >= @... AND {column} < @... beside it"
        for table in _tables(_tree(statement))
        if (column := BOUNDED.get(table.name)) and not _is_insert_target(table) and not _is_bounded(table, column)
    ]


def left_out(statement: Statement, relations: Relations) -> list[str]:
    """REQUIRED columns that an INSERT does not fill."""
    tree = _tree(statement)
    if not isinstance(tree, exp.Insert) or not isinstance(tree.this, exp.Schema):
        return []
    table = TABLES.get(tree.this.this.name)
    filled = {column.name for column in tree.this.expressions}
    required = [column.name for column in table.columns if column.is_required] if table else []
    return [f"the INSERT does not fill {name}, which is REQUIRED" for name in required if name not in filled]


def stars(statement: Statement, relations: Relations) -> list[str]:
    """`SELECT *` whose columns go into a table."""
    tree = _tree(statement)
    rows = tree.expression if isinstance(tree, exp.Insert) else tree if statement.creates else None
    return ["SELECT * is written into a table: name the columns"] if rows and rows.is_star else []


def outer_joins(statement: Statement, relations: Relations) -> list[str]:
    """Outer joins without an equality of both sides: BigQuery refuses them, and the analyzer lets them pass."""
    return [
        f"{join.side} JOIN {join.this.alias_or_name} has no equality of a column of each side"
        for join in _tree(statement).find_all(exp.Join)
        if join.side
        and not isinstance(join.this, exp.Unnest)
        and not join.args.get("using")
        and not _has_equality(join)
    ]


def _has_equality(join: exp.Join) -> bool:
    on, own = join.args.get("on"), join.this.alias_or_name
    conditions = on.flatten() if isinstance(on, exp.And) else [on] if on else []
    return any(
        isinstance(condition, exp.EQ)
        and sorted((_only_of(condition.this, own), _only_of(condition.expression, own))) == [False, True]
        and condition.this.find(exp.Column)
        and condition.expression.find(exp.Column)
        for condition in (each.unnest() for each in conditions)
    )


def _only_of(side: exp.Expr, name: str) -> bool:
    """Whether the columns of one side of a comparison are all of the relation of that name, which has to be written."""
    return all(column.table == name for column in side.find_all(exp.Column))


CHECKS: tuple[Check, ...] = (
    type_errors, unknown_tables, foreign_to_bigquery, invalid_paths, unbounded, left_out, stars, outer_joins,
)  # fmt: skip


def _tree(statement: Statement) -> exp.Expr:
    return parse_one(statement.on({}), read="bigquery")


def _tables(tree: exp.Expr) -> Iterator[exp.Table]:
    """Where a table is named, sub-queries of the statement's own left out."""
    own = {cte.alias for cte in tree.find_all(exp.CTE)}
    return (table for table in tree.find_all(exp.Table) if table.name and table.name not in own)


def _is_insert_target(table: exp.Table) -> bool:
    holder = table.find_ancestor(exp.Insert, exp.Select)
    return isinstance(holder, exp.Insert)


def _is_bounded(table: exp.Table, column: str) -> bool:
    bounds = {
        type(condition)
        for condition in _conditions(table)
        if isinstance(condition, (exp.GTE, exp.LT))
        and _is(condition.this, table, column)
        and _is_given(condition.expression)
    }
    return len(bounds) == 2


def _conditions(table: exp.Table) -> Iterator[exp.Expr]:
    """What holds for all rows that are taken of the table, where it stands."""
    holder = table.find_ancestor(exp.Select, exp.Update, exp.Delete, exp.Merge)
    if holder is None:
        return
    where = holder.args.get("where")
    if where:
        yield from where.this.flatten() if isinstance(where.this, exp.And) else [where.this]
    join = table.parent
    for on in (holder.args.get("on"), join.args.get("on") if isinstance(join, exp.Join) and not join.side else None):
        if on:
            yield from on.flatten() if isinstance(on, exp.And) else [on]


def _is(side: exp.Expr, table: exp.Table, column: str) -> bool:
    return isinstance(side, exp.Column) and side.name == column and side.table in ("", table.alias_or_name)


def _is_given(side: exp.Expr) -> bool:
    """Whether a value is known before a row is read: BigQuery prunes by such values alone."""
    return side.find(exp.Parameter) is not None and side.find(exp.Column, exp.Subquery, exp.Select) is None


def _called(statement: Statement) -> list[str]:
    tokens = tokenize(statement.on({}), read="bigquery")
    return [
        before.text.upper()
        for before, token in pairwise(tokens)
        if token.token_type is TokenType.L_PAREN and before.token_type is not TokenType.STRING
    ]


def _paths(statement: Statement) -> Iterator[str]:
    """The strings that stand as a path among the arguments of a JSON function."""
    calls: list[str] = []
    before = None
    for token in tokenize(statement.on({}), read="bigquery"):
        if token.token_type is TokenType.L_PAREN:
            calls.append(before.text if before else "")
        elif token.token_type is TokenType.R_PAREN:
            calls.pop()
        elif token.token_type is TokenType.STRING and calls and _is_path(calls[-1], token.text):
            yield token.text
        before = token


def _is_path(function: str, text: str) -> bool:
    return bool(_PATH_FUNCTIONS.fullmatch(function) and re.match(r"(lax\s+)?(recursive\s+)?\$", text))


def _line(sql: str, message: str) -> str:
    place = _PLACE.search(message)
    return f"\n  {sql.splitlines()[int(place[1]) - 1].strip()}" if place else ""
