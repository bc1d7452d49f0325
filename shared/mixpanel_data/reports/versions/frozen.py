"""Frozen segments: their members stay as they were, whatever happens to the events."""

import contextlib
import json
import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime

from mixpanel_data.base.errors import TableNotFoundError, WarehouseRefusedError
from mixpanel_data.reports.versions.versions import LOCK_VERSIONS, Version
from mixpanel_data.warehouse.base import Warehouse
from mixpanel_data.warehouse.names import transaction_name
from mixpanel_data.warehouse.statements import statement

_FROZEN_MEMBERS = statement("reports/versions/frozen_members.sql", creates="frozen_members")
_COUNT_FROZEN_MEMBERS = statement("reports/versions/count_frozen_members.sql")
_INSERT_MEMBERS = statement("reports/versions/insert_members.sql", segment="STRING", version="STRING")
_INSERT_FROZEN = statement(
    "reports/versions/insert_frozen.sql",
    segment="STRING",
    version="STRING",
    definition="STRING",
    saved_at="TIMESTAMP",
)
_KEPT_MEMBERS = statement("reports/versions/kept_members.sql", segment="STRING", version="STRING")
STATEMENTS = (_FROZEN_MEMBERS, _COUNT_FROZEN_MEMBERS, _INSERT_MEMBERS, _INSERT_FROZEN, _KEPT_MEMBERS)


def keep_frozen(warehouse: Warehouse, frozen: Version, members: Sequence[str], now: datetime) -> None:
    """Keep a frozen segment and its members, unless it is kept already: all of it in one transaction.

    The members travel as staged lines: as a parameter, some hundred thousand exceed what BigQuery takes in a request.
    Raises what the warehouse raises, TableNotFoundError where it has no such tables.
    """
    run_id = uuid.uuid4().hex
    with contextlib.closing(warehouse.staging(run_id, 1)) as staging:
        staging.load(_Lines(members))
        staging.materialise(_FROZEN_MEMBERS)
        staged = staging.rows(_COUNT_FROZEN_MEMBERS)[0]["members"]
        if staged != len(members):
            raise WarehouseRefusedError(
                f"Of {len(members)} members of {frozen.name!r}, {staged} arrived in {warehouse}. Run this again."
            )
        staging.transact(
            transaction_name(run_id, "freeze"),
            [LOCK_VERSIONS, _INSERT_MEMBERS, _INSERT_FROZEN],
            segment=frozen.name,
            version=frozen.version,
            definition=json.dumps(frozen.definition, ensure_ascii=False),
            saved_at=now,
        )


def members_of(warehouse: Warehouse, frozen: Version) -> list[str]:
    """The members of a frozen segment, in ascending order; none where the warehouse has no such table.

    Raises what the warehouse raises.
    """
    try:
        with warehouse.stream(_KEPT_MEMBERS, segment=frozen.name, version=frozen.version) as rows:
            return [row["user_id"] for row in rows]
    except TableNotFoundError:
        return []


class _Lines:
    """Ids as a `ByteStream`: a line each, as a JSON string, which has neither delimiters nor line ends.

    Without escapes of what needs none: Google's executor reads an escaped pair of surrogates as two wrong characters.
    """

    is_gzip = False

    def __init__(self, ids: Sequence[str]) -> None:
        self._ids = ids
        self.lines = 0
        self.longest_line = 0

    def __iter__(self) -> Iterator[bytes]:
        return self.text()

    def text(self) -> Iterator[bytes]:
        for one in self._ids:
            line = json.dumps(one, ensure_ascii=False).encode()
            self.lines += 1
            self.longest_line = max(self.longest_line, len(line))
            yield line + b"\n"
