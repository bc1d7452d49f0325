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
from mixpanel_data.configuration.identity import Identity, IdentityConfig
from mixpanel_data.identity import decisions, demonstration, linking, opening, reading, statements
from mixpanel_data.identity.deciding import Decisions
from mixpanel_data.identity.identity_run import IdentityRun
from mixpanel_data.identity.pushing import Merges, push
from mixpanel_data.identity.request import Action, Options, Request, Result
from mixpanel_data.warehouse.base import Warehouse

_CHANGES = ("inserted", "updated", "deleted")
_COUNTS = ("links", "ignored", "withdrawn", "pushed", "refused", "pending")

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
    runs.check_daily_bytes(warehouse, now, runs.SHARE_OF_WHAT_CAN_WAIT)
    this_run = runs.Run(
        run_id,
        Request.job,
        now,
        _window(request, now),
        warehouse,
        clock,
        request.model_dump_json(),
        has_read_all=False,
        origin=options.origin,
    )
    transition = IdentityRun(this_run, config, options, deadline)
    if request.action is not Action.REFRESH or request.start is not None:
        return _acted(transition, request, merges, None)
    state = opening.read_state(transition)
    if state.has_to_work:
        return _acted(transition, request, merges, state.opening)
    runs.check_opening(warehouse, state.opening, options.origin)
    result = _with_figures(state.totals, {"pending": state.pending})
    runs.record_whole(this_run, _figures(result))
    return result


def _acted(transition: IdentityRun, request: Request, merges: Merges | None, found: runs.Opening | None) -> Result:
    this_run = transition.run
    with runs.begin(this_run, found):
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
    """Refuse a wrong request before anything changes, then act."""
    config, warehouse = transition.config, transition.warehouse
    match request.action:
        case Action.REFRESH:
            _refresh(transition, is_window=request.start is not None)
        case Action.BUILD:
            _build(transition)
        case Action.SPLIT:
            _decide(transition, decisions.split(warehouse, str(request.a), str(request.b)))
        case Action.LINK:
            _decide(transition, decisions.link(warehouse, config, str(request.a), str(request.b)))
        case Action.PUSH:
            _push(transition, merges)
        case Action.TRANSITION:
            state = demonstration.named_state(config, str(request.state))
            _decide(transition, demonstration.decisions_for(warehouse, state))
        case Action.DELETE:
            demonstration.states_of(config, Action.DELETE)
            _decide(transition, demonstration.decisions_for(warehouse, ()))
            demonstration.delete_samples(transition.run)


def _refresh(transition: IdentityRun, *, is_window: bool) -> None:
    known = reading.progress_of(transition.warehouse)
    plan = reading.plan_of_window(transition) if is_window else reading.plan(transition, known)
    _judge_by_new_rules(transition, known)
    linking.link(transition, plan, may_withdraw=transition.config.max_withdrawn)


def _build(transition: IdentityRun) -> None:
    states = transition.config.states
    if states:
        demonstration.add_samples(transition.run, states)
    plan = reading.plan(transition, reading.progress_of(transition.warehouse), is_from_beginning=True)
    if linking.newest_link(transition):
        linking.judge_all(transition, reading.plan_of_rules(transition), may_withdraw=None)
    linking.link(transition, plan, may_withdraw=None)
    if states:
        first = next(iter(states.values()))
        _decide(transition, demonstration.decisions_for(transition.warehouse, first))


def _decide(transition: IdentityRun, found: Decisions | None) -> None:
    known = reading.progress_of(transition.warehouse)
    _judge_by_new_rules(transition, known)
    if found is not None:
        decisions.decide(transition, found, None if reading.RULES in known else reading.plan_of_rules(transition))


def _judge_by_new_rules(transition: IdentityRun, known: reading.Progress) -> None:
    """Judge all links anew if the configuration has other rules than they were judged by."""
    if reading.has_other_rules(transition.config, known):
        linking.judge_all(transition, reading.plan_of_rules(transition), may_withdraw=transition.config.max_withdrawn)


def _push(transition: IdentityRun, merges: Merges | None) -> None:
    if transition.config.identity is Identity.SIMPLIFIED:
        raise RequestError(
            "Nothing can be pushed: Mixpanel takes no merges in a project with simplified identity management. "
            "It links ids by the events that carry $device_id and $user_id."
        )
    if merges is None:
        raise ConfigError("action is push, but no Mixpanel credentials are set. Set MIXPANEL_SERVICE_ACCOUNT.")
    pushed = push(transition.run, merges, transition.deadline)
    transition.add({"pushed": pushed.pushed, "refused": pushed.refused})
    transition.run.figures["problems"] = dict(pushed.problems)


def _result(transition: IdentityRun) -> Result:
    (totals,) = transition.warehouse.rows(statements.TOTALS)
    return _with_figures(totals, transition.run.figures)


def _with_figures(totals: Mapping[str, int], figures: Mapping[str, Any]) -> Result:
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
