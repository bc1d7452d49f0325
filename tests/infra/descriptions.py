"""Faults in the functions' descriptions, `functions/*/function.json`, by the folders, tables and SQL of the project."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mixpanel_data.configuration.environment.variables import SECRETS
from mixpanel_data.warehouse.statements import Statement

_KEYS = ["port", "memory", "timeout_seconds", "stale_after_seconds", "secrets", "uses_staging", "writes", "reads"]
_ACCOUNT = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]")
_MEMORY = re.compile(r"(256|512)Mi|[1-9][0-9]?Gi")
_WRITTEN = re.compile(r"\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|MERGE(?:\s+INTO)?)\s+([a-z_]+)")
_RESERVED = {"mixpanel-data-scheduler", "mixpanel-data-builds"}
_ONLY_BY_COMMAND = {
    *("insert_mute.sql", "end_mutes.sql"),
    *("trial_minutes.sql", "trial_events.sql", "trial_arrivals.sql", "trial_run.sql"),
}
"""SQL that a person runs with `mp` as themselves, and no function."""
_OF_ANALYSTS = {"segments", "segment_members"}
"""The tables that reports write and read, which people run as themselves."""

_DAY_SECONDS = 86_400
# The longest absence that Cloud Monitoring watches for: 23.5 hours.
_ABSENCE_SECONDS = 84_600

Description = Mapping[str, Any]


def descriptions(root: Path) -> dict[str, Description]:
    """The description of each function, by the name of its folder."""
    files = sorted((root / "functions").glob("*/function.json"))
    return {file.parent.name: json.loads(file.read_text(encoding="utf-8")) for file in files}


def describe(root: Path, name: str, **changed: Any) -> None:
    """Change a description in a copy of the project, or write one for a new function."""
    file = root / "functions" / name / "function.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps({**descriptions(root).get(name, {}), **changed}), encoding="utf-8")


def tables(root: Path) -> set[str]:
    """The declared tables of the dataset."""
    return {path.stem for path in (root / "shared/mixpanel_data/warehouse/schemas").glob("*.json")}


def problems(root: Path) -> list[str]:
    """Faults that Terraform or deploy.sh would stumble over, or would silently leave out."""
    described = descriptions(root)
    folders = {path.parent.name for path in (root / "functions").glob("*/main.py")}
    found = [f"functions/{name} has no function.json" for name in sorted(folders - described.keys())]
    found += [f"functions/{name} has no main.py" for name in sorted(described.keys() - folders)]
    for name in sorted(folders & described.keys()):
        found += [f"functions/{name}/function.json: {fault}" for fault in _faults(root, name, described[name])]
    ports = Counter(description.get("port") for description in described.values())
    found += [f"{count} functions have the port {port}" for port, count in ports.items() if count > 1]
    written = {table for description in described.values() for table in description.get("writes", ())}
    read = {table for description in described.values() for table in description.get("reads", ())}
    unused = tables(root) - written - read - _OF_ANALYSTS
    found += [f"no function writes or reads the table {name}" for name in sorted(unused)]
    return found


def _faults(root: Path, name: str, description: Description) -> Iterator[str]:
    if [*description] != _KEYS:
        yield f"its keys are {', '.join(description)}, not {', '.join(_KEYS)}"
        return
    if not _ACCOUNT.fullmatch(name) or name in _RESERVED:
        yield "the folder's name cannot be an account's: 6 to 30 lower-case letters, digits and hyphens, and not taken"
    target = name.replace("-", "_")
    if target not in _targets(root / "functions" / name / "main.py"):
        yield f"main.py has no function {target}"
    # mp serve keeps the stand-ins on ports from 8086 on.
    if description["port"] not in {*range(8081, 8086), *range(8090, 8200)}:
        yield f"port is {description['port']}, not from 8081 to 8085 or from 8090 to 8199"
    if not _MEMORY.fullmatch(description["memory"]):
        yield f"memory is {description['memory']!r}, not such as 512Mi or 1Gi"
    # A call can take a minute less than its function, and at least a second.
    if description["timeout_seconds"] not in range(61, 3601):
        yield f"timeout_seconds is {description['timeout_seconds']}, not from 61 to 3600"
    if description["stale_after_seconds"] not in range(600, 30 * _DAY_SECONDS, 60):
        yield f"stale_after_seconds is {description['stale_after_seconds']}, not whole minutes from 600 to 30 days"
    elif name == "detector" and description["stale_after_seconds"] > _ABSENCE_SECONDS:
        yield (
            f"stale_after_seconds is {description['stale_after_seconds']}; an absence is watched for, "
            f"at most {_ABSENCE_SECONDS}"
        )
    yield from _faults_of_access(root, description)


def _faults_of_access(root: Path, description: Description) -> Iterator[str]:
    for table in sorted({*description["writes"], *description["reads"]} - tables(root)):
        yield f"{table} is not a declared table"
    for table in sorted({*description["writes"]} & {*description["reads"]}):
        yield f"{table} is written, so reads need not name it"
    secrets = {secret.name for secret in SECRETS}
    for secret in sorted({*description["secrets"]} - secrets):
        yield f"{secret} is none of {', '.join(sorted(secrets))}"


def _targets(main: Path) -> set[str]:
    tree = ast.parse(main.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@dataclass(frozen=True)
class Use:
    """The declared tables that a function's SQL changes, those that it only reads, and whether it stages anything."""

    writes: set[str]
    reads: set[str]
    uses_staging: bool


def use(root: Path, name: str, folder: Path) -> Use:
    """The use that a function's bundle, built into `folder`, can make of tables."""
    builder = [sys.executable, "-B", str(root / "deploy/bundle.py"), "--build", str(folder), name]
    subprocess.run(builder, check=True)
    library = folder / name / "mixpanel_data"
    files = [path for path in library.rglob("*.sql*") if path.name not in _ONLY_BY_COMMAND]
    code = "".join(path.read_text(encoding="utf-8") for path in library.rglob("*.py"))
    statements = [Statement(path.name, path.read_text(encoding="utf-8")) for path in files]
    declared = tables(root)
    touched = {table for statement in statements for table in statement.tables()} & declared
    writes = {table for statement in statements for table in _WRITTEN.findall(statement.on({}))} & declared
    return Use(writes, touched - writes, ".staging(" in code)


def attempts(schedule: Mapping[str, Any], seconds: int) -> int:
    """How often Cloud Scheduler calls within any such time, at most a day, if every call fails."""
    minute, hour = schedule["schedule"].split()[:2]
    times = [at_hour * 60 + at_minute for at_hour in _values(hour, 24) for at_minute in _values(minute, 60)]
    return len([time for time in times if time * 60 < times[0] * 60 + seconds]) * (1 + int(schedule["retries"]))


def _values(field: str, size: int) -> list[int]:
    """The values of a field of a cron expression: *, */5, 3 or 3,4."""
    if field.startswith("*"):
        return list(range(0, size, int(field.removeprefix("*").removeprefix("/") or 1)))
    return [int(part) for part in field.split(",")]
