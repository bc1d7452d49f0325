"""What BigQuery refuses, told with what may be done about it."""

import contextlib
from collections.abc import Iterator

import pytest

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import (
    AuthenticationError,
    MixpanelDataError,
    TableNotFoundError,
    WarehouseUnavailableError,
)
from mixpanel_data.warehouse.bigquery import BigQueryWarehouse
from mixpanel_data.warehouse.statements import Statement
from support.engines import bigquery_at
from support.json_server import json_server

ONE = Statement("one", "SELECT 1 AS n")
HIDDEN = (
    "Access Denied: Table p:d.job_runs: User does not have permission to query table p:d.job_runs, "
    "or perhaps it does not exist."
)


@contextlib.contextmanager
def refusing(status: int, reason: str, message: str) -> Iterator[BigQueryWarehouse]:
    """A warehouse without a deadline, of a BigQuery that answers nothing else."""

    document = {"error": {"message": message, "errors": [{"reason": reason}]}}
    with json_server(lambda *_: (status, document)) as url:
        warehouse = bigquery_at(url, deadline=Deadline.after(60.0))
        try:
            yield warehouse
        finally:
            warehouse.close()


@pytest.mark.parametrize(
    ("status", "reason", "message", "kind", "words"),
    [
        (
            403,
            "accessDenied",
            HIDDEN,
            AuthenticationError,
            ["missing", "terraform -chdir=infra apply", "has no role on it"],
        ),
        (403, "accessDenied", "Access Denied: User may not run jobs.", AuthenticationError, ["Check the roles"]),
        (403, "quotaExceeded", "Quota exceeded: too many of it.", WarehouseUnavailableError, []),
        (403, "jobRateLimitExceeded", "Exceeded rate limits: too many jobs.", WarehouseUnavailableError, []),
        (
            404,
            "notFound",
            "Not found: Table p:d.job_runs was not found in location US",
            TableNotFoundError,
            ["terraform -chdir=infra apply", "without Terraform", "CREATE_TABLES=true"],
        ),
    ],
    ids=["hidden or missing", "not allowed", "quota", "rate of jobs", "missing"],
)
def test_a_refusal_says_every_cause_and_its_remedy(
    status: int, reason: str, message: str, kind: type[MixpanelDataError], words: list[str]
) -> None:
    with refusing(status, reason, message) as warehouse, pytest.raises(kind) as raised:
        warehouse.rows(ONE)
    assert message.rstrip(".") in str(raised.value)
    for word in words:
        assert word in str(raised.value)
    assert ".." not in str(raised.value)
