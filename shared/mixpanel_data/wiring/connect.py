"""The only place where things are put together: settings in, clients out, and a job called with those it asks for."""

import inspect
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

from mixpanel_data.base.clock import Clock, utc_now
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import ConfigError
from mixpanel_data.base.parameters import JobRequest
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.mixpanel import Credentials, Mixpanel, Profiles, Region
from mixpanel_data.configuration.base import Shape, parsed
from mixpanel_data.configuration.events import EventsConfig
from mixpanel_data.configuration.settings import ConfigSource, SecretSource, Settings, TimeBasis
from mixpanel_data.configuration.user_metrics import ProfileSync, TableSync, UserMetrics
from mixpanel_data.warehouse.base import Warehouse
from mixpanel_data.warehouse.tables import TABLES

if TYPE_CHECKING:
    from google.auth.credentials import Credentials as GoogleCredentials

    from mixpanel_data import collect, detect, users
    from mixpanel_data.clients.slack import Slack
    from mixpanel_data.users.targets import Target

Answer = TypeVar("Answer")
_UTC = ZoneInfo("UTC")
# A function is given a minute more than a call may take.
_FUNCTION_MARGIN_SECONDS = 60.0


def environment() -> Mapping[str, str]:
    """The process's environment; in local runs a `.env` file in the working directory adds what is unset there."""
    if "K_SERVICE" in os.environ or not Path(".env").is_file():
        return os.environ
    from dotenv import dotenv_values

    try:
        file = {name: value or "" for name, value in dotenv_values(".env").items()}
    except OSError as error:
        raise ConfigError(f".env cannot be read: {error.strerror}. Mend that, or move it away.") from error
    except ValueError as error:
        raise ConfigError(f".env cannot be read: {error}. Write it as UTF-8 text, a NAME=value a line.") from error
    return {**file, **{name: value for name, value in os.environ.items() if value}}


@dataclass
class Connections:
    """What one call works with, each made when a job first asks for it; a context manager that closes what was made."""

    settings: Settings
    run_id: str
    deadline: Deadline
    clock: Clock = utc_now
    _open: ExitStack = field(default_factory=ExitStack, repr=False)

    def __enter__(self) -> "Connections":
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def call(self, run: Callable[..., Answer], request: JobRequest) -> Answer:
        """The job's result, called with what its parameters name: attributes of this object; `options` are its own."""
        own = {"options": f"{request.job.replace('-', '_')}_options"}
        needed = list(inspect.signature(run).parameters)[1:]
        return run(request, **{name: getattr(self, own.get(name, name)) for name in needed})

    @cached_property
    def mixpanel(self) -> Mixpanel:
        """The project's client. Raises ConfigError if credentials are missing."""
        return Mixpanel(
            credentials=self._credentials(),
            region=Region(self.settings.mixpanel_region),
            deadline=self.deadline,
            base_url=self.settings.mixpanel_base_url,
        )

    @cached_property
    def warehouse(self) -> Warehouse:
        """The dataset, on BigQuery or in a DuckDB file. Raises ConfigError if two of its tables have one name."""
        settings = self.settings
        if settings.bigquery_table.lower() in TABLES.keys() - {"mixpanel_events"}:
            raise ConfigError(
                f"BIGQUERY_TABLE is {settings.bigquery_table!r}. That is another table of ours: give another name."
            )
        if settings.duckdb_path is None:
            return self._bigquery()
        from mixpanel_data.warehouse.duckdb import DuckDBWarehouse

        warehouse = DuckDBWarehouse(
            settings.duckdb_path,
            dataset=settings.bigquery_dataset,
            events_table=settings.bigquery_table,
            create_tables=settings.create_tables,
        )
        self._open.callback(warehouse.close)
        return warehouse.within(self.deadline)

    @cached_property
    def events(self) -> EventsConfig:
        """The events configuration. Raises ConfigError naming entry and field."""
        return self._config(EventsConfig, self.settings.events_config)

    @cached_property
    def user_metrics(self) -> UserMetrics:
        """The configuration of what is kept per user. Raises ConfigError naming entry and field."""
        return self._config(UserMetrics, self.settings.user_metrics_config)

    @cached_property
    def targets(self) -> "Sequence[Target]":
        """Where else users' totals are written; nowhere by default. Raises ConfigError without the access to it."""
        sync = self.user_metrics.sync
        made: list[Target] = []
        if sync.postgres is not None:
            made.append(self._postgres(sync.postgres))
        if sync.mixpanel is not None:
            made.append(self._profiles(sync.mixpanel))
        return made

    @cached_property
    def collector_options(self) -> "collect.Options":
        """What the settings say to the collector."""
        from mixpanel_data import collect

        settings = self.settings
        is_project_clock = settings.mixpanel_time_basis is TimeBasis.PROJECT
        return collect.Options(
            zone=settings.mixpanel_timezone if is_project_clock else _UTC,
            lookback_days=settings.collector_lookback_days,
            overlap=timedelta(minutes=settings.collector_overlap_minutes),
            retention_days=settings.collector_retention_days,
            calls_per_hour=settings.mixpanel_calls_per_hour,
        )

    @cached_property
    def detector_options(self) -> "detect.Options":
        """What the settings say to the detector."""
        from mixpanel_data import detect

        settings = self.settings
        return detect.Options(
            default_channel=settings.slack_channel or "",
            project=settings.gcp_project_id if settings.duckdb_path is None else None,
            dataset=settings.bigquery_dataset,
            events_table=settings.bigquery_table,
            lease_seconds=self._lease_seconds,
        )

    @cached_property
    def incremental_user_sync_options(self) -> "users.Options":
        """What the settings say to the user sync."""
        from mixpanel_data import users

        return users.Options(self._lease_seconds)

    @cached_property
    def slack(self) -> "Slack | None":
        """A bot, else a webhook; None where neither is set."""
        from mixpanel_data.clients.slack import BotSlack, WebhookSlack

        token = self._secret(self.settings.slack_bot_token)
        if token is not None:
            base_url = self.settings.slack_base_url
            # slack-sdk appends a method's name.
            return BotSlack(token, self.deadline, base_url and f"{base_url}/")
        url = self._secret(self.settings.slack_webhook_url)
        return None if url is None else WebhookSlack(url, self.deadline)

    @property
    def _lease_seconds(self) -> float:
        return self.settings.call_deadline_seconds + _FUNCTION_MARGIN_SECONDS

    def _bigquery(self) -> Warehouse:
        from mixpanel_data.warehouse.bigquery import BigQueryWarehouse

        settings = self.settings
        assert settings.gcp_project_id is not None  # noqa: S101 - Settings refuses BigQuery without it
        warehouse = BigQueryWarehouse(
            project=settings.gcp_project_id,
            location=settings.bigquery_location,
            dataset=settings.bigquery_dataset,
            events_table=settings.bigquery_table,
            create_tables=settings.create_tables,
            max_bytes_billed=settings.bigquery_max_bytes_billed,
            credentials=_anonymous() if settings.bigquery_emulator_host else None,
            endpoint=settings.bigquery_emulator_host,
        )
        self._open.callback(warehouse.close)
        return warehouse.within(self.deadline)

    def _postgres(self, sync: TableSync) -> "Target":
        from mixpanel_data.clients.postgres import Column, Postgres

        url = self._secret(self.settings.postgres_url)
        if url is None:
            raise ConfigError(
                "sync.postgres of the user metrics is set, its database is not. Set POSTGRES_URL or POSTGRES_URL_NAME."
            )
        columns = [
            Column(column, name, type_)
            for name, type_ in self.user_metrics.types.items()
            if (column := sync.column(name)) is not None
        ]
        postgres = Postgres(url, sync.table, columns, self.deadline)
        self._open.callback(postgres.close)
        return postgres

    def _profiles(self, sync: ProfileSync) -> "Target":
        token = self._secret(self.settings.mixpanel_project_token)
        if token is None:
            raise ConfigError(
                "sync.mixpanel of the user metrics is set, the project's token is not. "
                "Set MIXPANEL_PROJECT_TOKEN or MIXPANEL_PROJECT_TOKEN_NAME."
            )
        region = Region(self.settings.mixpanel_region)
        return Profiles(token, region, sync.properties, self.deadline, self.settings.mixpanel_base_url)

    def _credentials(self) -> Credentials:
        settings = self.settings
        if settings.mixpanel_service_account:
            secret = self._secret(settings.mixpanel_service_account_secret)
            if secret is None:
                raise ConfigError(
                    "MIXPANEL_SERVICE_ACCOUNT is set, its secret is not. "
                    "Set MIXPANEL_SERVICE_ACCOUNT_SECRET or MIXPANEL_SERVICE_ACCOUNT_SECRET_NAME."
                )
            if settings.mixpanel_project_id is None:
                raise ConfigError(
                    "MIXPANEL_PROJECT_ID is not set; a service account needs it. Set the project's number."
                )
            return Credentials(secret, settings.mixpanel_service_account, settings.mixpanel_project_id)
        secret = self._secret(settings.mixpanel_api_secret)
        if secret is None:
            raise ConfigError(
                "There are no credentials for Mixpanel. Set MIXPANEL_SERVICE_ACCOUNT with "
                "MIXPANEL_SERVICE_ACCOUNT_SECRET (or …_SECRET_NAME), or MIXPANEL_API_SECRET (or …_NAME)."
            )
        return Credentials(secret)

    def _secret(self, source: SecretSource) -> Secret | None:
        if source.value is not None or source.secret_name is None:
            return source.value
        from mixpanel_data.clients.google.secret_manager import latest_version

        return latest_version(source.secret_name, self.settings.gcp_project_id)

    def _config(self, shape: type[Shape], source: ConfigSource) -> Shape:
        if source.text is not None:
            return parsed(shape, source.text, source.variable)
        if source.gcs_path is not None:
            return parsed(shape, self._object(source.gcs_path), source.gcs_path)
        try:
            text = source.file.read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise ConfigError(f"{source.file} is not there. Make it, or set {source.variable}.") from error
        except OSError as error:
            raise ConfigError(
                f"{source.file} cannot be read: {error.strerror}. Mend that, or set {source.variable}."
            ) from error
        return parsed(shape, text, str(source.file))

    def _object(self, path: str) -> bytes:
        from mixpanel_data.clients.google.cloud_storage import content

        settings = self.settings
        credentials = _anonymous() if settings.storage_emulator_host else None
        return content(path, settings.gcp_project_id, credentials=credentials, endpoint=settings.storage_emulator_host)


def _anonymous() -> "GoogleCredentials":
    """Credentials for an emulator, which has no use for them; Google's clients want some."""
    from google.auth.credentials import AnonymousCredentials

    return AnonymousCredentials()  # type: ignore[no-untyped-call]
