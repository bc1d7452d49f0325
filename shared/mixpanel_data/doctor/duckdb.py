"""A DuckDB file as a warehouse."""

import contextlib
import os
import shutil
from collections.abc import Generator
from pathlib import Path

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.environment import environment
from mixpanel_data.base.errors import ConfigError, MixpanelDataError, WarehouseBusyError
from mixpanel_data.configuration.environment.analyst_variables import MP_DATA_DIR
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.doctor.check import Check, Verdict
from mixpanel_data.doctor.wording import failed, told
from mixpanel_data.warehouse.base import Warehouse
from mixpanel_data.wiring.warehouse import holder_of

SUBJECT = "warehouse"
PLACE = "file"

_DISK = "disk"
_MEGABYTE = 1_000_000
_LITTLE_MEGABYTES, _HARDLY_ANY_MEGABYTES = 1_000, 100
# A job holds the file for seconds at a time.
_HELD_SECONDS = 5.0


def place_checks(settings: Settings, warehouse: Warehouse, deadline: Deadline) -> Generator[Check, None, str]:
    """The file: whether it is there, can be read and written, and has room.

    Returns the name of the check that leaves the others no ground; empty if the tables can be read.
    """
    path = settings.duckdb_path or Path()
    opened = _opened(settings, path, warehouse, Deadline.after(deadline.left(_HELD_SECONDS)))
    yield opened
    with contextlib.suppress(OSError):
        yield _room(path.parent.resolve(strict=True))
    return "" if opened.verdict in (Verdict.OK, Verdict.WARNING) else PLACE


def not_opened(error: MixpanelDataError) -> Check:
    """The check of a warehouse of which not even the connection can be made."""
    return failed(SUBJECT, PLACE, error, "Correct BIGQUERY_DATASET and BIGQUERY_TABLE.")


def _opened(settings: Settings, path: Path, warehouse: Warehouse, deadline: Deadline) -> Check:
    try:
        if not path.exists():
            return _missing(settings, path)
        warehouse.within(deadline).tables()
    except WarehouseBusyError as error:
        message = told(error)
        return _check(Verdict.FAILED, message.found, message.remedy or "Close the file there.")
    except ConfigError as error:
        return failed(SUBJECT, PLACE, error, "Make the file readable, or name another in WAREHOUSE.")
    except (MixpanelDataError, OSError) as error:
        return failed(SUBJECT, PLACE, error, f"Make {path} readable.")
    if not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        return _check(
            Verdict.FAILED,
            f"{path} can be read, not written.",
            f"Give yourself the right to write {path} and its folder: chmod u+w, or chown.",
        )
    if holder := holder_of(path):
        found = f"{path} can be read. {holder} holds it for reading, and meanwhile no job can write it."
        return _check(Verdict.WARNING, found, "Close the file there before a job runs.")
    return _check(Verdict.OK, f"{path} can be read and written, and nobody holds it.")


def _missing(settings: Settings, path: Path) -> Check:
    if not settings.create_tables:
        remedy = "Set CREATE_TABLES=true for one run, or name another file in WAREHOUSE."
        return _check(Verdict.FAILED, f"{path} does not exist, and CREATE_TABLES is false.", remedy)
    folder = next(each for each in path.absolute().parents if each.exists())
    if folder != path.absolute().parent and not _is_made_with_its_folder(path):
        found = f"{path} does not exist, and neither does its folder."
        return _check(Verdict.FAILED, found, "Make the folder, or name another file in WAREHOUSE.")
    if not os.access(folder, os.W_OK):
        remedy = "Make the folder writable, or name another file in WAREHOUSE."
        return _check(Verdict.FAILED, f"{path} does not exist, and {folder} cannot be written to.", remedy)
    return _check(Verdict.SKIPPED, f"{path} does not exist yet.", "Run the first job, which makes it: mp collect")


def _is_made_with_its_folder(path: Path) -> bool:
    return path.parent == MP_DATA_DIR.read(environment())


def _room(folder: Path) -> Check:
    free = shutil.disk_usage(folder).free // _MEGABYTE
    found = f"{free:,} MB are free in {folder}."
    if free >= _LITTLE_MEGABYTES:
        return Check(SUBJECT, _DISK, Verdict.OK, found)
    verdict = Verdict.WARNING if free >= _HARDLY_ANY_MEGABYTES else Verdict.FAILED
    return Check(SUBJECT, _DISK, verdict, found, "Free some space, or name a file on another disk in WAREHOUSE.")


def _check(verdict: Verdict, found: str, remedy: str | None = None) -> Check:
    return Check(SUBJECT, PLACE, verdict, found, remedy)
