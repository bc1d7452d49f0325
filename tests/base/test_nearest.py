"""The nearest names."""

from mixpanel_data.base.nearest import nearest


def test_names_that_resemble_are_offered_in_their_own_case() -> None:
    assert nearest("sign up", ["Sign Up", "Purchase"]) == "Nearest: 'Sign Up'."
    assert nearest("visit", ["Visit", "VISIT", "visits"]) == "Nearest: 'VISIT', 'Visit', 'visits'."


def test_where_none_resembles_the_names_that_there_are_are_listed() -> None:
    assert nearest("x", ["b", "a"]) == "There are 'a', 'b'."
    assert nearest("x", []) == "There are none."
    assert nearest("x", [], "No events have arrived yet.") == "No events have arrived yet."
