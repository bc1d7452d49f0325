"""The words of a notice of breaking changes, as Slack's Block Kit."""

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from mixpanel_data.base.choices import ChangeKind
from mixpanel_data.base.redaction import REDACTED, Redactor
from mixpanel_data.outbox.blocks import Block, Body, body, context, first_of, header, length, section
from mixpanel_data.outbox.mrkdwn import clean, code, shown_name
from mixpanel_data.outbox.owners import mention, owner_mrkdwn
from mixpanel_data.outbox.times import day_of_year, local_time
from mixpanel_data.registry.notices.change import UntoldChange, bad_versions, first_bad

MOST_SHOWN = 10
"""The most changes that a notice describes; it counts the others."""

# What all descriptions may have of a message, in characters as sent.
_ALL_SIZE = 8_000
_SHORT_NAME_SIZE = 40
_VERSION_SIZE = 40
_TYPES_SIZE = 60
_MOST_NAMED = 5
_MOST_VERSIONS = 3
_MOST_OWNERS = 10
_ALL_CHANGES = "`mp registry changes`"


@dataclass(frozen=True, slots=True)
class NoticeWriter:
    """Writes notices with personal data redacted; `owner` is the plan's owner of an event, None without one."""

    redactor: Redactor
    owner: Callable[[str], str | None]

    def breaking_changes(self, changes: Sequence[UntoldChange], now: datetime) -> Body:
        """The notice of these changes, at least one, in their order."""
        title = self._title(changes)
        shown = self._shown(changes)
        blocks: list[Block] = [header(title), *map(section, shown)]
        if len(shown) < len(changes):
            blocks.append(section(self._rest(changes[len(shown) :])))
        return body(title, [*blocks, context(f"Found by the event registry · as of {local_time(now)}")])

    def _title(self, changes: Sequence[UntoldChange]) -> str:
        names = list(dict.fromkeys(self._short(change.event_name) for change in changes))
        if len(changes) == 1:
            (change,) = changes
            place = f"{names[0]}, {self._place(change)}" if change.property is not None else names[0]
            return f"💥 {place}: {self._said(change, str)}"
        of = len({change.event_name for change in changes})
        where = f"in {of:,} events" if of > 1 else "in one event"
        return f"💥 {len(changes):,} breaking changes {where}: {first_of(names, _MOST_NAMED)}"

    def _shown(self, changes: Sequence[UntoldChange]) -> list[str]:
        """The descriptions that fit, one at least."""
        shown: list[str] = []
        room = _ALL_SIZE
        for change in changes[:MOST_SHOWN]:
            text = self._description(change)
            room -= length(text)
            if room < 0 and shown:
                break
            shown.append(text)
        return shown

    def _description(self, change: UntoldChange) -> str:
        """What changed; since when, in which versions, and whose it is; how to look further."""
        place = code(shown_name(change.event_name, self.redactor))
        if change.property is not None:
            place += f" · {code(self._place(change))}"
        owner = self.owner(change.event_name)
        facts = [
            _since(change),
            self._versions(change),
            _counts(change),
            f"owner: {self._owner(owner)}" if owner else None,
        ]
        lines = [
            f"*{place}*: {self._said(change, code)}",
            " · ".join(filter(None, facts)),
            f"Details: {self._command(change.event_name)}",
        ]
        return "\n".join(lines)

    def _said(self, change: UntoldChange, types: Callable[[str], str]) -> str:
        """What changed, as text in which `types` has made types safe."""
        match change.kind:
            case ChangeKind.TYPE_CHANGED:
                before, after = (
                    types(clean(self.redactor.text(text), _TYPES_SIZE)) for text in (change.before, change.after)
                )
                return f"type changed from {before} to {after}"
            case ChangeKind.BECAME_SPARSE:
                return _PRESENCE[change.before, change.after]
            case _:
                # Of all kinds, only one more is breaking: it became dormant.
                return "it is no longer sent"

    def _place(self, change: UntoldChange) -> str:
        """The property and the path below it, as plain text."""
        return shown_name(f"{change.property}{change.path}", self.redactor)

    def _short(self, name: str) -> str:
        return shown_name(name, self.redactor, _SHORT_NAME_SIZE) or "(empty)"

    def _versions(self, change: UntoldChange) -> str | None:
        if first := first_bad(change):
            name, version = first
            return f"since version {self._version(name, version)} of {self._version_property(name)}"
        if bad := bad_versions(change):
            name, versions = bad
            shown = [self._version(name, version) for version in versions[:_MOST_VERSIONS]]
            more = f" +{len(versions) - len(shown):,} more" if len(versions) > len(shown) else ""
            return f"in versions {', '.join(shown)}{more} of {self._version_property(name)}"
        return None

    def _version(self, name: str, version: str) -> str:
        # 4.1.0.2 is an address only where the property's name says so.
        is_personal = self.redactor.value(name, "") == REDACTED
        text = REDACTED if is_personal else str(self.redactor.value("version", version))
        return code(clean(text, _VERSION_SIZE))

    def _version_property(self, name: str) -> str:
        return code(shown_name(name, self.redactor, _VERSION_SIZE))

    def _owner(self, owner: str) -> str:
        return mention(owner) or owner_mrkdwn(self.redactor.text(owner))

    def _command(self, name: str) -> str:
        """The command that shows the event; a name that cannot be typed as it is shown leads to the list of changes."""
        shown = shown_name(name, self.redactor)
        if not name or shown != name or "`" in name:
            return _ALL_CHANGES
        return code(f"mp registry event {'-- ' if name.startswith('-') else ''}{shlex.quote(name)}")

    def _rest(self, changes: Sequence[UntoldChange]) -> str:
        """The changes that are not described, and whose they are."""
        owners = list(dict.fromkeys(self._owner(owner) for owner in self._owners(changes)))
        whose = f"\nOwners: {first_of(owners, _MOST_OWNERS)}" if owners else ""
        return f"+{len(changes):,} more: {_ALL_CHANGES} lists all.{whose}"

    def _owners(self, changes: Sequence[UntoldChange]) -> list[str]:
        names = dict.fromkeys(change.event_name for change in changes)
        return [owner for name in names if (owner := self.owner(name))]


_PRESENCE = {
    ("always", "sometimes"): "all events had it, and now some lack it",
    ("always", "never"): "all events had it, and now none has it",
    ("sometimes", "sometimes"): "it is in fewer than half as many events as usual",
    ("sometimes", "never"): "some events had it, and now none has it",
}


def _since(change: UntoldChange) -> str:
    day = day_of_year(change.day)
    # A day without it is not the day on which it ended.
    return f"dormant since {day}" if change.kind is ChangeKind.BECAME_DORMANT else f"since {day}"


def _counts(change: UntoldChange) -> str | None:
    """How much of the first days is bad, where that is a part."""
    counts = change.evidence.get("after") or {}
    values = {name: count for name, count in counts.items() if name != "events"}
    if change.kind is ChangeKind.TYPE_CHANGED:
        new = set(change.after.split("|")) - set(change.before.split("|"))
        return _part(sum(values.get(name, 0) for name in new), sum(values.values()), "values")
    if change.kind is ChangeKind.BECAME_SPARSE:
        of = counts.get("events", 0)
        return _part(of - sum(values.values()), of, "events")
    return None


def _part(bad: int, of: int, what: str) -> str | None:
    return f"{bad:,} of {of:,} {what} in the first days" if 0 < bad <= of else None
