"""Arrays, and the aggregates that make them, on DuckDB."""

from sqlglot import exp

from mixpanel_data.warehouse.rewrites.tree import call, refused

MACROS: tuple[str, ...] = (
    # list[OFFSET(place)] and list[SAFE_OFFSET(place)]: DuckDB's own count from 1, and from the end if negative.
    "CREATE OR REPLACE MACRO safe_element(list, place) AS CASE WHEN place >= 0 THEN list[place + 1] END",
    "CREATE OR REPLACE MACRO element(list, place) AS CASE WHEN place < 0 OR place >= len(list)"
    " THEN error('Array index ' || place || ' is out of bounds') ELSE list[place + 1] END",
    # RANGE_BUCKET(value, edges): how many edges are not above the value.
    "CREATE OR REPLACE MACRO range_bucket(value, edges) AS CASE"
    " WHEN edges <> list_sort(edges) OR len(edges) <> list_count(edges)"
    " THEN error('RANGE_BUCKET: the edges are not in order, or one of them is NULL')"
    " WHEN value IS NOT NULL AND NOT isnan(CAST(value AS DOUBLE))"
    " THEN len(list_filter(edges, lambda edge: edge <= value)) END",
    # GENERATE_ARRAY: DuckDB's own is empty for a step of 0.
    "CREATE OR REPLACE MACRO array_by_steps(first, last, step) AS"
    " CASE WHEN step = 0 THEN error('Sequence step cannot be 0') ELSE generate_series(first, last, step) END",
    # ARRAY_AGG(x ORDER BY x LIMIT n): the least n values, which DuckDB keeps no more of than that; but it leaves out
    # NULL, which GoogleSQL would put into the array.
    *(
        f"CREATE OR REPLACE MACRO {name}_values(value, most) AS CASE WHEN count(*) > count(value)"
        f" THEN error('ARRAY_AGG met a NULL: write IGNORE NULLS') ELSE {function}(value, most) END"
        for name, function in (("least", "min"), ("greatest", "max"))
    ),
)

_APPROXIMATE = (exp.ApproxQuantiles, exp.ApproxQuantile, exp.ApproxDistinct, exp.ApproxTopK, exp.ApproxTopSum, exp.Hll)


def lists(node: exp.Expr) -> exp.Expr:
    """Elements by their place, RANGE_BUCKET, GENERATE_ARRAY with a step, and UNNEST ... WITH OFFSET."""
    if isinstance(node, exp.Bracket) and node.args.get("offset") is not None:
        return _element(node)
    if isinstance(node, exp.RangeBucket):
        return call("range_bucket", node.this, node.expression)
    if isinstance(node, exp.GenerateSeries) and node.args.get("step"):
        return call("array_by_steps", node.args["start"], node.args["end"], node.args["step"])
    if isinstance(node, exp.Unnest) and node.args.get("offset"):
        return _with_offset(node)
    return node


def searches(node: exp.Expr) -> exp.Expr:
    """EXISTS (SELECT … FROM UNNEST(array) AS element WHERE condition).

    As a lambda, which sees the array evaluated once: as a query, DuckDB would join each row with its array.
    """
    select = node.this if isinstance(node, exp.Exists) else None
    if not isinstance(select, exp.Select) or not _is_search(select):
        return node
    unnest, condition = select.args["from_"].this, select.args["where"].this
    (element,) = unnest.alias_column_names
    passing = exp.Lambda(this=condition.copy(), expressions=[exp.to_identifier(element)])
    met = call("list_filter", unnest.expressions[0].copy(), passing)
    return exp.Paren(this=exp.GT(this=call("len", met), expression=exp.Literal.number(0)))


def _is_search(select: exp.Select) -> bool:
    """Whether a query does nothing but look for elements of one array; a lambda can hold no query."""
    given = {name for name, value in select.args.items() if value}
    unnest = select.args["from_"].this if "from_" in given else None
    return (
        given == {"expressions", "from_", "where"}
        and isinstance(unnest, exp.Unnest)
        and len(unnest.expressions) == len(unnest.alias_column_names) == 1
        and select.args["where"].find(exp.Query) is None
    )


def _element(node: exp.Bracket) -> exp.Expr:
    place = node.expressions[0]
    if node.args["offset"] == 1:
        place = exp.Paren(this=exp.Sub(this=exp.Paren(this=place), expression=exp.Literal.number(1)))
    return call("safe_element" if node.args.get("safe") else "element", node.this, place)


def _with_offset(unnest: exp.Unnest) -> exp.Expr:
    """The elements and their places from 0; DuckDB's own begin with 1."""
    places = unnest.args["offset"]
    names = unnest.alias_column_names
    element = exp.to_identifier(names[0] if names else "element")
    counted = unnest.copy()
    counted.set("alias", exp.TableAlias(columns=[element.copy()]))
    from_zero = exp.alias_(exp.Sub(this=exp.column(places.copy()), expression=exp.Literal.number(1)), places.copy())
    join = unnest.parent
    if isinstance(join, exp.Join) and join.side and not join.args.get("on"):
        join.set("on", exp.true())
    return exp.select(exp.column(element), from_zero).from_(counted).subquery("_numbered")


def aggregates(node: exp.Expr) -> exp.Expr:
    """COUNTIF, which is 0 for no rows where sqlglot's SUM is NULL, and ARRAY_AGG with a LIMIT.

    Raises TranslationError for approximate aggregates, STRING_AGG with a LIMIT, and percentiles that respect NULLs.
    """
    if isinstance(node, _APPROXIMATE):
        raise refused(node, "two engines approximate differently; use an exact function")
    if isinstance(node, exp.GroupConcat) and isinstance(node.this, exp.Limit):
        raise refused(node, "aggregate an array with that LIMIT, and join it by ARRAY_TO_STRING")
    if isinstance(node, exp.RespectNulls) and isinstance(node.this, exp.PercentileCont | exp.PercentileDisc):
        raise refused(node, "DuckDB's percentiles ignore NULLs")
    if isinstance(node, exp.CountIf):
        if isinstance(node.this, exp.Distinct):
            raise refused(node, "DuckDB has no COUNTIF of distinct values")
        return _count_of(node)
    if isinstance(node, exp.IgnoreNulls) and isinstance(node.this, exp.ArrayAgg):
        return _limited(node, node.this, is_ignoring=True)
    if isinstance(node, exp.ArrayAgg) and not isinstance(node.parent, exp.IgnoreNulls):
        return _limited(node, node, is_ignoring=False)
    return node


def _count_of(node: exp.CountIf) -> exp.Expr:
    """A count of the rows that meet a condition; over a window without FILTER, with which DuckDB would walk through the
    whole frame again for each row."""
    if isinstance(node.parent, exp.Window):
        return exp.Count(this=exp.If(this=node.this, true=exp.Literal.number(1)))
    return exp.Filter(this=exp.Count(this=exp.Star()), expression=exp.Where(this=node.this))


def _limited(node: exp.Expr, array: exp.ArrayAgg, *, is_ignoring: bool) -> exp.Expr:
    """ARRAY_AGG(x ORDER BY y LIMIT n), with or without IGNORE NULLS; without a LIMIT the node itself."""
    limit = array.this
    if not isinstance(limit, exp.Limit):
        return node
    order, most = limit.this, limit.expression
    if isinstance(order, exp.Order) and order.expressions[0].this == order.this:
        is_down = bool(order.expressions[0].args.get("desc"))
        if is_ignoring:
            return call("max" if is_down else "min", order.this, most)
        return call("greatest_values" if is_down else "least_values", order.this, most)
    whole: exp.Expr = exp.ArrayAgg(this=order.copy())
    if is_ignoring:
        whole = exp.Filter(this=whole, expression=exp.Where(this=_is_not_null(order)))
    return call("list_slice", whole, exp.Literal.number(1), most)


def _is_not_null(order: exp.Expr) -> exp.Expr:
    value = order.this if isinstance(order, exp.Order) else order
    value = value.expressions[0] if isinstance(value, exp.Distinct) else value
    return exp.Not(this=exp.Is(this=value.copy(), expression=exp.Null()))
