"""The commands that a message offers. Whatever an event is called, a shell takes the name as one word of text.

A name of letters, digits, spaces and a few harmless signs is put between single quotes, which POSIX shells, fish and
PowerShell read alike. In any other name every other character is written as its code, in the form `$'…'` of bash, zsh
and ksh: no sign that some shell gives a meaning to, and nothing that Slack would change, is left.
"""

import re
from datetime import timedelta

from mixpanel_data.base.redaction import Redactor
from mixpanel_data.detect.incidents.incident import WHOLE, Incident
from mixpanel_data.detect.messages.wording.reported_incident import ReportedIncident
from mixpanel_data.outbox.mrkdwn import clean, code
from mixpanel_data.outbox.times import Times

MUTED_FOR = "2h"

_PLAIN_WORD = re.compile(r"[\w.]+", re.ASCII)
_HARMLESS = re.compile(r"[\w $.,:/+#=()\[\]-]+")
_PLAIN_CHARACTER = re.compile(r"[A-Za-z0-9 _.,:/-]")
_LONGEST = 200
_HALF_HOUR = timedelta(minutes=30)
_MOST_MINUTES = 1440


def shell_word(name: str) -> str | None:
    """The name as one word of a command line; None for a name that is too long, or that no shell can write."""
    if _PLAIN_WORD.fullmatch(name):
        word = name
    elif _HARMLESS.fullmatch(name) and clean(name, len(name)) == name:
        word = f"'{name}'"
    else:
        word = f"$'{''.join(map(_escaped, name))}'"
    is_text = "\x00" not in name and name.encode(errors="replace").decode() == name
    return word if name and is_text and len(word) <= _LONGEST else None


def explain(reported: ReportedIncident, redactor: Redactor, times: Times) -> str | None:
    """The command that shows the event's minutes, as code; None for a name that must not be shown or cannot be."""
    return _command("explain", reported.incident.event_name, f"{_when(reported, times)} --format table", redactor)


def mute_all() -> str:
    """The command that mutes all events together, as code."""
    return code(f"mp detect mute '{WHOLE}' --for {MUTED_FOR}")


def explain_event(name: str, redactor: Redactor) -> str | None:
    """The command that shows an event's last hour, as code; None for a name that must not be shown or cannot be."""
    return _command("explain", name, "--format table", redactor)


def mute(incident: Incident, redactor: Redactor) -> str | None:
    """The command that mutes the event, as code; None for a name that must not be shown or cannot be."""
    return _command("mute", incident.event_name, f"--for {MUTED_FOR}", redactor)


def _command(verb: str, name: str, options: str, redactor: Redactor) -> str | None:
    word = shell_word(name) if redactor.text(name) == name else None
    if word is None:
        return None
    is_like_an_option = name.startswith("-")
    return code(f"mp detect {verb} " + (f"{options} -- {word}" if is_like_an_option else f"{word} {options}"))


def _when(reported: ReportedIncident, times: Times) -> str:
    """The options that show the incident from half an hour before it on, as of now or of its end."""
    incident = reported.incident
    end = times.now if reported.is_open else min(times.now, incident.abnormal_until + _HALF_HOUR)
    minutes = (end - incident.first.start + _HALF_HOUR) // timedelta(minutes=1)
    at = "" if reported.is_open else f" --at {end:%Y-%m-%dT%H:%MZ}"
    return f"--minutes {max(60, min(_MOST_MINUTES, -(-minutes // 30) * 30))}{at}"


def _escaped(character: str) -> str:
    if _PLAIN_CHARACTER.fullmatch(character):
        return character
    number = ord(character)
    if number < 0x80:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
