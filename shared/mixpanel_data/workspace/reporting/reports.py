"""The reports of a workspace, as `Workspace.report` has them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mixpanel_data.base.clock import utc_now
from mixpanel_data.base.environment import environment
from mixpanel_data.configuration.settings import Settings

if TYPE_CHECKING:
    from mixpanel_data.configuration.reports.definitions import AnyReport
    from mixpanel_data.reports.answers.answer import Answer
    from mixpanel_data.workspace.reporting.asked import Given
    from mixpanel_data.workspace.storage.file import WorkspaceFile


@dataclass(frozen=True)
class Reports:
    """Mixpanel's reports, worked out from stored events: those of the warehouse if it has any, else fetched ones.

    Every method takes the fields of its definition by name, or a definition (an object or its JSON values) and fields
    to change in it. All definitions have `timezone` (else MIXPANEL_TIMEZONE), `by` ("user" or "cluster") and `table`.
    Those of reports over days have `from_date` and `to_date`, both inclusive, `segment` or `segments`, `compare` and
    `as_of` too; `journey`, `profile`, `profiles` and `cohort` are about users themselves, and say what they have.

    Every method raises RequestError that names a wrong field, an unknown event (with the nearest names) or a missing
    day, NotFoundError for an unknown segment, TableNotFoundError where there are no events, ConfigError for a wrong
    file or variable, and WarehouseBusyError if another program holds the DuckDB file.
    """

    _file: "WorkspaceFile"

    def segmentation(self, definition: "Given | None" = None, /, **fields: Any) -> "Answer":
        """Count `events` or their users, or measure a `property` (`measure`), for each `unit` and over all days.

        `on` breaks it down by a property, numbers into ranges by `width` or `edges`; the `limit` (60) largest values
        are shown. Page docs/reports/insights.
        """
        from mixpanel_data.configuration.reports.definitions import Segmentation

        return self._asked(Segmentation, definition, fields)

    def active_users(self, definition: "Given | None" = None, /, **fields: Any) -> "Answer":
        """Count the users who did `event` (any) within 1, 7 and 30 days up to the end of each `unit`: DAU, WAU, MAU.

        Days before `from_date` count too.
        """
        from mixpanel_data.configuration.reports.definitions import ActiveUsers

        return self._asked(ActiveUsers, definition, fields)

    def frequency(self, definition: "Given | None" = None, /, **fields: Any) -> "Answer":
        """Count the users who did `event` (any) in at least 1, 2, 3 … hours or days (`part`) of each `unit`.

        Page reference/retention-frequency-query.
        """
        from mixpanel_data.configuration.reports.definitions import Frequency

        return self._asked(Frequency, definition, fields)

    def funnel(self, definition: "Given | None" = None, /, **fields: Any) -> "Answer":
        """Follow users through 2 to 20 `steps` `within` a length of time (7 days) from the first; times in seconds.

        `count` is "users", "attempts" or "sessions", `order` "given" or "any"; `exclude` names events that end an
        attempt, `hold` properties that keep their value, `on` the property of a breakdown. Pages
        docs/reports/funnels/funnels-advanced and funnels-faq.
        """
        from mixpanel_data.configuration.reports.definitions import Funnel

        return self._asked(Funnel, definition, fields)

    def retention(self, definition: "Given | None" = None, /, **fields: Any) -> "Answer":
        """Show what share of the users who did `born` did `returned` later, for each `unit` since.

        `mode` is "birth" or "recurring", `align` "birth" or "calendar", `counting` "on", "on_or_after", "on_or_before"
        or "streak". Pages docs/reports/retention and reference/retention-query.
        """
        from mixpanel_data.configuration.reports.definitions import Retention

        return self._asked(Retention, definition, fields)

    def sessions(self, definition: "Given | None" = None, /, **fields: Any) -> "Answer":
        """Count sessions for each `unit`: events of a user at most `timeout` (30 minutes) apart, cut at midnight.

        Lengths are in seconds. Page docs/features/sessions.
        """
        from mixpanel_data.configuration.reports.definitions import Sessions

        return self._asked(Sessions, definition, fields)

    def paths(self, definition: "Given | None" = None, /, **fields: Any) -> "Answer":
        """Follow users from their first `anchor`, `forward` (3) and `backward` events: nodes, links, frequent paths.

        Page docs/reports/flows.
        """
        from mixpanel_data.configuration.reports.definitions import Paths

        return self._asked(Paths, definition, fields)

    def journey(self, user: "str | Given | None" = None, /, **fields: Any) -> "Answer":
        """Show the events of the user whose id is `user`, in their order, each with the number of its session.

        With `by="cluster"` they are those of all ids of the cluster. `time` is aware, in UTC; `session` counts from 1,
        and is None for the events that Mixpanel counts in no session. Page docs/features/sessions. Raises NotFoundError
        where no event has the id, and RequestError without one.
        """
        from mixpanel_data.configuration.reports.people import Journey

        return self._asked(Journey, *_about("id", user, fields))

    def profile(self, user: "str | Given | None" = None, /, **fields: Any) -> "Answer":
        """Show what the events tell of the `user` who has this id: ids, totals, latest properties, and their changes.

        `rows` are the changes: each event in which a property has another value than in the last event that had it; the
        first value is a change `from` None. `parts[0]` has everything else. Days are those of `timezone`. Raises
        NotFoundError where no event has the id, and RequestError without one.
        """
        from mixpanel_data.configuration.reports.people import Profile

        return self._asked(Profile, *_about("id", user, fields))

    def profiles(self, definition: "Given | None" = None, /, **fields: Any) -> "Answer":
        """Find users by their latest properties (`where`), `email` and `id`, as far as given; without any, list all.

        `rows` has one for each, by name: all `ids`, the number of `events`, `first_seen` and `last_seen` (aware, in
        UTC) and `properties`. An e-mail is the latest `$email`, else `email`, letter by letter; an id is any of
        the user's. Where nobody fits, there are no rows.
        """
        from mixpanel_data.configuration.reports.people import Profiles

        return self._asked(Profiles, definition, fields)

    def cohort(self, segment: Any = None, /, **fields: Any) -> "Answer":
        """Count the users of a `segment` (a name, an object, or JSON values) at the end of each `unit`, and name them.

        `rows` has the `size` in each period from `from_date` to `to_date`; without days, one for each member. The size
        and the members of `parts[0]` are those as of `as_of` (now). Page docs/users/cohorts. Raises RequestError for
        one day without the other.
        """
        from mixpanel_data.configuration.reports.people import Cohort

        return self._asked(Cohort, *_about("segment", segment, fields))

    def run(self, name: str, /, **changes: Any) -> "Answer":
        """Answer a named definition of `config/reports.json` or REPORTS_CONFIG, with these fields in place of its own.

        Raises NotFoundError, with the nearest names, for a name that is not there.
        """
        from mixpanel_data.workspace.reporting.saved import saved_report

        saved = saved_report(name, self._settings)
        return self._asked(type(saved), saved, changes, name)

    def _asked(
        self,
        shape: "type[AnyReport]",
        definition: "Given | None",
        fields: Mapping[str, Any],
        name: str | None = None,
    ) -> "Answer":
        from mixpanel_data.workspace.reporting.answering import answer_to
        from mixpanel_data.workspace.reporting.asked import definition_from

        asked = definition_from(shape, definition, fields)
        return answer_to(asked, self._file, self._settings, utc_now(), name)

    @property
    def _settings(self) -> Settings:
        return Settings.from_env(environment())


def _about(field: str, given: Any, fields: Mapping[str, Any]) -> "tuple[Given | None, Mapping[str, Any]]":
    """A definition and the fields to change in it, of one that is given itself, or by its most important field."""
    from mixpanel_data.configuration.reports.scope import Scope

    # Only of a definition is the field a member; the segment {"segment": name} means the same as that definition.
    if given is None or isinstance(given, Scope) or (isinstance(given, Mapping) and {field, "report"} & given.keys()):
        return given, fields
    return None, {field: given, **fields}


class FileReports:
    """Works out reports from the events of the warehouse, or from those of a file."""

    _file: "WorkspaceFile"

    @cached_property
    def report(self) -> Reports:
        """Mixpanel's reports over stored events: without a quota, and by the same definitions."""
        return Reports(self._file)
