"""The test alert at the end, sent by the deployed detector itself."""

import json
from typing import Any

from deploy.destination import Destination
from deploy.setup.commands import Commands
from deploy.setup.errors import SetupError
from deploy.setup.terminal import say
from deploy.setup.web import Web

_SECONDS = 300
_AGAIN = "Correct that, and run ./deploy.sh setup again."


def send_test_alert(commands: Commands, web: Web, destination: Destination, account: str) -> None:
    """Have the detector send one, and show what it could do at Slack. Raises SetupError for what it could not."""
    url = _url(commands, destination)
    say(f'+ POST {url} {{"test_alert": true}}')
    if commands.is_dry_run:
        return
    status, text = web.post(url, _identity_token(commands, url, account), {"test_alert": True}, _SECONDS)
    document = _document(text)
    if status != 200 or not isinstance(document.get("checks"), list):
        reason = document.get("error", {}).get("message") or text.strip()[:500]
        raise SetupError(f"The detector sent no test alert (status {status}): {reason} {_AGAIN}")
    for check in document["checks"]:
        _show(check)
    if not all(check["is_ok"] for check in document["checks"]):
        raise SetupError(f"Alerts do not reach Slack in full. {_AGAIN}")
    say(f"The test alert is in {document.get('channel') or 'the channel of the webhook'}.")


def _show(check: dict[str, Any]) -> None:
    say(f"  {'ok    ' if check['is_ok'] else 'failed'}  {check['step']}")
    if not check["is_ok"]:
        say(f"          {check['problem']}. {check['advice']}")


def _url(commands: Commands, destination: Destination) -> str:
    where = ("--gen2", f"--project={destination.project}", f"--region={destination.region}")
    found = commands.look("gcloud", "functions", "describe", "detector", *where, "--format=value(serviceConfig.uri)")
    if found.text.startswith("https://"):
        return found.text
    if commands.is_dry_run:
        return "https://URI-OF-detector"
    raise SetupError(f"gcloud gives no address of the detector. {found.reason}")


def _identity_token(commands: Commands, url: str, account: str) -> str:
    # A person's token is for every function; that of a service account names the one.
    audience = [f"--audiences={url}"] if account.endswith(".gserviceaccount.com") else []
    found = commands.look("gcloud", "auth", "print-identity-token", *audience)
    if not found.text:
        raise SetupError(f"gcloud gives no identity token. {found.reason}")
    return found.text


def _document(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
