"""What the options and stdin give, before anything is asked."""

import sys
from dataclasses import dataclass, replace

from mixpanel_data.base.errors import RequestError
from mixpanel_data.base.secret import Secret
from mixpanel_data.cli.dialogue import questions


@dataclass(frozen=True, slots=True)
class Given:
    """The answers that are known before the questions. None, or False: ask, or take what is set."""

    project_id: str | None = None
    username: str | None = None
    is_api_secret: bool = False
    secret: Secret | None = None
    region: str | None = None
    slack_token: Secret | None = None
    slack_channel: str | None = None

    def with_piped(self, *, secret: bool, slack_token: bool) -> "Given":
        """The same with the secrets that stdin has: of two, each on a line of its own.

        On a terminal, secrets are asked for instead. Raises RequestError if stdin does not have them.
        """
        if questions.can_be_asked() or not (secret or slack_token):
            return self
        lines = _piped()
        names = [name for name, is_there in (("secret", secret), ("slack_token", slack_token)) if is_there]
        if not lines:
            raise RequestError("stdin is empty. Pipe the secret in, such as with: mp init … < secret.txt")
        if len(lines) != len(names):
            options = " and ".join(f"--{name.replace('_', '-')}-stdin" for name in names)
            has = f"{len(lines)} {'line' if len(lines) == 1 else 'lines'}"
            raise RequestError(
                f"stdin has {has}, and {options} {'read' if len(names) > 1 else 'reads'} {len(names)}. "
                "Pipe in each secret on a line of its own, Mixpanel's first."
            )
        piped = {name: Secret(line) for name, line in zip(names, lines, strict=True)}
        return replace(self, secret=piped.get("secret"), slack_token=piped.get("slack_token"))


def _piped() -> list[str]:
    try:
        return [line.strip() for line in sys.stdin.read().split("\n") if line.strip()]
    except UnicodeDecodeError as error:
        raise RequestError("The secret on stdin is not UTF-8 text.") from error
