"""The credentials of the Mixpanel project."""

from mixpanel_data.base.errors import ConfigError
from mixpanel_data.clients.mixpanel import Credentials
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.wiring.secrets import secret


def mixpanel_credentials(settings: Settings) -> Credentials:
    """The service account if one is set, else the API secret. Raises ConfigError if either is incomplete."""
    if settings.mixpanel_service_account:
        password = secret(settings.mixpanel_service_account_secret, settings)
        if password is None:
            raise ConfigError(
                "MIXPANEL_SERVICE_ACCOUNT is set, but its secret is not. "
                "Set MIXPANEL_SERVICE_ACCOUNT_SECRET or MIXPANEL_SERVICE_ACCOUNT_SECRET_NAME."
            )
        if settings.mixpanel_project_id is None:
            raise ConfigError(
                "MIXPANEL_PROJECT_ID is not set, and a service account needs it. Set it to the project's number."
            )
        return Credentials(password, settings.mixpanel_service_account, settings.mixpanel_project_id)
    api_secret = secret(settings.mixpanel_api_secret, settings)
    if api_secret is None:
        raise ConfigError(
            "No Mixpanel credentials are set. Set MIXPANEL_SERVICE_ACCOUNT with "
            "MIXPANEL_SERVICE_ACCOUNT_SECRET (or …_SECRET_NAME), or MIXPANEL_API_SECRET (or …_NAME)."
        )
    return Credentials(api_secret)
