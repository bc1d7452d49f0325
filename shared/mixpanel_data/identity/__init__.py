"""The identity transition: the identity graph follows every new link, with the fewest possible changed rows.

A **link** is two ids that a source saw together; `identity_links` keeps each of them for good, numbered in the order of
arrival. Its **status** is a function of all links in that order, the configuration and the decisions by hand.
**Clusters** are the ids that linked links connect, and **pairs** the links that joined two clusters when taken in
order: the minimum spanning forest by number, so that growth adds pairs and takes none out.

A run maps new links to the clusters of their ends and touches those alone. Only what takes a link out opens the
clusters around it, and judges their links anew.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from mixpanel_data import runs
from mixpanel_data.base.clock import Clock
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import ConfigError, RequestError
from mixpanel_data.base.window import Window
from mixpanel_data.configuration.identity import Identity, IdentityConfig, State
from mixpanel_data.identity import decisions, demonstration, linking, reading, statements
from mixpanel_data.identity.identity_run import IdentityRun
from mixpanel_data.identity.pushing import Merges, push
from mixpanel_data.identity.request import Action, Options, Request, Result
from mixpanel_data.warehouse.base import Warehouse

_CHANGES = ("inserted", "updated", "deleted")
_COUNTS = ("links", "ignored", "withdrawn", "pushed", "refused")

__all__ = ["Action", "Options", "Request", "Result", "run"]


def run(
    request: Request,
    *,
    run_id: str,
    warehouse: Warehouse,
    config: IdentityConfig,
    merges: Merges | None,
    options: Options,
    clock: Clock,
    deadline: Deadline,
) -> Result:
    """Bring the graph up to date, or change it by hand; `merges` is needed for `push` alone.

    Raises RequestError, ConfigError, WarehouseBusyError and DeadlineError, and what the warehouse and the client raise.
    Everything published so far stays; the next run continues from there.
    """
    now = clock()
    this_run = runs.Run(
        run_id, Request.job, now, _window(request, now), warehouse, clock, request.model_dump_json(), has_read_all=False
    )
    transition = IdentityRun(this_run, config, options, deadline)
    with runs.begin(this_run):
        with transition.exclusive():
            _act(transition, request, merges)
        result = _result(transition)
        this_run.figures = _figures(result)
    return result


def _window(request: Request, now: datetime) -> Window:
    """The event time of the request; yesterday and today where it names none."""
    if request.start is not None and request.end is not None:
        return Window(request.start, request.end)
    today = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    return Window(today - timedelta(days=1), today + timedelta(days=1))


def _act(transition: IdentityRun, request: Request, merges: Merges | None) -> None:
    known = reading.progress_of(transition.warehouse)
    if request.action is not Action.BUILD and reading.has_other_rules(transition.config, known):
        # Whatever the run does, it goes by the rules of today.
        linking.judge_all(transition, reading.plan_of_rules(transition), may_withdraw=transition.config.max_withdrawn)
        known = reading.progress_of(transition.warehouse)
    match request.action:
        case Action.REFRESH if request.start is not None:
            linking.link(transition, reading.plan_of_window(transition), may_withdraw=transition.config.max_withdrawn)
        case Action.REFRESH:
            linking.link(transition, reading.plan(transition, known), may_withdraw=transition.config.max_withdrawn)
        case Action.BUILD:
            _build(transition, known)
        case Action.SPLIT:
            decisions.split(transition, str(request.a), str(request.b))
        case Action.LINK:
            decisions.link(transition, str(request.a), str(request.b))
        case Action.PUSH:
            _push(transition, merges)
        case Action.TRANSITION:
            _set_state(transition, demonstration.named_state(transition.config, str(request.state)))
        case Action.DELETE:
            _delete(transition)


def _build(transition: IdentityRun, known: reading.Progress) -> None:
    states = transition.config.states
    if states:
        demonstration.add_samples(transition.run, states)
    if linking.newest_link(transition):
        linking.judge_all(transition, reading.plan_of_rules(transition), may_withdraw=None)
    linking.link(transition, reading.plan(transition, known, is_from_beginning=True), may_withdraw=None)
    if states:
        _set_state(transition, next(iter(states.values())))


def _delete(transition: IdentityRun) -> None:
    demonstration.states_of(transition.config, Action.DELETE)
    _set_state(transition, ())
    demonstration.delete_samples(transition.run)


def _set_state(transition: IdentityRun, state: State) -> None:
    found = demonstration.decisions_for(transition.warehouse, state)
    if found:
        decisions.decide(transition, found)


def _push(transition: IdentityRun, merges: Merges | None) -> None:
    if transition.config.identity is Identity.SIMPLIFIED:
        raise RequestError(
            "action is push: Mixpanel takes no merges in a project with simplified identity management. "
            "It links ids by the events that carry $device_id and $user_id."
        )
    if merges is None:
        raise ConfigError("action is push, but there are no credentials for Mixpanel. Set MIXPANEL_SERVICE_ACCOUNT.")
    pushed = push(transition.run, merges, transition.deadline)
    transition.add({"pushed": pushed.pushed, "refused": pushed.refused})
    transition.run.figures["problems"] = dict(pushed.problems)


def _result(transition: IdentityRun) -> Result:
    (totals,) = transition.warehouse.rows(statements.TOTALS)
    figures: Mapping[str, Any] = transition.run.figures
    return Result(
        **totals,
        changed={change: figures.get(change, 0) for change in _CHANGES},
        graph={change: figures.get(f"graph_{change}", 0) for change in _CHANGES},
        **{name: figures.get(name, 0) for name in _COUNTS},
        problems=figures.get("problems", {}),
    )


def _figures(result: Result) -> dict[str, Any]:
    names = ("clusters", "ids", "pairs", "changed", "graph", *_COUNTS, "conflicts")
    return {name: getattr(result, name) for name in names}
