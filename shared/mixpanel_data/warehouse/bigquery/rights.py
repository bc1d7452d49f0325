"""The rights of an account in a dataset of BigQuery."""

from collections.abc import Sequence
from dataclasses import dataclass

from google.cloud import bigquery

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.warehouse.bigquery.dataset import Dataset, labels
from mixpanel_data.warehouse.bigquery.errors import google_errors
from mixpanel_data.warehouse.bigquery.patience import patience


@dataclass(frozen=True, slots=True)
class BigQueryRights:
    """The contract `Rights`, by a dry run and by `testIamPermissions`, answered by the deadline."""

    dataset: Dataset
    deadline: Deadline

    def location(self) -> str:
        with google_errors(f"Asking for the dataset {self.dataset.name}"):
            found = self.dataset.client.get_dataset(
                f"{self.dataset.project}.{self.dataset.name}", **patience(self.deadline)
            )
        return str(found.location)

    def run_queries(self) -> None:
        config = bigquery.QueryJobConfig(dry_run=True, use_query_cache=False, labels=labels("doctor"))
        with google_errors("A query that is not run"):
            self.dataset.client.query("SELECT 1", job_config=config, job_retry=None, **patience(self.deadline))

    def lacking(self, table: str, permissions: Sequence[str]) -> list[str]:
        with google_errors(f"Asking for the rights on {table}"):
            answer = self.dataset.client.test_iam_permissions(
                self.dataset.reference(table), list(permissions), **patience(self.deadline)
            )
        granted = answer.get("permissions", ())
        return [each for each in permissions if each not in granted]
