"""Credentials, which no message and no text of a client shows."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest

from clients.mixpanel.project import LINE, error_bodies, read
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import MixpanelDataError
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.mixpanel import Credentials, Mixpanel, Region
from mixpanel_data.clients.mixpanel.errors import Remedies
from mixpanel_data.clients.mixpanel.transport import Transport
from support.wire import Answer

if TYPE_CHECKING:
    from support.wire import Wire

OLDER = Credentials(Secret("0lder-secret"))
ACCOUNT = Credentials(Secret("s3cret-of-ours"), "robot.1", "123")
FOREIGN = Credentials(Secret("größe-€-😀"), "żółw", "123")
each_kind = pytest.mark.parametrize(
    "credentials", [OLDER, ACCOUNT, FOREIGN], ids=["project secret", "service account", "other letters"]
)


def message(wire: Wire, credentials: Credentials) -> str:
    with pytest.raises(MixpanelDataError) as caught:
        read(Mixpanel(credentials, Region.US, wire.url).within(Deadline()))
    return str(caught.value)


@each_kind
@pytest.mark.parametrize("status", ["400 X", "401 X", "402 X", "403 X", "404 X", "429 X", "500 X"])
@pytest.mark.parametrize("form", range(4))
def test_a_secret_that_the_server_repeats_is_in_no_message(
    wire: Wire, credentials: Credentials, status: str, form: int
) -> None:
    secret = credentials.secret.reveal()
    wire.answer(status, body=error_bodies(f"no {secret}, really: {secret}")[form].encode())
    shown = message(wire, credentials)
    assert secret not in shown
    assert "no ***, really: ***" in shown


@each_kind
def test_the_text_of_a_client_shows_no_secret(credentials: Credentials) -> None:
    client = Mixpanel(credentials, Region.US)
    call = client.within(Deadline())
    for shown in (
        repr(client),
        str(client),
        repr(call),
        str(call),
        repr(credentials),
        f"{credentials}",
        f"{credentials.secret}",
        repr(Transport(credentials.secrets(), Remedies("", "", "", ""))),
    ):
        assert credentials.secret.reveal() not in shown
    assert repr(credentials.secret) == "***"


@each_kind
def test_the_message_of_a_broken_connection_shows_no_secret(wire: Wire, credentials: Credentials) -> None:
    wire.answers.append(Answer([], "reset"))
    assert credentials.secret.reveal() not in message(wire, credentials)


@each_kind
def test_no_part_of_a_secret_ends_a_shortened_message(wire: Wire, credentials: Credentials) -> None:
    secret = credentials.secret.reveal()
    wire.answer("400 X", body=b"x" * 292 + secret.encode())
    assert secret[:8] not in message(wire, credentials)


@each_kind
def test_a_secret_in_the_error_that_ends_an_export_is_in_no_message(wire: Wire, credentials: Credentials) -> None:
    secret = credentials.secret.reveal()
    wire.answers.append(wire.answer_of(LINE + b"\n" + json.dumps({"error": f"bad {secret}"}).encode() + b"\n"))
    assert secret not in message(wire, credentials)


@each_kind
def test_an_authorization_header_that_the_server_repeats_is_in_no_message(wire: Wire, credentials: Credentials) -> None:
    header = base64.b64encode(":".join(credentials.auth()).encode()).decode()
    wire.answer("400 X", body=f"Bad header: Basic {header}".encode())
    assert header not in message(wire, credentials)
