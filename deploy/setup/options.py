"""The command line of the setup."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from deploy.setup.errors import SetupError
from deploy.setup.questions import QUESTIONS

SECRETS = MIXPANEL_SECRET, SLACK_TOKEN, SLACK_WEBHOOK = (
    "MIXPANEL_SERVICE_ACCOUNT_SECRET",
    "SLACK_BOT_TOKEN",
    "SLACK_WEBHOOK_URL",
)
"""The variables of the secrets that the setup can bring to Secret Manager."""

_ENVIRONMENTS = ("prod", "staging", "dev")
_DESCRIPTION = """\
Leads from an empty Google Cloud project to a test alert: asks what it needs to know, runs Terraform, brings the secrets
to Secret Manager, deploys, and sends a test alert. Run it again at any time: it leaves what is done as it is.
"""
_EPILOG = """\
Without an option, the answer comes from the environment, from .env, or from infra/environments/. Secrets have no
options, because anybody on the machine can read a command line: set MIXPANEL_SERVICE_ACCOUNT_SECRET and SLACK_BOT_TOKEN
(or SLACK_WEBHOOK_URL), or pass --secrets-stdin.
"""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says. `given` has answers by the names of their options; `secrets` by variable."""

    given: Mapping[str, str]
    environment: str
    is_confirmed: bool
    is_dry_run: bool
    secrets: Mapping[str, str] = field(repr=False)

    @property
    def can_ask(self) -> bool:
        """Whether there is somebody to ask."""
        return not self.is_confirmed and sys.stdin.isatty()


def read_options(arguments: Sequence[str]) -> Options:
    """The options. Raises SetupError for secrets on standard input that cannot be read."""
    parser = argparse.ArgumentParser(
        "./deploy.sh setup",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    asked = parser.add_argument_group("answers")
    for question in QUESTIONS:
        asked.add_argument(question.flag, metavar=question.metavar or None, help=question.help)
    parser.add_argument("--environment", choices=_ENVIRONMENTS, default="prod", help="the purpose (prod)")
    parser.add_argument(
        "--secrets-stdin", action="store_true", help="read a JSON object of secrets from standard input"
    )
    parser.add_argument("--yes", action="store_true", help="ask nothing, and apply Terraform's plan")
    parser.add_argument("--dry-run", action="store_true", help="print the commands, and change nothing")
    found = vars(parser.parse_args(arguments))
    settings = {name: found.pop(name) for name in ("environment", "secrets_stdin", "yes", "dry_run")}
    return Options(
        {name: value for name, value in found.items() if value},
        settings["environment"],
        settings["yes"],
        settings["dry_run"],
        _read_secrets() if settings["secrets_stdin"] else {},
    )


def _read_secrets() -> Mapping[str, str]:
    try:
        document = json.load(sys.stdin)
    except ValueError:
        document = None
    # What was read is never repeated: it holds secrets.
    if not isinstance(document, dict) or not all(isinstance(each, str) for each in document.values()):
        raise SetupError(f"Standard input is not a JSON object of texts. Give some of {', '.join(SECRETS)}.")
    if document.keys() - {*SECRETS}:
        raise SetupError(f"Standard input has a name that no secret has. Give some of {', '.join(SECRETS)}.")
    return document
