"""The reference of the Python library, as Markdown, from the code: `Workspace`, its results, accounts, and errors.

Signatures are read from the source, because the text of an annotation differs between versions of Python.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

import mixpanel_data
from mixpanel_data import auth
from mixpanel_data.workspace import workspace as workspace_room
from mixpanel_data.workspace.live import queries
from mixpanel_data.workspace.reporting.reports import Reports
from mixpanel_data.workspace.results import counts
from mixpanel_data.workspace.segments.segments import Segments
from mixpanel_data.workspace.workspace import Workspace

_LONGEST_LINE = 100

GROUPS: Mapping[str, tuple[str, ...]] = {
    "Opening and closing": ("Workspace", "ephemeral", "open", "close"),
    "Fetching and exporting": ("fetch_events", "fetch_profiles", "export"),
    "SQL": ("sql", "sql_scalar", "sql_rows", "connection"),
    "Tables": ("info", "tables", "schema", "drop", "drop_all"),
    "What a project has": (
        *("events", "properties", "property_values", "top_events", "funnels", "cohorts", "annotations"),
        "api",
    ),
    "Counts": (
        *("event_counts", "property_counts", "segmentation"),
        *("segmentation_numeric", "segmentation_sum", "segmentation_average"),
    ),
    "Journeys": ("funnel", "retention", "frequency"),
    "Reports, users and scripts": ("insights", "activity_feed", "jql"),
    "Reports over stored events": ("report", "segments"),
}
"""The methods and properties of a workspace as the page arranges them; `Workspace` is the constructor."""

_OBJECTS: Mapping[str, type] = {"report": Reports, "segments": Segments}
"""The properties of a workspace that have methods of their own."""

_ALIASES: Mapping[str, object] = {"Day": queries.Day, "Progress": workspace_room.Progress, "Counts": counts.Counts}
"""The types whose short names stand in signatures and fields; the page writes them out."""
_KEPT_MODULES = {"pandas.", "duckdb."}


def workspace() -> str:
    """A section for each group, and in it one for each method and property."""
    check_groups()
    return "\n\n".join(
        "\n\n".join([f"### {title}", *(_member(name) for name in names)]) for title, names in GROUPS.items()
    )


def check_groups() -> None:
    """Raise ValueError if a public method is in no group, or a group names one that does not exist."""
    grouped = [name for names in GROUPS.values() for name in names]
    public = {"Workspace", *(name for name in dir(Workspace) if not name.startswith("_"))}
    if sorted(grouped) != sorted(public):
        raise ValueError(f"GROUPS and Workspace differ: {sorted(public.symmetric_difference(grouped))}")


def results() -> str:
    """A section for each result with its fields."""
    shapes = [getattr(mixpanel_data, name) for name in mixpanel_data.__all__]
    return "\n\n".join(_shape(each) for each in shapes if isinstance(each, type) and dataclasses.is_dataclass(each))


def accounts() -> str:
    """`ConfigManager` with its methods, then the shapes that it returns."""
    manager = auth.ConfigManager
    methods = [function for name, function in vars(manager).items() if inspect.isfunction(function) and name[0] != "_"]
    head = "\n\n".join(["### ConfigManager", _signature(manager.__init__, "ConfigManager"), _prose(manager)])
    sections = [
        "\n\n".join([f"#### {each.__name__}", _signature(each, each.__name__), _prose(each)]) for each in methods
    ]
    return "\n\n".join([head, *sections, *(_shape(shape) for shape in (auth.Credentials, auth.AccountInfo))])


def _member(name: str) -> str:
    if name == "Workspace":
        parts = [_signature(Workspace.__init__, name), _prose(Workspace), _prose(Workspace.__init__)]
        return "\n\n".join([f"#### {name}", *parts])
    found = inspect.getattr_static(Workspace, name)
    if isinstance(found, property):
        return "\n\n".join([f"#### {name}", f"A property: {_returned(found.fget)}.", _prose(found)])
    if isinstance(found, cached_property):
        return "\n\n".join([f"#### {name}", f"A property: {_returned(found.func)}.", _prose(found), _group(name)])
    prefix = "Workspace." if isinstance(found, classmethod) else ""
    function = inspect.unwrap(found.__func__ if isinstance(found, classmethod) else found)
    return "\n\n".join([f"#### {name}", _signature(function, f"{prefix}{name}"), _prose(function)])


def _group(name: str) -> str:
    """What a property such as `report` has: what is true of all its methods, then a section for each."""
    of = _OBJECTS[name]
    methods = [(own, each) for own, each in vars(of).items() if inspect.isfunction(each) and own[0] != "_"]
    sections = [
        "\n\n".join([f"#### {name}.{own}", _signature(each, f"{name}.{own}"), _prose(each)]) for own, each in methods
    ]
    return "\n\n".join([_prose(of), *sections])


def _shape(shape: type[Any]) -> str:
    rows = [f"| `{field.name}` | `{_cell(_type(field.type))}` |" for field in dataclasses.fields(shape)]
    table = "\n".join(["| member | type |", "|---|---|", *rows, *_properties(shape)])
    return "\n\n".join([f"### {shape.__name__}", _prose(shape), table])


def _properties(shape: type[Any]) -> Iterator[str]:
    if hasattr(shape, "df"):
        yield "| `df` | `pandas.DataFrame` |"


def _signature(function: Callable[..., Any], name: str) -> str:
    """The call as Python writes it, on one line if that is short."""
    parsed = _parsed(function)
    parameters = list(_parameters(parsed.args))
    returns = "" if parsed.name == "__init__" else f" -> {_returned(function)}"
    line = f"{name}({', '.join(parameters)}){returns}"
    if len(line) > _LONGEST_LINE:
        line = "\n".join([f"{name}(", *(f"    {each}," for each in parameters), f"){returns}"])
    return f"```python\n{line}\n```"


def _parsed(function: Callable[..., Any]) -> ast.FunctionDef:
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    assert isinstance(node, ast.FunctionDef)
    return node


def _parameters(arguments: ast.arguments) -> Iterator[str]:
    """The parameters but self and those for doubles."""
    positional = [*arguments.posonlyargs, *arguments.args]
    missing = [None] * (len(positional) - len(arguments.defaults))
    for each, default in zip(positional, [*missing, *arguments.defaults], strict=True):
        if each.arg not in ("self", "cls") and not each.arg.startswith("_"):
            yield _parameter(each, default)
    if arguments.vararg is not None:
        yield f"*{_parameter(arguments.vararg, None)}"
    elif arguments.kwonlyargs:
        yield "*"
    for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        yield _parameter(each, default)
    if arguments.kwarg is not None:
        yield f"**{_parameter(arguments.kwarg, None)}"


def _parameter(declared: ast.arg, default: ast.expr | None) -> str:
    kind = f": {_type(_unquoted(declared.annotation))}" if declared.annotation else ""
    return f"{declared.arg}{kind}" + (f" = {_default(default)}" if default is not None else "")


def _default(expression: ast.expr) -> str:
    return ast.unparse(expression).replace("'", '"')


def _returned(function: Callable[..., Any] | None) -> str:
    assert function is not None
    text = _type(_unquoted(_parsed(function).returns))
    text = re.sub(r"^Iterator\[Self\]$", "AbstractContextManager[Workspace]", text)
    return text.replace("Self", "Workspace")


def _unquoted(annotation: ast.expr | None) -> str:
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return annotation.value
    return ast.unparse(annotation) if annotation is not None else "None"


def _type(annotation: Any) -> str:
    """A type's name without its module, with aliases written out and double quotes."""
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    bare = re.sub(r"\b([A-Z][a-z]+)\b", lambda name: _written_out(name[1]), _without_modules(text))
    return bare.replace("'", '"')


def _written_out(name: str) -> str:
    return _without_modules(repr(_ALIASES[name])) if name in _ALIASES else name


def _without_modules(text: str) -> str:
    return re.sub(r"\b(?:[a-z_]+\.)+(?=[A-Za-z])", lambda path: path[0] if path[0] in _KEPT_MODULES else "", text)


def _prose(documented: Any) -> str:
    """The paragraphs of a docstring, a sentence a line."""
    paragraphs = [" ".join(one.split()) for one in re.split(r"\n\s*\n", inspect.getdoc(documented) or "")]
    return "\n\n".join(re.sub(r"\. (?=[A-Z`])", ".\n", one) for one in paragraphs if one)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
