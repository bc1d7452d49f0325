"""An account of the stand-in, added as a person adds it."""

from cli.shell import Ended, Mp
from mixpanel_data_standins.mixpanel import StandInMixpanel

SECRET = "stand-in-secret"


def added(mp: Mp, mixpanel: StandInMixpanel, name: str = "stand-in") -> Ended:
    """The stand-in's account, added without a question to Mixpanel."""
    access = mixpanel.access
    of_access = ("--username", access.username, "--secret", access.secret, "--project", access.project_id)
    ended = mp("auth", "add", name, *of_access, "--region", "us")
    assert ended.code == 0, ended.err
    return ended
