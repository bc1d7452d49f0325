"""The requests that an export makes."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from clients.mixpanel.project import ACCESS, DAY, LINE, call_of, read
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import UnavailableError
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.mixpanel import Credentials, ExportQuery, Mixpanel, Region
from mixpanel_data_standins.mixpanel import StandInMixpanel

if TYPE_CHECKING:
    from support.wire import Wire


def test_a_service_account_sends_the_id_of_its_project(mixpanel: StandInMixpanel) -> None:
    assert read(call_of(mixpanel)) == LINE + b"\n"
    (call,) = mixpanel.calls
    assert call.parameters["project_id"] == ACCESS.project_id


def test_the_project_secret_is_sent_as_the_user_name_and_without_a_project(mixpanel: StandInMixpanel) -> None:
    assert read(call_of(mixpanel, credentials=Credentials(Secret(ACCESS.project_secret)))) == LINE + b"\n"
    (call,) = mixpanel.calls
    assert "project_id" not in call.parameters


@pytest.mark.parametrize(
    ("credentials", "user_and_password"),
    [
        (Credentials(Secret("geheim"), "robot.1", "7"), "robot.1:geheim"),
        (Credentials(Secret("geheim")), "geheim:"),
        (Credentials(Secret("größe-€-😀"), "żółw", "7"), "żółw:größe-€-😀"),
        (Credentials(Secret("größe")), "größe:"),
    ],
)
def test_credentials_are_sent_as_basic_authentication_in_utf_8(
    wire: Wire, credentials: Credentials, user_and_password: str
) -> None:
    wire.answers.append(wire.answer_of(LINE + b"\n"))
    read(Mixpanel(credentials, Region.US, wire.url).within(Deadline()))
    sent = f"Authorization: Basic {base64.b64encode(user_and_password.encode()).decode()}"
    assert sent in wire.requests[-1].split("\r\n")


def test_an_export_asks_for_days_for_events_and_by_an_expression(wire: Wire) -> None:
    wire.answers.append(wire.answer_of(b""))
    where = 'properties["a"] > 1 and properties["b"] == "ü&"'
    query = ExportQuery(DAY.first_day, DAY.last_day + timedelta(days=2), ("A b", 'quo"te', "ü"), where)
    read(wire.call(), query)
    target = urlsplit(wire.requests[-1].split(" ")[1])
    asked = parse_qs(target.query, strict_parsing=True)
    assert target.path == "/api/2.0/export"
    assert json.loads(asked.pop("event")[0]) == ["A b", 'quo"te', "ü"]
    assert asked == {"project_id": ["123"], "from_date": ["2026-03-01"], "to_date": ["2026-03-03"], "where": [where]}


def test_an_export_of_all_events_names_none(mixpanel: StandInMixpanel) -> None:
    read(call_of(mixpanel))
    assert set(mixpanel.calls[0].parameters) == {"project_id", "from_date", "to_date"}


def test_an_export_asks_for_gzip(wire: Wire) -> None:
    wire.answers.append(wire.answer_of(b""))
    read(wire.call())
    assert "Accept-Encoding: gzip" in wire.requests[-1].split("\r\n")


@pytest.mark.parametrize(
    ("region", "host"),
    [(Region.US, "data.mixpanel.com"), (Region.EU, "data-eu.mixpanel.com"), (Region.IN, "data-in.mixpanel.com")],
)
def test_an_export_asks_the_host_of_the_projects_region(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, region: Region, host: str
) -> None:
    """A proxy learns the host of the request, and refuses."""
    for name in ("no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", wire.url)
    wire.answer("403 Forbidden")
    with pytest.raises(UnavailableError):
        Mixpanel(Credentials(Secret("geheim")), region).within(Deadline()).export(DAY)
    assert wire.requests[-1].startswith(f"CONNECT {host}:443 ")
