"""What is wrong with `infra/functions.json`, by the folders, tables and SQL of the project."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from mixpanel_data.configuration.settings import SecretSource, Settings
from mixpanel_data.warehouse.statements import Statement

_KEYS = ["target", "memory", "timeout_seconds", "stale_after_seconds", "secrets", "uses_staging", "writes", "reads"]
_ACCOUNT = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]")
_MEMORY = re.compile(r"(256|512)Mi|[1-9][0-9]?Gi")
_WRITTEN = re.compile(r"\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|MERGE(?:\s+INTO)?)\s+([a-z_]+)")
_RESERVED = {"mixpanel-data-scheduler", "mixpanel-data-builds"}
_ONLY_BY_COMMAND = {"insert_mute.sql"}
"""SQL that a person runs with `mp`, as themselves, and no function."""

_DAY_SECONDS = 86_400
# The longest absence that Cloud Monitoring watches for: 23.5 hours.
_ABSENCE_SECONDS = 84_600

Entry = Mapping[str, Any]


def entries(root: Path) -> dict[str, Entry]:
    """The list, as it is."""
    listed: dict[str, Entry] = json.loads((root / "infra/functions.json").read_text(encoding="utf-8"))["functions"]
    return listed


def change(root: Path, name: str, **changed: Any) -> None:
    """Change an entry in the list of a copy, or add it."""
    listed = entries(root)
    listed[name] = {**listed.get(name, {}), **changed}
    (root / "infra/functions.json").write_text(json.dumps({"functions": listed}), encoding="utf-8")


def tables(root: Path) -> set[str]:
    """The declared tables of the dataset."""
    return {path.stem for path in (root / "shared/mixpanel_data/warehouse/schemas").glob("*.json")}


def problems(root: Path) -> list[str]:
    """What Terraform or deploy.sh would stumble over, or would silently leave out."""
    listed = entries(root)
    folders = {path.parent.name for path in (root / "functions").glob("*/main.py")}
    found = [f"functions/{name} has no entry in infra/functions.json" for name in sorted(folders - listed.keys())]
    found += [f"infra/functions.json lists {name}, which has no folder" for name in sorted(listed.keys() - folders)]
    for name in sorted(folders & listed.keys()):
        found += [f"infra/functions.json, {name}: {fault}" for fault in _faults(root, name, listed[name])]
    written = {table for entry in listed.values() for table in entry.get("writes", ())}
    read = {table for entry in listed.values() for table in entry.get("reads", ())}
    found += [f"no function writes or reads the table {name}" for name in sorted(tables(root) - written - read)]
    return found


def _faults(root: Path, name: str, entry: Entry) -> Iterator[str]:
    if [*entry] != _KEYS:
        yield f"its keys are {', '.join(entry)}, not {', '.join(_KEYS)}"
        return
    if not _ACCOUNT.fullmatch(name) or name in _RESERVED:
        yield "the name is none for an account: 6 to 30 lower-case letters, digits and hyphens, none of ours"
    if entry["target"] not in _targets(root / "functions" / name / "main.py"):
        yield f"main.py has no function {entry['target']}"
    if not _MEMORY.fullmatch(entry["memory"]):
        yield f"memory is {entry['memory']!r}, not such as 512Mi or 1Gi"
    # A call may take a minute less than its function, and at least a second.
    if entry["timeout_seconds"] not in range(61, 3601):
        yield f"timeout_seconds is {entry['timeout_seconds']}, not from 61 to 3600"
    if entry["stale_after_seconds"] not in range(600, 30 * _DAY_SECONDS, 60):
        yield f"stale_after_seconds is {entry['stale_after_seconds']}, not whole minutes from 600 to 30 days"
    elif name == "detector" and entry["stale_after_seconds"] > _ABSENCE_SECONDS:
        yield (
            f"stale_after_seconds is {entry['stale_after_seconds']}; its absence is watched for, "
            f"at most {_ABSENCE_SECONDS}"
        )
    for table in sorted({*entry["writes"], *entry["reads"]} - tables(root)):
        yield f"{table} is no declared table"
    for table in sorted({*entry["writes"]} & {*entry["reads"]}):
        yield f"{table} is written, so that reads need not name it"
    for secret in sorted({*entry["secrets"]} - _secret_variables()):
        yield f"{secret} is none of {', '.join(sorted(_secret_variables()))}"


def _targets(main: Path) -> set[str]:
    tree = ast.parse(main.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def _secret_variables() -> set[str]:
    settings = Settings.from_env({})
    return {one.name.upper() for one in fields(Settings) if isinstance(getattr(settings, one.name), SecretSource)}


@dataclass(frozen=True)
class Use:
    """The declared tables that a function's SQL changes, those that it only reads, and whether it stages anything."""

    writes: set[str]
    reads: set[str]
    uses_staging: bool


def use(root: Path, name: str) -> Use:
    """What a function's own rooms do with tables: its job's, what all jobs share, and leases where it takes any."""
    library = root / "shared/mixpanel_data"
    rooms = [library / room for room in _rooms(root / "functions" / name / "main.py")]
    files = [path for room in [*rooms, library / "runs"] for path in room.rglob("*.sql*")]
    code = "".join(path.read_text(encoding="utf-8") for room in rooms for path in room.rglob("*.py"))
    if "KEEP_LEASE" in code:
        files += (library / "warehouse").glob("*.sql")
    statements = [
        Statement(path.name, path.read_text(encoding="utf-8")) for path in files if path.name not in _ONLY_BY_COMMAND
    ]
    declared = tables(root)
    touched = {table for statement in statements for table in statement.tables()} & declared
    writes = {table for statement in statements for table in _WRITTEN.findall(statement.on({}))} & declared
    return Use(writes, touched - writes, ".staging(" in code)


def _rooms(main: Path) -> set[str]:
    tree = ast.parse(main.read_text(encoding="utf-8"))
    imported = [node.names for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "mixpanel_data"]
    return {alias.name for names in imported for alias in names} - {"http"}


def attempts(schedule: Mapping[str, Any], seconds: int) -> int:
    """How often Cloud Scheduler calls within any such time, at most a day, if every call fails."""
    minute, hour = schedule["schedule"].split()[:2]
    times = [at_hour * 60 + at_minute for at_hour in _values(hour, 24) for at_minute in _values(minute, 60)]
    return len([time for time in times if time * 60 < times[0] * 60 + seconds]) * (1 + int(schedule["retries"]))


def _values(field: str, size: int) -> list[int]:
    """What a field of a cron expression stands for: *, */5, 3 or 3,4."""
    if field.startswith("*"):
        return list(range(0, size, int(field.removeprefix("*").removeprefix("/") or 1)))
    return [int(part) for part in field.split(",")]
