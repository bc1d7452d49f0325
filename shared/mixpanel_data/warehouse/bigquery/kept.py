"""Relations of a statement that BigQuery keeps: without, it would work each of them out anew wherever it is read."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

# BigQuery refuses statements of more than 1,000 tables (page quotas, "Maximum number of tables referenced per query"),
# and many smaller ones as too complex to plan.
_MOST_TABLES = 100

_WITH = re.compile(r"WITH\s+(?:RECURSIVE\s+)?")
_RELATION = re.compile(r"\s*(\w+)\s+AS\s*\(")
_NEXT = re.compile(r"\s*,")
_STRING_OR_BRACKET = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`|([()])""")
_READ = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\b(?:FROM|JOIN)\s+(`[^`]+`|[\w.]+)(?!\w|\s*\()""")


@dataclass(frozen=True, slots=True)
class _Relation:
    """A common table expression: its text, where that stands in the statement, and how often it reads what."""

    name: str
    start: int
    end: int
    text: str
    reads: Counter[str]


def kept(sql: str) -> str:
    """The SELECT, without comments, such that BigQuery works out once what it would work out very often.

    Page reference/standard-sql/query-syntax, "CTE rules and constraints": BigQuery keeps the rows of recursive
    relations alone, and executes any other one for each reference to it. In a chain of relations that are read twice,
    each doubles the work of all before it. Where a statement would read more than 100 tables in this way, every
    relation that is read twice becomes a recursive one whose second part has no rows. Those that read a table
    themselves stay as they are: of these BigQuery leaves out the columns that nobody asks for.
    """
    relations = list(_relations(sql))
    if not relations:
        return sql
    rest = _reads(sql[relations[-1].end :])
    if _tables(relations, rest) <= _MOST_TABLES:
        return sql
    names = {one.name for one in relations}
    references = sum((one.reads for one in relations), rest)
    for one in reversed(relations):
        if references[one.name] > 1 and not one.reads.keys() - (names - {one.name}):
            again = f"(({one.text}) UNION ALL SELECT * FROM {one.name} WHERE FALSE)"  # noqa: S608 - its own text
            sql = f"{sql[: one.start - 1]}{again}{sql[one.end + 1 :]}"
    return _WITH.sub("WITH RECURSIVE ", sql, count=1)


def _relations(sql: str) -> Iterator[_Relation]:
    """The relations that the statement begins with, in their order."""
    beginning = _WITH.match(sql)
    place = beginning.end() if beginning else None
    while place is not None and (head := _RELATION.match(sql, place)):
        end = _closing(sql, head.end())
        text = sql[head.end() : end]
        yield _Relation(head[1], head.end(), end, text, _reads(text))
        following = _NEXT.match(sql, end + 1)
        place = following.end() if following else None


def _closing(sql: str, start: int) -> int:
    """Where the bracket ends that was opened right before."""
    depth = 1
    for found in _STRING_OR_BRACKET.finditer(sql, start):
        depth += {"(": 1, ")": -1}.get(found[1], 0)
        if depth == 0:
            return found.start()
    raise ValueError(f"a bracket stays open: {sql}")


def _reads(text: str) -> Counter[str]:
    return Counter(found[1] for found in _READ.finditer(text) if found[1])


def _tables(relations: list[_Relation], rest: Counter[str]) -> int:
    """How many tables the statement reads where each relation is worked out for each reference."""
    known: dict[str, int] = {}
    for one in relations:
        known[one.name] = _worked_out(one.reads, known, but=one.name)
    return _worked_out(rest, known)


def _worked_out(reads: Counter[str], known: dict[str, int], but: str = "") -> int:
    return sum(count * known.get(name, 1) for name, count in reads.items() if name != but)
