"""Which names are typos of others, and which only look like it."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

import pytest

from mixpanel_data.registry.judging.shapes import EventDay
from mixpanel_data.registry.judging.spelling.names import SpelledName, base_and_version, is_near
from mixpanel_data.registry.judging.typos import (
    PropertySet,
    Resemblance,
    names_in,
    pairs,
    resemblances,
)

DAY = date(2026, 1, 5)
COMMON = {"plan": 1.0, "seats": 1.0, "note": 0.2}


def days(events: int, *, first: int = 0, number: int = 40) -> list[EventDay]:
    return [EventDay(DAY + timedelta(days=first + day), events) for day in range(number)]


def found(
    histories: Mapping[str, list[EventDay]], properties: Mapping[str, Mapping[str, float]] | None = None
) -> dict[str, Resemblance]:
    candidates = pairs(histories)
    sets = {name: PropertySet.of((properties or {}).get(name, COMMON)) for name in names_in(candidates)}
    return resemblances(histories, candidates, sets)


def typos(
    names: Iterable[str], of: str = "Account Created", properties: Mapping[str, Mapping[str, float]] | None = None
) -> set[str]:
    """Which of the names are typos of a frequent one."""
    histories = {of: days(1000), **{name: days(2, first=10, number=20) for name in names}}
    return {name for name, each in found(histories, properties).items() if each.is_typo and each.similar_to == of}


@pytest.mark.parametrize(
    "name",
    [
        *("account created", "ACCOUNT CREATED", "account_created", "AccountCreated", "account.created"),
        *("Account-Created ", "Acount Created", "Accountt Created", "Accoumt Created", "Acconut Created"),
        *("ccount Created", "Account Create", "acount_created", "Account Craeted"),
    ],
)  # fmt: skip
def test_another_spelling_or_one_edit_is_a_typo(name: str) -> None:
    assert typos([name]) == {name}


@pytest.mark.parametrize(
    ("name", "of"),
    [
        *[("Tour Step 1", "Tour Step 2"), ("step_1", "step_2"), ("Level 1.2", "Level 12"), ("v1 Opened", "v2 Opened")],
        *[("Item Viewed", "Items Viewed"), ("Plan A Chosen", "Plan B Chosen"), ("Based-on-a-patch", "Based-on-patch")],
        *[("Open", "Opem"), ("Tap", "Top"), ("Accnt Creatd", "Account Created"), ("$identify", "$identifi")],
        *[("Sign In Failed", "Sign Up Failed"), ("Account Created", "Account Created")],
    ],
)  # fmt: skip
def test_a_number_a_word_a_plural_or_a_short_name_is_no_typo(name: str, of: str) -> None:
    assert not typos([name], of)


def test_a_short_name_in_another_case_is_one() -> None:
    assert typos(["cc"], "Cc") == {"cc"}


def test_one_letter_apart_with_other_properties_is_none() -> None:
    card = {"card_id": 1.0, "issuer": 1.0, "screen": 1.0}
    cart = {"cart_id": 1.0, "items": 1.0, "coupon": 1.0, "screen": 1.0}
    both = {"Card Opened": card, "Cart Opened": cart}
    assert not typos(["Card Opened"], "Cart Opened", both)
    assert "Card Opened" not in found({"Cart Opened": days(1000), "Card Opened": days(2)}, both)


def test_a_typo_need_not_have_every_optional_property() -> None:
    rich = {**COMMON, **{f"optional_{number}": 0.1 for number in range(20)}}
    assert typos(
        ["Acount Created"], properties={"Account Created": rich, "Acount Created": {"plan": 1.0, "seats": 1.0}}
    )


def test_mixpanels_keys_make_no_events_alike() -> None:
    keys = {"$os": 1.0, "$browser": 1.0, "mp_lib": 1.0, "distinct_id": 1.0}
    properties = {"Card Opened": {**keys, "card_id": 1.0}, "Cart Opened": {**keys, "cart_id": 1.0}}
    assert not typos(["Card Opened"], "Cart Opened", properties)


def test_a_word_that_other_events_have_is_no_typo() -> None:
    histories = {"Cart Opened": days(1000), "Card Opened": days(2), "Card Added": days(500)}
    assert not found(histories)


def test_a_word_misspelt_in_two_events_is_a_typo_in_both() -> None:
    names = ["Checkout Started", "Checkout Completed", "Chekout Started", "Chekout Completed"]
    histories = {name: days(1000 if "Checkout" in name else 10) for name in names}
    assert {name for name, each in found(histories).items() if each.is_typo} == {"Chekout Started", "Chekout Completed"}


def test_a_typo_has_at_most_a_twentieth_of_the_events() -> None:
    for events, is_typo in ((50, True), (51, False)):
        assert found({"Account Created": days(1000), "account_created": days(events)}) == {
            "account_created": Resemblance("Account Created", is_typo)
        }
        assert bool(found({"Account Created": days(1000), "Acount Created": days(events)})) is is_typo


def test_a_new_name_of_an_event_is_no_typo() -> None:
    histories = {"Account Created": days(1000, number=60), "account_created": days(900, first=60, number=2)}
    assert found(histories)["account_created"] == Resemblance("Account Created", False)


def test_a_typo_in_a_frequent_events_name_resembles_that_one() -> None:
    histories = {"Signed Up": days(1000), "signed_up": days(10), "SIGNED_UP": days(1)}
    assert {name: each.similar_to for name, each in found(histories).items()} == {
        "signed_up": "Signed Up",
        "SIGNED_UP": "Signed Up",
    }


def test_a_typo_is_found_among_thousands_of_names_that_resemble_each_other() -> None:
    areas, actions = [f"{a}{b}" for a in "abcdefghij" for b in "klmnopqrst"], [f"done {n} of it" for n in range(50)]
    names = {f"area {area} {action}": [EventDay(DAY, 1000)] for area in areas for action in actions}
    found = pairs({**names, "area akk done 7 of it": [EventDay(DAY, 1)]})
    assert [(pair.name.text, pair.other.text) for pair in found] == [("area akk done 7 of it", "area ak done 7 of it")]


@pytest.mark.parametrize(
    ("name", "base", "version"),
    [
        *[("signup.v2", "signup", "v2"), ("Signup V2", "Signup", "v2"), ("signup_v1.3", "signup", "v1.3")],
        *[("signupV2", "signup", "v2"), ("signup", "signup", None), ("v2", "v2", None)],
        *[("Tour Step 2", "Tour Step 2", None), ("rev2", "rev2", None), ("", "", None), (" v2", " v2", None)],
    ],
)  # fmt: skip
def test_a_name_has_a_version(name: str, base: str, version: str | None) -> None:
    assert base_and_version(name) == (base, version)


def test_nearness_goes_both_ways() -> None:
    one, other = SpelledName("Checkout"), SpelledName("Chekcout")
    assert is_near(one, other)
    assert is_near(other, one)
