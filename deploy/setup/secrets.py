"""The values in Secret Manager. They pass through pipes and this process alone."""

import base64
import binascii

from deploy.setup.commands import Commands
from deploy.setup.errors import SetupError
from deploy.setup.terminal import say

# A secret without a version, or whose newest version is disabled or destroyed.
_NO_VALUE = ("NOT_FOUND", "FAILED_PRECONDITION")


def is_stored(commands: Commands, secret: str, project: str) -> bool:
    """Whether the newest version of a secret is enabled: functions are bound to that one."""
    command = ("gcloud", "secrets", "versions", "describe", "latest", f"--secret={secret}", f"--project={project}")
    return commands.look(*command, "--format=value(state)").text.upper() == "ENABLED"


def store(commands: Commands, secret: str, project: str, value: bytes | None) -> None:
    """Make a value the newest version of a secret, unless it is; None keeps the stored one. Raises SetupError."""
    if value is None:
        say(f"{secret}: keeps the version that it has.")
    elif not commands.is_dry_run and _newest(commands, secret, project) == value:
        say(f"{secret}: its newest version has this value already.")
    else:
        command = ("gcloud", "secrets", "versions", "add", secret, "--data-file=-", f"--project={project}", "--quiet")
        commands.change(*command, stdin=value)
        say(f"{secret}: got a new version.")


def _newest(commands: Commands, secret: str, project: str) -> bytes | None:
    """The value of the newest version; None where it has none that can be used."""
    command = ("gcloud", "secrets", "versions", "access", "latest", f"--secret={secret}", f"--project={project}")
    # As text, gcloud would change bytes that are not UTF-8, and add a newline.
    found = commands.look(*command, "--format=get(payload.data)")
    if found.code:
        if not any(each in found.err for each in _NO_VALUE):
            raise SetupError(f"The secret {secret} cannot be read. {found.reason}")
        return None
    try:
        return base64.b64decode(found.text.replace("-", "+").replace("_", "/"), validate=True)
    except binascii.Error:
        return None
