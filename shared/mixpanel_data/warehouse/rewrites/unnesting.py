"""Members and elements of JSON, unnested on DuckDB in the list of a SELECT: one of the rewrites of `dialect`."""

from sqlglot import exp


def spread(tree: exp.Expr) -> exp.Expr:
    """UNNEST(JSON_KEYS(json, 1)) AS key beside json[name of the key], and UNNEST(JSON_QUERY_ARRAY(json)): what a SELECT
    joins so and only lists is unnested in its list, names and values side by side.

    As a join, each row with its names would be kept until the join is done, and each value would parse its text again.
    DuckDB's names are as they are written, so that the expression that makes a name of a key becomes a name.
    """
    for select in list(tree.find_all(exp.Select)):
        joins = [each for each in select.args.get("joins") or [] if isinstance(each.this, exp.Unnest)]
        if len(joins) == 1 and _is_only_listed(select, joins[0]) and _is_spread(select, joins[0].this):
            joins[0].pop()
    return tree


def _is_only_listed(select: exp.Select, join: exp.Join) -> bool:
    alias = join.this.alias_column_names[0]
    uses = [each for each in select.find_all(exp.Column) if each.name == alias and not each.table]
    listed = [each for one in select.expressions for each in one.find_all(exp.Column)]
    return all(any(use is each for each in listed) for use in uses) and not any(
        one.find(exp.AggFunc, exp.Window) for one in select.expressions
    )


def _is_spread(select: exp.Select, unnest: exp.Unnest) -> bool:
    """Whether the list has what the join unnests; then the list unnests it."""
    unnested, alias = unnest.expressions[0], unnest.alias_column_names[0]
    if isinstance(unnested, exp.JSONKeysAtDepth):
        return _are_members_spread(select, unnested.this, alias)
    if isinstance(unnested, exp.JSONExtractArray) and unnested.expression.sql() == "'$'":
        elements = _call("json_extract", unnested.this.copy(), exp.Literal.string("$[*]"))
        _replace_in_list(select, exp.column(alias), _call("unnest", elements))
        return True
    return False


def _are_members_spread(select: exp.Select, document: exp.Expr, key: str) -> bool:
    brackets = [each for one in select.expressions for each in one.find_all(exp.Bracket) if each.this == document]
    members = [
        each for each in brackets if any(column.name == key for column in each.expressions[0].find_all(exp.Column))
    ]
    if not members:
        return False
    member, name = members[0].copy(), members[0].expressions[0].copy()
    _replace_in_list(select, member, _call("unnest", _call("json_extract", document.copy(), exp.Literal.string("$.*"))))
    _replace_in_list(select, name, _call("unnest", _call("json_keys", document.copy())))
    return True


def _replace_in_list(select: exp.Select, old: exp.Expr, new: exp.Expr) -> None:
    for selected in select.expressions:
        for node in [each for each in selected.walk() if each == old]:
            node.replace(new.copy())


def _call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    return exp.Anonymous(this=name, expressions=list(arguments))
