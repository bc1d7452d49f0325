"""Secrets from the environment or from Secret Manager."""

from mixpanel_data.base.extras import extra
from mixpanel_data.base.secret import Secret
from mixpanel_data.configuration.environment.variable import SecretSource
from mixpanel_data.configuration.settings import Settings


def secret(source: SecretSource, settings: Settings) -> Secret | None:
    """The secret, from its variable or else from Secret Manager; None where neither is set.

    Raises what `secret_manager.latest_version` raises.
    """
    if source.value is not None or source.secret_name is None:
        return source.value
    with extra("bigquery", f"The secret {source.secret_name}"):
        from mixpanel_data.clients.google.secret_manager import latest_version

    return latest_version(source.secret_name, settings.gcp_project_id)
