"""The definitions of reports, as Markdown, from the code: the fields of each class, and what they are by default."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator

from pydantic import TypeAdapter
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

import mixpanel_data
from mixpanel_data.configuration.base import Configuration
from mixpanel_data.configuration.reports import choices
from mixpanel_data.configuration.reports.definitions import Breakdown, Report
from mixpanel_data.configuration.reports.scope import Scope

_SHARED: dict[type[Configuration], str] = {
    Scope: "Every definition",
    Report: "Reports over days",
    Breakdown: "Breakdowns",
}
"""The classes whose fields several definitions have, and what the page calls these fields."""
_KINDS = {
    "AnyExclusion": "Exclusion",
    "AnyStep": "Step",
    "AwareDatetime": "datetime",
    "Bound": "int | float",
    "Day": "date",
    "Grace": "timedelta",
    "Length": "timedelta",
    "Name": "str",
    "Steps": "tuple[Step, ...]",
    "Zone": "str",
}
"""What the names of checked types stand for; those of choices stand for their values."""


def markdown() -> str:
    """A section for the fields that definitions share, then one for each definition with its own."""
    named = [getattr(mixpanel_data, name) for name in mixpanel_data.__all__]
    own = [each for each in named if isinstance(each, type) and issubclass(each, Scope)]
    shared = [_section(title, shape) for shape, title in _SHARED.items()]
    return "\n\n".join([*shared, *(_section(each.__name__, each) for each in own)])


def _section(title: str, shape: type[Configuration]) -> str:
    paragraphs = [" ".join(one.split()) for one in (inspect.getdoc(shape) or "").split("\n\n")]
    rows = [
        f"| `{shape.model_fields[name].alias or name}` | `{_kind(annotation)}` | {_default(shape.model_fields[name])} |"
        for name, annotation in shape.__annotations__.items()
        if name in shape.model_fields and name != "report"
    ]
    table = ["\n".join(["| field | type | default |", "|---|---|---|", *rows])] if rows else []
    return "\n\n".join([f"### {title}", *paragraphs, *_has(shape), *table])


def _has(shape: type[Configuration]) -> Iterator[str]:
    inherited = [title for base, title in _SHARED.items() if base in shape.__mro__ and base is not shape]
    if shape not in _SHARED:
        yield f"It also has the fields of: {', '.join(title.lower() for title in inherited)}."


def _kind(annotation: str) -> str:
    """The type that a source's annotation names, without what pydantic is told beside it."""
    return ast.unparse(_Bare().visit(ast.parse(annotation, mode="eval"))).replace("'", '"').replace("|", "\\|")


class _Bare(ast.NodeTransformer):
    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        if isinstance(node.value, ast.Name) and node.value.id == "Annotated":
            assert isinstance(node.slice, ast.Tuple)
            kind: ast.AST = self.visit(node.slice.elts[0])
            return kind
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        choice = getattr(choices, node.id, None)
        text = " | ".join(repr(str(each)) for each in choice) if choice else _KINDS.get(node.id, node.id)
        return ast.parse(text, mode="eval").body


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        return "needed"
    return "" if field.default is None else f"`{_json(field.default)}`"


def _json(default: object) -> str:
    if isinstance(default, Configuration):
        return default.model_dump_json(exclude_defaults=True)
    return TypeAdapter(type(default)).dump_json(default).decode()
