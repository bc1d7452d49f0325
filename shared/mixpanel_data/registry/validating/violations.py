"""The violations of a part: staged from its observations and events, published with them."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from mixpanel_data.configuration.tracking_plan import TrackingPlan
from mixpanel_data.configuration.tracking_plan.naming import whole_name_pattern
from mixpanel_data.registry.context.registry_run import RegistryRun
from mixpanel_data.registry.context.units import Units
from mixpanel_data.registry.context.version_parameters import version_parameters
from mixpanel_data.registry.judging.own_keys import PATTERN
from mixpanel_data.registry.validating import statements
from mixpanel_data.registry.validating.rules import as_documents
from mixpanel_data.warehouse.base import Staging
from mixpanel_data.warehouse.statements import Statement


def stage(registry_run: RegistryRun, staging: Staging, units: Units) -> Sequence[Statement]:
    """Count what the events of these units break, and compare it with what is stored, as `violation_changes`.

    `part_units` of these units and what is observed of them are staged before. Returns the statements that publish what
    changed; they need the parameters of the units. Raises what the warehouse raises.
    """
    suspects = _suspects(registry_run.plan, staging, units)
    if registry_run.plan is not None and any(suspects.values()):
        _count(registry_run.plan, staging, units, suspects)
    else:
        staging.materialise(statements.NO_VIOLATIONS)
    staging.materialise(statements.VIOLATION_CHANGES, **units.parameters())
    (changed,) = staging.rows(statements.COUNT_VIOLATION_CHANGES)
    deleting, inserting = statements.PUBLISH
    return [*([deleting] if changed["deleted"] else []), *([inserting] if changed["inserted"] else [])]


def _suspects(plan: TrackingPlan | None, staging: Staging, units: Units) -> Mapping[str, int]:
    """How many rules the events may break, by scope; they are staged as `suspected_rules`."""
    if plan is None:
        return {}
    staging.materialise(
        statements.SUSPECTED_RULES, **plan_parameters(plan, {unit.event_name for unit in units.of_part})
    )
    (suspects,) = staging.rows(statements.COUNT_SUSPECTS)
    return suspects


def _count(plan: TrackingPlan, staging: Staging, units: Units, suspects: Mapping[str, int]) -> None:
    """Count the events that break a suspected rule, as `fresh_violations`."""
    given = {**units.parameters(), **version_parameters(plan.version_properties)}
    for scope, (counting, none) in statements.BROKEN_BY.items():
        # Events are read only where one of them may break a rule.
        if suspects[scope]:
            staging.materialise(counting, **given)
        else:
            staging.materialise(none)
    staging.materialise(statements.BROKEN_RULES)
    staging.materialise(statements.FRESH_VIOLATIONS, **given)


def plan_parameters(plan: TrackingPlan, names: AbstractSet[str]) -> Mapping[str, Any]:
    """The parameters that say what events of these names may break."""
    events, properties = plan.naming.events, plan.naming.properties
    return {
        "plan_rules": as_documents(sorted(names), plan),
        "lists_events": bool(plan.events),
        "planned_events": sorted(names & plan.events.keys()),
        "event_naming": events or "",
        "event_pattern": whole_name_pattern(events) if events else "",
        "property_naming": properties or "",
        "property_pattern": whole_name_pattern(properties) if properties else "",
        "mixpanels_keys": PATTERN,
    }
