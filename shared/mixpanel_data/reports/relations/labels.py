"""The values of a property as text: what a breakdown calls its segments, and what tells values apart.

Both take the property as JSON, NULL where it is missing: best a column, for an expression is worked out in each place.
"""

from itertools import pairwise

from mixpanel_data.configuration.reports.conditions import Number
from mixpanel_data.configuration.reports.definitions import Breakdown
from mixpanel_data.reports.relations.conditions import number_of, text_of
from mixpanel_data.reports.relations.parameters import Parameters

UNDEFINED = "undefined"

# Strings are met before the numbers that they may hold, and stay as they are.
_WHOLE_WITHIN = (
    """REGEXP_REPLACE(TO_JSON_STRING({value}), r'("(?:[^"\\\\]|\\\\.)*")|([0-9])[.]0([],}}])', r'\\1\\2\\3')"""
)


def label_of(value: str, breakdown: Breakdown, parameters: Parameters) -> str:
    """The segment of a value: text as it is, other values as JSON, null and missing `undefined`.

    Numbers with `width` or `edges` lie in [low, high); below the first edge and from the last one on are segments too.
    """
    text = f"COALESCE({_plain(value)}, {parameters.add('STRING', UNDEFINED)})"
    if breakdown.width is None and not breakdown.edges:
        return text
    named = _range_of_width if breakdown.width is not None else _range_between_edges
    return f"COALESCE({named(number_of(value), breakdown, parameters)}, {text})"


def kind_and_text(value: str) -> str:
    """A text that two values share if they are equal within their JSON type; NULL for null and missing."""
    return f"CONCAT(JSON_TYPE({value}), {_plain(value)})"


def _plain(value: str) -> str:
    """Text as it is, other values as JSON, numbers written alike (10.0 as 10); NULL for null and missing."""
    within = _WHOLE_WITHIN.format(value=value)
    return (
        f"CASE JSON_TYPE({value}) WHEN 'string' THEN {text_of(value)} WHEN 'number' THEN {_whole(text_of(value))}"
        f" WHEN 'boolean' THEN {text_of(value)} WHEN 'array' THEN {within} WHEN 'object' THEN {within} END"
    )


def _whole(text: str) -> str:
    """The text of a number, without the point of a whole one."""
    return f"IF(ENDS_WITH({text}, '.0'), SUBSTR({text}, 1, LENGTH({text}) - 2), {text})"


def _range_between_edges(number: str, breakdown: Breakdown, parameters: Parameters) -> str:
    """The name of the range that a number lies in; NULL of NULL."""
    names = [parameters.add("STRING", name) for name in _names_of_ranges(breakdown.edges)]
    edges = [parameters.add("FLOAT64", float(edge)) for edge in breakdown.edges]
    cases = [f"WHEN {number} < {edge} THEN {name}" for edge, name in zip(edges, names, strict=False)]
    return f"CASE {' '.join(cases)} WHEN {number} IS NOT NULL THEN {names[-1]} END"


def _range_of_width(number: str, breakdown: Breakdown, parameters: Parameters) -> str:
    """The same for ranges of equal width; NULL too for numbers whose range has ends beyond INT64."""
    width = parameters.add("FLOAT64", float(breakdown.width or 1))
    low = f"FLOOR({number} / {width}) * {width}"
    if isinstance(breakdown.width, int):
        ends = [f"CAST(SAFE_CAST({end} AS INT64) AS STRING)" for end in (low, f"{low} + {width}")]
    else:
        ends = [_whole(f"CAST({end} AS STRING)") for end in (low, f"({low} + {width})")]
    return f"CONCAT('[', {ends[0]}, ', ', {ends[1]}, ')')"


def _names_of_ranges(edges: tuple[Number, ...]) -> list[str]:
    inner = [f"[{low}, {high})" for low, high in pairwise(edges)]
    return [f"(-∞, {edges[0]})", *inner, f"[{edges[-1]}, ∞)"]
