"""Changes on their way into the table: staged with the evidence that is not known yet, published, and counted."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from mixpanel_data.registry.evidence import Subject, look_up
from mixpanel_data.registry.judging.shapes import Change
from mixpanel_data.registry.publishing.statements import CHANGE_EFFECTS, COUNT_EFFECTS, GIVEN_CHANGES, PUBLISH_CHANGES
from mixpanel_data.warehouse.base import Staging
from mixpanel_data.warehouse.json_rows import json_row
from mixpanel_data.warehouse.statements import Statement


@dataclass(frozen=True, slots=True)
class Effects:
    """How many changes are inserted, updated and retracted, by these words."""

    changes: Mapping[str, int]

    @property
    def figures(self) -> Mapping[str, int]:
        """The figures of a part: new changes, and changes that no longer follow."""
        return {"changes": self.changes.get("insert", 0), "retracted": self.changes.get("retract", 0)}

    @property
    def statements(self) -> Sequence[Statement]:
        """The statements that publish them: others would be billed for nothing."""
        return [statement for effect, statement in PUBLISH_CHANGES.items() if effect in self.changes]


def stage(
    staging: Staging,
    changes: Iterable[Change],
    *,
    settled: Iterable[str],
    renewed: Sequence[Subject] = (),
    at: date,
    version_properties: Sequence[str],
    is_of_events: bool,
) -> None:
    """Stage what becomes of changes, as `change_effects`; `batch_names` is staged before.

    `changes` are all that follow for these names. `settled` are the ids of stored changes whose evidence holds,
    `renewed` other stored changes whose evidence does not.
    """
    by_id = {change.change_id: change for change in changes}
    known = set(settled)
    unknown = [Subject.of(change) for change_id, change in by_id.items() if change_id not in known]
    evidence = look_up(staging, [*unknown, *renewed], at, version_properties)
    given = [_row(change, evidence.get(change_id)) for change_id, change in by_id.items()]
    given += [_renewed_row(subject, evidence[subject.change_id]) for subject in renewed]
    staging.materialise(GIVEN_CHANGES, changes=given)
    staging.materialise(CHANGE_EFFECTS, is_of_events=is_of_events)


def count(staging: Staging) -> Effects:
    """What becomes of the staged changes."""
    return Effects({row["effect"]: row["changes"] for row in staging.rows(COUNT_EFFECTS)})


def _row(change: Change, evidence: str | None) -> str:
    return json_row(
        {
            "change_id": change.change_id,
            "day": change.day.isoformat(),
            "kind": change.kind,
            "event_name": change.event_name,
            "property": change.property,
            "path": change.path,
            # Nothing was before, or is since.
            "before": change.before or None,
            "after": change.after or None,
            "is_breaking": "true" if change.is_breaking else "false",
            "evidence": evidence,
        }
    )


def _renewed_row(subject: Subject, evidence: str) -> str:
    return json_row({"change_id": subject.change_id, "evidence": evidence})
