"""Both engines add the same versions of segments, and read the same members from their lines."""

import json
from datetime import UTC, datetime
from typing import Any

from mixpanel_data.reports.versions import frozen, versions
from mixpanel_data.warehouse.statements import Statement
from sql.same import outcome
from sql.zetasql_engine import Row

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
(INSERT_VERSIONS,) = (one for one in versions.STATEMENTS if str(one).endswith("insert_versions.sql"))
(FROZEN_MEMBERS,) = (one for one in frozen.STATEMENTS if str(one).endswith("frozen_members.sql") and one.creates)


def segment(name: str, version: str, kind: str = "dynamic") -> dict[str, Any]:
    return {"name": name, "version": version, "definition": "{}", "kind": kind, "saved_at": NOON}


def same(statement: Statement, rows: dict[str, list[dict[str, Any]]], **parameters: Any) -> list[Row]:
    both = outcome(statement, rows, parameters)
    assert both.differences() == []
    return both.google


def test_both_engines_add_the_versions_that_are_missing() -> None:
    definitions = [{"did": ["ü😀'\"\\\n"], "at_least": 2.5}, {"ids": ["a", "b"]}, {"exactly": 10**30}, {"not": {}}]
    given = [
        json.dumps({"name": "it's", "version": version, "definition": definition}, ensure_ascii=False)
        for version, definition in zip("abcd", definitions, strict=True)
    ]
    known = [segment("it's", "a"), segment("other", "b"), segment("it's", "c", "frozen")]
    added = same(INSERT_VERSIONS, {"segments": known}, versions=given, saved_at=NOON)
    assert sorted(row["version"] for row in added) == ["b", "c", "d"]
    assert {json.loads(row["definition"]).get("exactly") for row in added} == {None, 1e30}


def test_both_engines_read_members_from_their_lines() -> None:
    members = ["", " ", "\n", "\x01", "ann", "b\"o'b", "ü", "😀", "null", "1", "{}"]
    found = same(
        FROZEN_MEMBERS, {"staged_lines": [{"line": json.dumps(member, ensure_ascii=False)} for member in members]}
    )
    assert sorted(row["user_id"] for row in found) == sorted(members)
