"""Redaction hides personal data, and nothing that only looks a little like it."""

import ipaddress
import json
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixpanel_data.base.redaction import REDACTED, Redactor, is_personal

REDACTOR = Redactor()

_PERSONAL = [
    "ann@example.com",
    "Ann.O'Neil+test@mail.example.co.uk",
    "ann%40example.com",
    "jörg@müller.example",
    "ann@localhost",
    "+14155550123",
    "+1 (415) 555-0123",
    "+44 20 7946 0958",
    "+49 30/901820",
    "+1.415.555.0123",
    "%2B14155550123",
    "415-555-0123",
    "(415) 555-0123",
    "(415)555-0123",
    "1-415-555-0123",
    "415.555.0123",
    "020 7946 0958",
    "06 12 34 56 78",
    "0151-23456789",
    "030/901820 12",
    "tel:4155550123",
    "192.168.1.17",
    "8.8.8.8",
    "2001:db8::8a2e:370:7334",
    "::1",
    "fe80::1",
    "::ffff:192.0.2.128",
]


@pytest.mark.parametrize("value", _PERSONAL)
@pytest.mark.parametrize("around", ["{}", "from {} today", "({})", '"{}"', "contact={}", "a, {}, b", "{}."])
def test_text_that_looks_personal_is_hidden_wherever_it_stands(value: str, around: str) -> None:
    assert REDACTOR.text(around.format(value)) == around.format(REDACTED)


@pytest.mark.parametrize(
    "value",
    [
        "3.2.1",
        "12.0.19041.388",
        "1700000000",
        "1700000000123",
        "4155550123",
        "2026-03-01",
        "2026-03-01T03:12:00Z",
        "2026-03-01 03:12:00.123+00:00",
        "01-02-2026",
        "01.02.2026",
        "01/02/2026",
        "03:12:00",
        "12:30",
        "aa:bb:cc:dd:ee:ff",
        "00000000-0000-0000-0000-000000000000",
        "123e4567-e89b-12d3-a456-426614174000",
        "e83c5163316f89bfbde7d9ab23ca2e25604af290",
        "0123456789abcdef",
        "-122.4194",
        "1.5e10",
        "+0100",
        "std::vector",
        "::",
        "12345-67890",
        "4111111111111111",
        "1,234,567",
        "$100.00",
        "10.0.0",
        "v1.2.3-rc.4",
        "@here",
        "ann",
        "404 Not Found",
        "0 0 12 * * *",
        "/items/0/00 1",
    ],
)
def test_numbers_ids_times_and_versions_are_not_redacted(value: str) -> None:
    assert REDACTOR.text(value) == value


@given(st.emails(), st.text(alphabet="abc ,()\n"))
def test_no_email_address_is_shown(address: str, around: str) -> None:
    shown = REDACTOR.text(f"{around} {address} {around}")
    assert address[address.rindex("@") :] not in shown
    assert REDACTED in shown


@given(st.ip_addresses())
def test_no_ip_address_is_shown(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    for text in (str(address), address.exploded):
        if text != "::":
            assert REDACTOR.text(f"from {text}, again") == f"from {REDACTED}, again"


@given(st.integers(10**7, 10**15 - 1), st.lists(st.sampled_from(["", " ", "-", ".", " ("]), min_size=15, max_size=15))
def test_no_international_phone_number_is_shown(number: int, gaps: list[str]) -> None:
    digits = str(number)
    written = "+" + "".join(digit + gap for digit, gap in zip(digits, gaps, strict=False))
    shown = REDACTOR.text(f"call {written.rstrip(' (-.')} now")
    assert shown == f"call {REDACTED} now"


@given(st.uuids(), st.integers(0, 2**63), st.floats(0, 1e12), st.datetimes(timezones=st.just(UTC)))
def test_values_that_are_ids_counts_measurements_or_times_are_not_redacted(
    one: uuid.UUID, number: int, measured: float, at: datetime
) -> None:
    for value in (str(one), one.hex, number, measured, at.isoformat()):
        assert REDACTOR.value("id", value) == value


@pytest.mark.parametrize(
    "name",
    [
        *("$email", "$name", "$phone", "$ip", "email", "Email", "EMAIL", "e-mail", "$first_name", "lastName", "phone"),
        *("user_email", "userEmail", "emailAddress", "email_2", "customer.phone", "phone_number", "clientIP", "ip"),
        *("ip_address", "billing email", "userName", "username", "name", "full-name", "ipv4", "remote_ip_addr"),
    ],
)
def test_a_property_whose_name_says_that_it_is_personal_is_hidden(name: str) -> None:
    assert is_personal(name)
    assert REDACTOR.properties({name: "anything", "plan": "pro"}) == {name: REDACTED, "plan": "pro"}


@pytest.mark.parametrize(
    "name",
    [
        *("plan", "zip", "ship", "recipe", "event_name", "campaign_name", "screen_name", "$city", "app_version", "tip"),
        *("email_opened_count", "phone_model", "hostname", "filename", "number", "address", "", "$", "is_ipad", "no"),
    ],
)
def test_a_property_whose_name_only_sounds_personal_is_shown(name: str) -> None:
    assert not is_personal(name)
    assert REDACTOR.value(name, "anything") == "anything"


def test_personal_data_is_hidden_at_any_depth() -> None:
    properties = {
        "distinct_id": "ann@example.com",
        "user": {"name": "Ann", "age": 31, "tags": ["pro", "call 415-555-0123"]},
        "emails": ["x", "y"],
        "$email": None,
        "phone": True,
        "ann@example.com": 1,
        "hops": [{"ip": 1234}, "10.0.0.1"],
    }
    before = json.dumps(properties)
    assert REDACTOR.properties(properties) == {
        "distinct_id": REDACTED,
        "user": {"name": REDACTED, "age": 31, "tags": ["pro", f"call {REDACTED}"]},
        "emails": REDACTED,
        "$email": None,
        "phone": True,
        REDACTED: 1,
        "hops": [{"ip": REDACTED}, REDACTED],
    }
    assert json.dumps(properties) == before


def test_four_numbers_are_a_version_and_no_address_where_the_property_s_name_says_so() -> None:
    assert REDACTOR.value("$app_version_string", "4.1.0.2") == "4.1.0.2"
    assert REDACTOR.value("appVersion", "4.1.0.2 ann@example.com") == f"4.1.0.2 {REDACTED}"
    assert REDACTOR.value("host", "4.1.0.2") == REDACTED


def test_given_names_and_patterns_are_redacted_too() -> None:
    redactor = Redactor(("account",), (r"\bC-\d+", "x*"))
    assert redactor.properties({"Account": {"a": 1}, "note": "C-123 of ann@example.com", "n": 7, "C-9": "C"}) == {
        "Account": REDACTED,
        "note": f"{REDACTED} of {REDACTED}",
        "n": 7,
        REDACTED: "C",
    }


def test_patterns_match_numbers_by_how_they_are_written() -> None:
    redactor = Redactor(patterns=(r"^4[0-9]{15}$",))
    assert redactor.value("card", 4111111111111111) == REDACTED
    assert redactor.value("card", 4) == 4


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), _JSON))
def test_any_properties_are_taken_and_redacting_again_changes_nothing(properties: dict[str, Any]) -> None:
    once = REDACTOR.properties(properties)
    assert REDACTOR.properties(once) == once


def test_long_texts_that_start_like_something_personal_again_and_again_are_redacted_fast() -> None:
    """With a careless pattern each of them would take longer than all other tests."""
    for text in ("a" * 200_000 + "@", "1." * 100_000, "1-" * 100_000, ":" * 200_000, "0 1" * 60_000, "+1" * 100_000):
        assert REDACTOR.text(text) == text
