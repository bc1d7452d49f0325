"""Instants, days and time zones on DuckDB, where a connection's time zone is UTC.

A TIMESTAMP of GoogleSQL is DuckDB's TIMESTAMPTZ, and a DATETIME is its TIMESTAMP. A macro names the types of its
parameters where another type would be answered wrongly: DuckDB then refuses the other type. None has a second form for
other types, because DuckDB cannot choose between two for the result of an aggregate.
"""

from sqlglot import exp

from mixpanel_data.warehouse.rewrites.tree import call, refused

MACROS: tuple[str, ...] = (
    # DATE and TIMESTAMP_TRUNC of an instant, in UTC. DuckDB's own go through its time zone calendar, and take ten
    # times as long.
    "CREATE OR REPLACE MACRO utc_wall_clock(instant) AS make_timestamp(epoch_us(instant))",
    "CREATE OR REPLACE MACRO utc_date(instant) AS CAST(utc_wall_clock(instant) AS DATE)",
    "CREATE OR REPLACE MACRO utc_trunc(unit, instant) AS"
    " make_timestamptz(epoch_us(date_trunc(unit, utc_wall_clock(instant))))",
    # DATE(timestamp, zone).
    "CREATE OR REPLACE MACRO zone_date(instant TIMESTAMPTZ, zone) AS CAST(timezone(zone, instant) AS DATE)",
    # TIMESTAMP(date or datetime, zone). Of the two instants of a repeated hour GoogleSQL takes the first and DuckDB
    # the second; the first is at the offset of the day before. In a missing hour both count on from before it.
    "CREATE OR REPLACE MACRO first_instant(clock, zone, second) AS make_timestamptz(epoch_us(clock)"
    " - epoch_us(timezone(zone, second - INTERVAL 1 DAY)) + epoch_us(second - INTERVAL 1 DAY))",
    "CREATE OR REPLACE MACRO either_instant(clock, zone, second, first) AS"
    " CASE WHEN first < second AND timezone(zone, first) = clock THEN first ELSE second END",
    "CREATE OR REPLACE MACRO wall_instant(clock, zone) AS either_instant("
    "clock, zone, timezone(zone, clock), first_instant(clock, zone, timezone(zone, clock)))",
    "CREATE OR REPLACE MACRO zone_instant(clock, zone) AS wall_instant(CAST(clock AS TIMESTAMP), zone)",
    # TIMESTAMP_TRUNC(timestamp, unit, zone): a day or more by the calendar; less at the instant's own offset, so that
    # both hours of a repeated one stay apart.
    "CREATE OR REPLACE MACRO zone_trunc(unit, instant TIMESTAMPTZ, zone) AS"
    " zone_instant(date_trunc(unit, timezone(zone, instant)), zone)",
    "CREATE OR REPLACE MACRO offset_trunc(unit, instant TIMESTAMPTZ, zone) AS make_timestamptz(epoch_us(instant)"
    " - epoch_us(timezone(zone, instant)) + epoch_us(date_trunc(unit, timezone(zone, instant))))",
    # DATE_TRUNC, DATE_ADD and DATE_SUB, which return a DATE; DuckDB's own return a TIMESTAMP.
    "CREATE OR REPLACE MACRO date_start(unit, day DATE) AS CAST(date_trunc(unit, day) AS DATE)",
    "CREATE OR REPLACE MACRO date_plus_days(day DATE, days) AS day + CAST(days AS INTEGER)",
    "CREATE OR REPLACE MACRO date_plus_months(day DATE, months) AS"
    " CAST(day + to_months(CAST(months AS INTEGER)) AS DATE)",
    # DATE_DIFF and DATETIME_DIFF: how many ends of the unit lie between.
    *(
        f"CREATE OR REPLACE MACRO {macro}(unit, later {kind}, earlier {kind}) AS CASE"
        " WHEN unit = 'WEEK' THEN date_diff('day', date_trunc('week', earlier), date_trunc('week', later)) // 7"
        " ELSE date_diff(unit, earlier, later) END"
        for macro, kind in (("date_ends", "DATE"), ("datetime_ends", "TIMESTAMP"))
    ),
    # TIMESTAMP_DIFF: how many whole units; DuckDB's own, beside counting ends, takes seventy times as long.
    "CREATE OR REPLACE MACRO whole_between(later, earlier, micros) AS (epoch_us(later) - epoch_us(earlier)) // micros",
    # UNIX_SECONDS and UNIX_MILLIS, which are those that have passed; DuckDB's own round.
    "CREATE OR REPLACE MACRO passed(instant TIMESTAMPTZ, micros) AS"
    " (epoch_us(instant) - (epoch_us(instant) % micros + micros) % micros) // micros",
)

_MICROS = {
    "MICROSECOND": 1,
    "MILLISECOND": 1_000,
    "SECOND": 1_000_000,
    "MINUTE": 60_000_000,
    "HOUR": 3_600_000_000,
    "DAY": 86_400_000_000,
}
_SHORT = ("MICROSECOND", "MILLISECOND", "SECOND", "MINUTE", "HOUR")
_DAYS = {"DAY": 1, "WEEK": 7}
_MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}
_LONG = (*_DAYS, *_MONTHS)
_SAME_PARTS = ("YEAR", "ISOYEAR", "QUARTER", "MONTH", "DAY", "DAYOFYEAR", "HOUR", "MINUTE", "SECOND")
_PARTS_OF_SECOND = {"MILLISECOND": 1_000, "MICROSECOND": 1_000_000}


def clocks(node: exp.Expr) -> exp.Expr:
    """All functions of TIMESTAMP, DATETIME and DATE that DuckDB does not have alike."""
    for rewrite in (_conversion, _truncation, _part, _difference, _sum):
        written = rewrite(node)
        if written is not node:
            return written
    return node


def _conversion(node: exp.Expr) -> exp.Expr:
    """TIMESTAMP_SECONDS, _MILLIS and _MICROS, UNIX_SECONDS and _MILLIS, DATE_FROM_UNIX_DATE, DATE and DATETIME, and
    TIMESTAMP and FORMAT_TIMESTAMP with a zone."""
    zone = node.args.get("zone")
    if isinstance(node, exp.UnixToTime):
        scale = node.args.get("scale")
        to_micros = 10 ** (6 - (int(scale.name) if scale else 0))
        micros = exp.Mul(this=exp.Paren(this=node.this), expression=exp.Literal.number(to_micros))
        return call("make_timestamptz", micros)
    if isinstance(node, exp.UnixSeconds | exp.UnixMillis):
        unit = "SECOND" if isinstance(node, exp.UnixSeconds) else "MILLISECOND"
        return call("passed", node.this, exp.Literal.number(_MICROS[unit]))
    if isinstance(node, exp.DateFromUnixDate):
        return call("date_plus_days", exp.cast(exp.Literal.string("1970-01-01"), "date"), node.this)
    if isinstance(node, exp.Datetime):
        return call("timezone", node.expression, node.this)
    if isinstance(node, exp.Date):
        return call("zone_date", node.this, zone) if zone else call("utc_date", node.this)
    if isinstance(node, exp.Timestamp) and zone:
        return call("zone_instant", node.this, zone)
    if isinstance(node, exp.TimeToStr) and zone:
        return exp.TimeToStr(this=call("timezone", zone, node.this.this), format=node.args["format"])
    return node


def _truncation(node: exp.Expr) -> exp.Expr:
    """TIMESTAMP_TRUNC, DATETIME_TRUNC and DATE_TRUNC."""
    if not isinstance(node, exp.TimestampTrunc | exp.DatetimeTrunc | exp.DateTrunc):
        return node
    unit, zone = _unit(node, (*_SHORT, *_LONG)), node.args.get("zone")
    name = exp.Literal.string(unit)
    if isinstance(node, exp.DatetimeTrunc):
        return call("date_trunc", name, exp.cast(node.this, "timestamp"))
    if zone is not None:
        return call("offset_trunc" if unit in _SHORT else "zone_trunc", name, node.this, zone)
    return call("date_start" if isinstance(node, exp.DateTrunc) else "utc_trunc", name, node.this)


def _part(node: exp.Expr) -> exp.Expr:
    """EXTRACT(part FROM value), also AT TIME ZONE."""
    if not isinstance(node, exp.Extract):
        return node
    part, of = node.this.name.upper() if isinstance(node.this, exp.Var) else "", node.expression
    if part in _SAME_PARTS:
        return node
    if part == "ISOWEEK":
        return exp.Extract(this=exp.var("WEEK"), expression=of)
    if part == "DAYOFWEEK":
        return exp.Paren(this=exp.Add(this=node.copy(), expression=exp.Literal.number(1)))
    if part in _PARTS_OF_SECOND:
        most = exp.Literal.number(_PARTS_OF_SECOND[part])
        return exp.Paren(this=exp.Mod(this=node.copy(), expression=most))
    if part == "DATE":
        return call("zone_date", of.this, of.args["zone"]) if isinstance(of, exp.AtTimeZone) else call("utc_date", of)
    raise refused(node, f"use ISOWEEK, DATE or one of {', '.join(_SAME_PARTS)}")


def _difference(node: exp.Expr) -> exp.Expr:
    """DATE_DIFF, DATETIME_DIFF and TIMESTAMP_DIFF."""
    if isinstance(node, exp.TimestampDiff):
        micros = exp.Literal.number(_MICROS[_unit(node, tuple(_MICROS))])
        return call("whole_between", node.this, node.expression, micros)
    if isinstance(node, exp.DateDiff | exp.DatetimeDiff):
        unit = exp.Literal.string(_unit(node, (*_SHORT, *_LONG)))
        return call(
            "date_ends" if isinstance(node, exp.DateDiff) else "datetime_ends", unit, node.this, node.expression
        )
    return node


def _sum(node: exp.Expr) -> exp.Expr:
    """DATE_ADD and DATE_SUB."""
    if not isinstance(node, exp.DateAdd | exp.DateSub):
        return node
    unit = _unit(node, _LONG)
    amount = _times(node.expression, _DAYS.get(unit) or _MONTHS[unit])
    if isinstance(node, exp.DateSub):
        amount = exp.Neg(this=exp.Paren(this=amount))
    return call("date_plus_days" if unit in _DAYS else "date_plus_months", node.this, amount)


def _times(amount: exp.Expr, factor: int) -> exp.Expr:
    number = exp.Literal.number(amount.name) if isinstance(amount, exp.Literal) else amount
    return exp.Mul(this=exp.Paren(this=number), expression=exp.Literal.number(factor)) if factor > 1 else number


def _unit(node: exp.Expr, among: tuple[str, ...]) -> str:
    """DuckDB's name of the unit; its weeks begin on Monday. Raises TranslationError for a unit that is not among."""
    unit = node.args["unit"]
    is_monday = isinstance(unit, exp.WeekStart) and unit.name.upper() == "MONDAY"
    name = "WEEK" if is_monday else unit.name.upper() if isinstance(unit, exp.Var | exp.Literal) else ""
    if name == "WEEK" and not is_monday and not isinstance(node, exp.DateAdd | exp.DateSub):
        name = ""
    name = "WEEK" if name == "ISOWEEK" else name
    if name not in among:
        raise refused(node, f"the units are {', '.join(among)}, and weeks begin on Monday, as WEEK(MONDAY) or ISOWEEK")
    return name
