"""Calls over HTTPS by curl, which is given the token on standard input."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deploy.setup.commands import Commands


@dataclass(frozen=True, slots=True)
class Web:
    """POSTs JSON with a bearer token."""

    commands: Commands

    def post(self, url: str, token: str, document: Mapping[str, Any], seconds: int = 60) -> tuple[int, str]:
        """Status and text of the answer; status 0, and the reason, where there was none within the time."""
        lines = {
            "url": url,
            "request": "POST",
            "header": f"Authorization: Bearer {token}",
            "data": json.dumps(document),
        }
        config = "".join(f"{name} = {_quoted(value)}\n" for name, value in lines.items())
        config += 'header = "Content-Type: application/json"\n'
        command = ("curl", "--silent", "--show-error", "--max-time", str(seconds), "--write-out", "\n%{http_code}")
        answer = self.commands.look(*command, "--config", "-", stdin=config.encode())
        text, _, status = answer.out.decode(errors="replace").rstrip().rpartition("\n")
        return (int(status), text) if answer.code == 0 and status.isdigit() else (0, answer.reason)


def _quoted(value: str) -> str:
    """As curl reads it in a configuration, where a backslash makes the next character an ordinary one."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
