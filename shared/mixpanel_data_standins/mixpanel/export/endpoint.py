"""Answers a call of the export: fault, credentials, quota, query, rows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from mixpanel_data_standins.mixpanel.answers import Answer, Request, refusal_of
from mixpanel_data_standins.mixpanel.events import pieces
from mixpanel_data_standins.mixpanel.events.pieces import Fresh, Piece
from mixpanel_data_standins.mixpanel.export import rows
from mixpanel_data_standins.mixpanel.export.query import read_query
from mixpanel_data_standins.mixpanel.faults import Fault, NoLastNewline, Status, Tail
from mixpanel_data_standins.mixpanel.project import Project


def answer(project: Project, request: Request) -> Answer:
    """Answer a call, with the next fault of the queue. RefusalError where the answer is not 200."""
    fault = project.faults.take()
    project.access.check(request)
    started, quotas = project.now(), project.quotas
    project.gate.enter(quotas, started)
    try:
        if isinstance(fault, Status):
            raise refusal_of(fault)
        query = read_query(request.parameters, project.today(), project.behaviour)
        body = _spoilt(rows.body(project, query, fault), fault)
    except BaseException:
        project.gate.leave()
        if quotas is not None and not quotas.count_failed:
            project.gate.forget(started)
        raise
    return Answer(200, body, fault=fault, done=project.gate.leave)


def _spoilt(body: Iterator[Piece], fault: Fault | None) -> Iterator[Piece]:
    if isinstance(fault, Tail):
        return chain(body, [Fresh((fault.text + "\n" * fault.newline).encode())])
    return pieces.without_last_newline(body) if isinstance(fault, NoLastNewline) else body
