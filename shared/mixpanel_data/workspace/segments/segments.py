"""The named segments of a workspace, as `Workspace.segments` has them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mixpanel_data.base.clock import utc_now
from mixpanel_data.base.environment import environment
from mixpanel_data.base.errors import RequestError
from mixpanel_data.configuration.reports.choices import By
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.workspace.results.segments import SegmentVersion

if TYPE_CHECKING:
    from mixpanel_data.reports.versions.versions import Version
    from mixpanel_data.warehouse.base import Warehouse
    from mixpanel_data.workspace.reporting.known import KnownSegments
    from mixpanel_data.workspace.storage.file import WorkspaceFile


@dataclass(frozen=True)
class Segments:
    """The named segments of `config/segments.json` or SEGMENTS_CONFIG, and the versions that the warehouse keeps.

    A report keeps the versions that it uses, in the warehouse whose events it reads. `name` is a segment as the
    configuration has it, and `name@version` one of its versions, by the first 8 digits or more.

    Every method raises NotFoundError for an unknown name or version, RequestError for a version that means several,
    ConfigError for a wrong file or variable, WarehouseBusyError if another program holds the DuckDB file, and
    AuthenticationError where access to BigQuery is missing.
    """

    _file: "WorkspaceFile"

    def list(self) -> Sequence[SegmentVersion]:
        """All segments with all their versions, by name and the newest first."""
        with self._known() as (known, _):
            return [_result(version, known) for version in known.all()]

    def show(self, name: str) -> SegmentVersion:
        """One version of a segment, with its definition."""
        with self._known() as (known, _):
            found = known.found(name)
            return _result(known.kept.get(found.key, found), known)

    def members(self, name: str) -> Sequence[str]:
        """The members of a frozen segment in ascending order: distinct ids, or those of clusters if frozen by cluster.

        Raises RequestError for a dynamic segment.
        """
        from mixpanel_data.reports.versions.frozen import members_of

        with self._known() as (known, warehouses):
            frozen = known.found(name)
            if frozen.kind != "frozen":
                raise RequestError(
                    f"{name} is dynamic: each report works its members out. Freeze it, or ask for the report cohort."
                )
            # One of them keeps it, and the others have no such rows.
            return sorted({user for each in warehouses for user in members_of(each, frozen)})

    def save(self) -> Sequence[SegmentVersion]:
        """Keep the current version of every segment of the configuration, and return those that are new.

        Raises TableNotFoundError where there are no events, or no table of segments and CREATE_TABLES forbids to make
        it.
        """
        from mixpanel_data.workspace.reporting.choosing import source_of
        from mixpanel_data.workspace.reporting.keeping import keep_new
        from mixpanel_data.workspace.reporting.known import KnownSegments

        settings = _settings()
        with source_of(self._file, settings, None) as source:
            known = KnownSegments(settings, [source.warehouse])
            new = keep_new(known, list(known.configured.values()), source.warehouse, settings, utc_now())
            return [_result(version, known) for version in new]

    def freeze(
        self,
        name: str,
        *,
        as_of: str | datetime | None = None,
        by: str | By | None = None,
        timezone: str | None = None,
        table: str | None = None,
    ) -> SegmentVersion:
        """Keep the members that a segment has as of a moment (now), and return the frozen version, to use as its `use`.

        `by` is "user" or "cluster", `timezone` the zone of the days in the definition (else MIXPANEL_TIMEZONE), `table`
        the table of events to read. A repeat with the same members adds nothing. Raises RequestError for a wrong field,
        for a segment that is frozen already and for an unknown event, and TableNotFoundError as `save` does.
        """
        from mixpanel_data.configuration.reports.people import Cohort
        from mixpanel_data.workspace.reporting.asked import definition_from
        from mixpanel_data.workspace.reporting.choosing import source_of
        from mixpanel_data.workspace.reporting.known import KnownSegments
        from mixpanel_data.workspace.segments.freezing import freeze

        settings = _settings()
        given: dict[str, Any] = {"as_of": as_of, "by": by, "timezone": timezone, "table": table}
        fields = {field: value for field, value in given.items() if value is not None}
        definition = definition_from(Cohort, None, {"segment": name, **fields})
        with source_of(self._file, settings, definition.table) as source:
            frozen = freeze(name, definition, source, settings, utc_now())
            return _result(frozen, KnownSegments(settings, [source.warehouse]))

    @contextmanager
    def _known(self) -> "Iterator[tuple[KnownSegments, Sequence[Warehouse]]]":
        """What is known of segments, and the warehouses that keep them."""
        from mixpanel_data.workspace.reporting.choosing import warehouses_of
        from mixpanel_data.workspace.reporting.known import KnownSegments

        settings = _settings()
        with warehouses_of(self._file, settings) as warehouses:
            yield KnownSegments(settings, warehouses), warehouses


def _settings() -> Settings:
    return Settings.from_env(environment())


def _result(version: "Version", known: "KnownSegments") -> SegmentVersion:
    members, as_of = (version.definition.get(field) for field in ("members", "as_of"))
    is_frozen = version.kind == "frozen"
    return SegmentVersion(
        name=version.name,
        version=version.version,
        kind=version.kind.value,
        is_current=known.is_current(version),
        saved_at=version.saved_at,
        members=members if is_frozen else None,
        as_of=datetime.fromisoformat(as_of) if is_frozen and as_of else None,
        definition=version.definition,
    )


class FileSegments:
    """Keeps the versions of segments and the members of frozen ones."""

    _file: "WorkspaceFile"

    @cached_property
    def segments(self) -> Segments:
        """The named segments that reports can be limited to, with their versions."""
        return Segments(self._file)
