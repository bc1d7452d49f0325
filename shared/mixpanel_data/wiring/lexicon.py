"""The Lexicon of the Mixpanel project."""

from mixpanel_data.clients.mixpanel import Region
from mixpanel_data.clients.mixpanel.lexicon import Lexicon
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.wiring.credentials import mixpanel_credentials


def lexicon(settings: Settings) -> Lexicon:
    """The project's Lexicon, for the caller to close. Raises ConfigError if there is no complete service account."""
    return Lexicon(mixpanel_credentials(settings), Region(settings.mixpanel_region), settings.mixpanel_base_url)
