"""The user sync with its targets outside the warehouse."""

import logging
from collections.abc import Iterator

from mixpanel_data import users
from mixpanel_data.base.errors import ConfigError
from mixpanel_data.base.extras import extra
from mixpanel_data.base.secret import Secret
from mixpanel_data.configuration.environment.variable import SecretSource
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.configuration.user_metrics import PostgresTarget, ProfileTarget, UserMetrics
from mixpanel_data.users.targets import Target
from mixpanel_data.wiring.files import events_config, user_metrics_config
from mixpanel_data.wiring.origin import origin
from mixpanel_data.wiring.secrets import secret
from mixpanel_data.wiring.session import Call, Session

log = logging.getLogger(__name__)


def run(request: users.Request, session: Session, call: Call) -> users.Result:
    """Run the user sync. Raises ConfigError if a target has no credential, and what `users.run` raises."""
    user_metrics = user_metrics_config(session.settings)
    if not user_metrics.names:
        _log_no_metrics(session.settings)
    return users.run(
        request,
        run_id=call.run_id,
        warehouse=session.warehouse.within(call.deadline, users.Request.job),
        events=events_config(session.settings),
        user_metrics=user_metrics,
        targets=list(targets(user_metrics, session, call)),
        options=users.Options(call.lease_seconds, origin(session.settings)),
        clock=call.clock,
        deadline=call.deadline,
    )


def _log_no_metrics(settings: Settings) -> None:
    source = settings.user_metrics_config
    log.warning(
        "no metrics are configured: a user has events_processed, first_event_time and last_event_time; for more, add "
        "counters, latest or current to %s",
        source.file if source.text is None and source.gcs_path is None else source.variable,
    )


def targets(user_metrics: UserMetrics, session: Session, call: Call) -> Iterator[Target]:
    """The configured targets, bound to the call. Raises ConfigError naming the credential that is missing."""
    if user_metrics.sync.postgres is not None:
        yield _postgres(user_metrics, user_metrics.sync.postgres, session, call)
    if user_metrics.sync.mixpanel is not None:
        yield _profiles(user_metrics.sync.mixpanel, session, call)


def _postgres(user_metrics: UserMetrics, target: PostgresTarget, session: Session, call: Call) -> Target:
    with extra("postgres", "sync.postgres of the user metrics"):
        import psycopg  # noqa: F401 - for its error: the client's modules would raise it later

        from mixpanel_data.clients.postgres import Column, Postgres

    url = _required(session.settings, session.settings.postgres_url, "sync.postgres", "POSTGRES_URL")
    columns = [
        Column(column, name, type_)
        for name, type_ in user_metrics.types.items()
        if (column := target.column(name)) is not None
    ]
    return session.closing(Postgres(url, target.table, columns)).within(call.deadline)


def _profiles(target: ProfileTarget, session: Session, call: Call) -> Target:
    from mixpanel_data.clients.mixpanel import Profiles, Region

    settings = session.settings
    token = _required(settings, settings.mixpanel_project_token, "sync.mixpanel", "MIXPANEL_PROJECT_TOKEN")
    profiles = Profiles(token, Region(settings.mixpanel_region), target.properties, settings.mixpanel_base_url)
    return session.closing(profiles).within(call.deadline)


def _required(settings: Settings, source: SecretSource, entry: str, variable: str) -> Secret:
    found = secret(source, settings)
    if found is None:
        raise ConfigError(
            f"{entry} of the user metrics is set, but {variable} is not. Set {variable} or {variable}_NAME."
        )
    return found
