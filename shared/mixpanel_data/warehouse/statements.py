"""SQL from files: one GoogleSQL statement a file, beside the code that runs it.

A statement's text holds bare table names and `@parameters` only. Names are put in when it is run, as
identifiers and nothing else; values always travel as parameters.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import jinja2

_PACKAGE = Path(__file__).parent.parent
_STRING = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""
_STRING_OR_COMMENT = re.compile(rf"({_STRING})|--[^\n]*")
_PARAMETER = re.compile(r"@([a-z_][a-z0-9_]*)")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_STRING_OR_TABLE = re.compile(
    rf"(?:{_STRING})|\b((?:DELETE\s+FROM|FROM|JOIN|INTO|UPDATE|MERGE|USING)\s+)([a-z_]+)\b(\s+AS\b)?"
)
_READS = ("FROM", "JOIN", "USING")


@dataclass(frozen=True, slots=True)
class Statement:
    """One GoogleSQL statement; `creates` names the temporary relation that a SELECT's rows become."""

    name: str
    sql: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    creates: str | None = None

    def __str__(self) -> str:
        return self.name

    def tables(self) -> set[str]:
        """The bare names that the statement reads or writes, those of its own sub-queries included."""
        return {match[2] for match in _STRING_OR_TABLE.finditer(_without_comments(self.sql)) if match[2]}

    def on(self, tables: Mapping[str, str]) -> str:
        """The text with the physical names of the tables; a name that is not given stays as it is.

        What the text calls by the bare name keeps it, as an alias.
        """

        def named(match: re.Match[str]) -> str:
            before, name, alias = match[1], match[2], match[3]
            if name not in tables:
                return match[0]
            own = f" AS {name}" if alias is None and before.split()[0] in _READS else ""
            return f"{before}{tables[name]}{own}{alias or ''}"

        return _STRING_OR_TABLE.sub(named, _without_comments(self.sql)).strip()


def statement(path: str, *, creates: str | None = None, **parameters: str) -> Statement:
    """The statement of a file, given by its path in the package, with its parameters' GoogleSQL types.

    Raises ValueError if the parameters are not exactly those of the text, so that a test sees it and not the night.
    """
    sql = (_PACKAGE / path).read_text(encoding="utf-8")
    used = _parameters(sql)
    if used != parameters.keys():
        raise ValueError(f"{path} uses the parameters {sorted(used)}, declared are {sorted(parameters)}")
    return Statement(path, sql, parameters, creates)


def rendered(path: str, parameters: Mapping[str, str], *, creates: str | None = None, **given: Any) -> Statement:
    """The statement of a template (Jinja), given what it is rendered with: names alone, each an identifier.

    `parameters` has the GoogleSQL type of every parameter that the text may have. Raises ValueError for one that is
    not among them.
    """
    sql = _template(path).render(**given)
    used = _parameters(sql)
    if used - parameters.keys():
        raise ValueError(f"{path} uses the parameters {sorted(used)}, declared are {sorted(parameters)}")
    return Statement(path, sql, {name: parameters[name] for name in sorted(used)}, creates)


@cache
def _template(path: str) -> "jinja2.Template":
    import jinja2

    # What it makes is no page: nothing is escaped, and nothing that a user wrote stands in it but identifiers.
    surroundings = jinja2.Environment(
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701
    )
    return surroundings.from_string((_PACKAGE / path).read_text(encoding="utf-8"))


def _parameters(sql: str) -> set[str]:
    return set(_PARAMETER.findall(_STRING_OR_COMMENT.sub("", sql)))


def _without_comments(sql: str) -> str:
    return _STRING_OR_COMMENT.sub(lambda match: match[1] or "", sql)


def identifier(name: str) -> str:
    """The name, if it is one that may stand in a statement's text; raises ValueError otherwise."""
    if not _IDENTIFIER.match(name):
        raise ValueError(f"{name!r} is no identifier: letters, digits and _ only, no digit first")
    return name
