"""A dataset of a project: its client, its names, and what every call on it has in common."""

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from google.cloud import bigquery

from mixpanel_data.warehouse.statements import identifier

_UNQUOTED_PROJECT = re.compile(r"[a-z][a-z0-9-]*")


@dataclass(slots=True)
class Dataset:
    """Shared by all calls; `tables` has the declared tables whose names in the dataset are others."""

    client: bigquery.Client
    endpoint: str
    name: str
    tables: Mapping[str, str]
    create_tables: bool
    max_bytes_billed: int | None
    max_bytes_per_day: int | None = None
    is_prepared: bool = False
    # Numbers the jobs of leases: a holder can take its lease again, which needs another job.
    leases: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def project(self) -> str:
        """The Google Cloud project of the dataset."""
        return str(self.client.project)

    @property
    def staging(self) -> str:
        """The dataset of the staging tables."""
        return f"{self.name}_staging"

    def reference(self, table: str) -> str:
        """The full name of a table of the dataset."""
        return f"{self.project}.{self.name}.{self.tables.get(table, table)}"

    def unquoted(self, table: str) -> str:
        """The full name without backticks, which a chat message takes for code.

        A project whose name needs them is left out; then it is the project that the console has open.
        """
        known = [self.project] if _UNQUOTED_PROJECT.fullmatch(self.project) else []
        return ".".join([*known, self.name, self.tables.get(table, table)])

    def staging_table(self, relation: str, run_id: str, number: int) -> str:
        """The full name of the table that holds a relation of one part."""
        own = f"{identifier(relation)}_{run_id}_{number}".replace("-", "_")
        return f"{self.project}.{self.staging}.{identifier(own)}"


def quoted(reference: str) -> str:
    """A full name as a statement's text has it."""
    return f"`{reference}`"


def labels(step: str, job: str = "") -> dict[str, str]:
    """The labels of a job or table, by which the bill tells what it was for."""
    value = "".join(letter if letter.isalnum() else "_" for letter in step.lower())
    return {"app": "mixpanel_data", **({"job": job} if job else {}), "step": value[:63]}


def schema_fields(resource: Mapping[str, Any]) -> list[bigquery.SchemaField]:
    """The columns of a declared table."""
    return [bigquery.SchemaField.from_api_repr(column) for column in resource["schema"]["fields"]]
