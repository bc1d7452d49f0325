"""The commands of `mp report`: the options that all of them take, and the way to the answer."""

import functools
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mixpanel_data.base.errors import RequestError
from mixpanel_data.cli.base import interrupts
from mixpanel_data.cli.base.files import text_of
from mixpanel_data.cli.base.options import command
from mixpanel_data.cli.base.output import Output
from mixpanel_data.cli.base.workspaces import DbOption, local
from mixpanel_data.cli.reports.conditions import check_property, json_of, segment_of
from mixpanel_data.cli.reports.pages import check_page
from mixpanel_data.cli.reports.showing import show_answer
from mixpanel_data.configuration.reports.choices import By

if TYPE_CHECKING:
    from mixpanel_data.reports.answers.answer import Answer
    from mixpanel_data.workspace.reporting.reports import Reports

Fields = Mapping[str, Any]
"""Fields of a definition by name; None, an empty list and False are those that are not given."""

_FromOption = Annotated[
    str | None, typer.Option("--from", metavar="DATE", help="First day, in the time zone of the report.")
]
_ToOption = Annotated[str | None, typer.Option("--to", metavar="DATE", help="Last day (inclusive).")]
_ZoneOption = Annotated[
    str | None, typer.Option("--timezone", metavar="ZONE", help="Zone of the days, in place of MIXPANEL_TIMEZONE.")
]
_ByOption = Annotated[
    By | None, typer.Option("--by", help="Who counts as one user: an id (user), or all ids of a cluster (cluster).")
]
_SegmentOption = Annotated[
    str | None, typer.Option("--segment", metavar="NAME|JSON", help="Only the users of this segment.")
]
_SegmentsOption = Annotated[
    list[str] | None,
    typer.Option("--segments", metavar="NAME|JSON", help="Put the users of this segment beside others; repeat it."),
]
_CompareOption = Annotated[
    str | None,
    typer.Option(
        "--compare", metavar="previous|FIRST..LAST", help="Compare with as many days before, or with these days."
    ),
]
_AsOfOption = Annotated[
    str | None, typer.Option("--as-of", metavar="TIME", help="Work out segments as of this moment, not now.")
]
_TableOption = Annotated[str | None, typer.Option("--table", metavar="TABLE", help="The table of events to read.")]
_HtmlOption = Annotated[
    Path | None, typer.Option("--html", metavar="FILE", help="Also write the answer as a page, which needs no network.")
]
_DefinitionOption = Annotated[
    str | None,
    typer.Option("--json-definition", metavar="FILE|-", help="Start from this definition; options replace its fields."),
]
_OnOption = Annotated[str | None, typer.Option("--on", metavar="PROPERTY", help="Break down by this property.")]
_WidthOption = Annotated[float | None, typer.Option("--width", metavar="N", help="Put numbers into ranges this wide.")]
_EdgesOption = Annotated[
    list[float] | None,
    typer.Option("--edge", metavar="N", help="Begin a range of numbers here; repeat it in ascending order."),
]
_LimitOption = Annotated[
    int | None, typer.Option("--limit", metavar="N", help="Show this many values, the largest; 60 by default.")
]
_COMMON: Mapping[str, Any] = {
    "from_date": _FromOption,
    "to_date": _ToOption,
    "timezone": _ZoneOption,
    "by": _ByOption,
    "segment": _SegmentOption,
    "segments": _SegmentsOption,
    "compare": _CompareOption,
    "as_of": _AsOfOption,
    "table": _TableOption,
}
_BREAKDOWN: Mapping[str, Any] = {"on": _OnOption, "width": _WidthOption, "edges": _EdgesOption, "limit": _LimitOption}
OVER_DAYS = tuple(_COMMON)
"""The options of reports over days, by their fields."""
WITH_BREAKDOWN = (*_BREAKDOWN, *OVER_DAYS)
"""Those of reports that a property can break down too."""
OF_A_COHORT = ("from_date", "to_date", "timezone", "by", "as_of", "table")
OF_USERS = ("timezone", "by", "table")
"""Those of reports about users, which have no days."""
_STEPS_OF_CONDITIONS = {
    "where": ("event", "events", "steps"),
    "born_where": ("born",),
    "returned_where": ("returned",),
}
_PROPERTIES = ("on", "property", "hold")
_WAYS: Mapping[str, Any] = {"html": _HtmlOption, "db": DbOption}


@dataclass(frozen=True, slots=True)
class Asked:
    """A call of a command: the fields that its options give, and the definition that they change."""

    definition: Fields | None
    fields: Fields


def report_command(
    app: typer.Typer, *, options: Sequence[str] = OVER_DAYS, has_definition: bool = True
) -> Callable[[Callable[..., Fields]], Callable[..., Fields]]:
    """Register a report, by the name of the function; with `has_definition` it takes --json-definition.

    The function turns the report's own options into fields of its definition. The fields `name` of the report `run` and
    those of `options`, which other reports have too, need nothing from it.
    """
    common = {name: {**_BREAKDOWN, **_COMMON}[name] for name in options}
    added = {**({"json_definition": _DefinitionOption} if has_definition else {}), **common, **_WAYS}

    def register(function: Callable[..., Fields]) -> Callable[..., Fields]:
        @functools.wraps(function)
        def call(output: Output, **arguments: Any) -> None:
            html, db = (arguments.pop(name) for name in _WAYS)
            definition = _definition(arguments.pop("json_definition", None))
            if definition is not None:
                _check_conditions(arguments)
            given = _fields({name: arguments.pop(name) for name in common})
            if html is not None:
                check_page(html)
            asked = Asked(definition, _given(_checked({**given, **function(**arguments)})))
            with interrupts.ended_soon(), local(db) as workspace, output.progress("Working out the report"):
                answer = _answer(function.__name__, workspace.report, asked)
            show_answer(output, answer, html)

        call.__signature__ = _signature(function, added)  # type: ignore[attr-defined]
        command(app, function.__name__.replace("_", "-"))(call)
        return function

    return register


def _answer(name: str, reports: "Reports", asked: Asked) -> "Answer":
    if name == "run":
        fields = dict(asked.fields)
        return reports.run(fields.pop("name"), **fields)
    found: Answer = getattr(reports, name)(asked.definition, **asked.fields)
    return found


def _signature(function: Callable[..., Fields], added: Mapping[str, Any]) -> inspect.Signature:
    keyword = inspect.Parameter.KEYWORD_ONLY
    own = inspect.signature(function, eval_str=True).parameters.values()
    output = inspect.Parameter("output", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Output)
    shared = [inspect.Parameter(name, keyword, default=None, annotation=option) for name, option in added.items()]
    return inspect.Signature([output, *(each.replace(kind=keyword) for each in own), *shared])


def _definition(source: str | None) -> Fields | None:
    if source is None:
        return None
    document = json_of("--json-definition", sys.stdin.read() if source == "-" else text_of(Path(source)))
    if not isinstance(document, dict):
        raise RequestError("--json-definition is not a JSON object. Give a definition, as in config/reports.json.")
    return document


def _check_conditions(arguments: Mapping[str, Any]) -> None:
    """Raise RequestError for a condition whose events the definition names: which of them it is for is not said."""
    for condition, steps in _STEPS_OF_CONDITIONS.items():
        named = [arguments[step] for step in steps if step in arguments]
        if arguments.get(condition) and named and not any(named):
            raise RequestError(
                f"--{condition.replace('_', '-')} is for events that options name, and the definition names these. "
                "Write the condition into the definition, or name the events by options too."
            )


def _fields(common: Fields) -> Fields:
    segment, segments, compare = (common.get(name) for name in ("segment", "segments", "compare"))
    return {
        **common,
        "segment": segment and segment_of("--segment", segment),
        "segments": [segment_of("--segments", each) for each in segments or ()],
        "compare": compare and _compared(compare),
    }


def _checked(fields: Fields) -> Fields:
    """The fields, if those that name properties have names. Raises RequestError."""
    for field in _PROPERTIES:
        for name in [named] if isinstance(named := fields.get(field), str) else named or ():
            check_property(f"--{field}", name)
    return fields


def _compared(text: str) -> Any:
    first, separator, last = text.partition("..")
    return {"from_date": first, "to_date": last} if separator else text


def _given(fields: Fields) -> dict[str, Any]:
    # Not `in`: 0 equals False, and is a value.
    return {name: value for name, value in fields.items() if value is not None and value is not False and value != []}
