"""SQL from files: one GoogleSQL statement per file, beside the code that runs it.

The text of a statement has bare table names and `@parameters` only. An engine replaces the names when it runs the
statement; values always travel as parameters.
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
# Where a table name can stand. Comma joins are not among them: a test keeps them out of the library's SQL.
_STRING_OR_TABLE = re.compile(
    rf"(?:{_STRING})|\b((?:DELETE\s+FROM|FROM|JOIN|INTO|UPDATE|MERGE|USING)\s+)([a-z_]+)\b(\s+AS\s+[\w`]+)?"
)
_READS = ("FROM", "JOIN", "USING")


@dataclass(frozen=True, slots=True)
class Statement:
    """One GoogleSQL statement.

    `parameters` has the GoogleSQL type of every `@parameter`; `creates` names the temporary relation that keeps the
    rows of a SELECT. `undeclared` has tables of the dataset that are not ours, by the names that the text has for them.
    """

    name: str
    sql: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    creates: str | None = None
    undeclared: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name

    def tables(self) -> set[str]:
        """The bare names that the statement reads or writes, including those of its own CTEs."""
        return {match[2] for match in _STRING_OR_TABLE.finditer(_without_comments(self.sql)) if match[2]}

    def on(self, tables: Mapping[str, str], *, behind: Mapping[str, str] | None = None) -> str:
        """The text with the physical names of these tables, and without comments; other names stay as they are.

        A table that is read without an alias gets its bare name as alias, because the text may qualify columns by it.
        `behind` has what follows a table and its alias where the table is read.
        """
        names = {**self.undeclared, **tables}
        ends = behind or {}

        def named(match: re.Match[str]) -> str:
            before, name, alias = match[1], match[2], match[3]
            if name not in names and name not in ends:
                return match[0]
            own = names.get(name, name)
            if before.split()[0] not in _READS:
                return f"{before}{own}{alias or ''}"
            return f"{before}{own}{alias or f' AS {name}'}{ends.get(name, '')}"

        return _STRING_OR_TABLE.sub(named, _without_comments(self.sql)).strip()


def statement(path: str, *, creates: str | None = None, **parameters: str) -> Statement:
    """The statement in a file, by its path in the package, with the GoogleSQL types of its parameters.

    Raises ValueError if the parameters are not exactly those of the text. Statements are loaded on import, so that a
    test finds a wrong parameter, not a nightly run.
    """
    sql = _text(path)
    used = _parameters(sql)
    if used != parameters.keys():
        raise ValueError(f"{path} uses the parameters {sorted(used)}, but {sorted(parameters)} are declared.")
    return Statement(path, sql, parameters, creates)


def rendered(
    path: str,
    parameters: Mapping[str, str],
    *,
    creates: str | None = None,
    undeclared: Mapping[str, str] | None = None,
    **given: Any,
) -> Statement:
    """The statement that a Jinja template renders to; `given` are the template's variables.

    Of what a user gave, they may hold only names, each checked by `identifier`. `parameters` has the GoogleSQL type of
    every parameter that a rendered text can use; raises ValueError for a parameter that is not among them. A template
    may include others by their paths in the package; a file that is only part of a statement ends with .jinja alone.
    """
    sql = _templates().get_template(path).render(**given)
    used = _parameters(sql)
    if used - parameters.keys():
        raise ValueError(f"{path} uses the parameters {sorted(used)}, but {sorted(parameters)} are declared.")
    return Statement(path, sql, {name: parameters[name] for name in sorted(used)}, creates, undeclared or {})


@cache
def _templates() -> "jinja2.Environment":
    import jinja2

    # Without escaping: the output is SQL and not HTML, and identifiers are all that it has from a user.
    return jinja2.Environment(
        loader=jinja2.FunctionLoader(_text),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701
        auto_reload=False,
    )


def _text(path: str) -> str:
    return (_PACKAGE / path).read_text(encoding="utf-8")


def _parameters(sql: str) -> set[str]:
    return set(_PARAMETER.findall(_STRING_OR_COMMENT.sub("", sql)))


def _without_comments(sql: str) -> str:
    return _STRING_OR_COMMENT.sub(lambda match: match[1] or "", sql)


def identifier(name: str) -> str:
    """The name, unchanged. Raises ValueError if SQL text cannot have it as it is."""
    if not _IDENTIFIER.match(name):
        raise ValueError(f"{name!r} is not an identifier. Use letters, digits and _ only, and no digit first.")
    return name
