"""Naming rules: the four conventions, and regular expressions, all as patterns that RE2 takes."""

from collections.abc import Mapping

from mixpanel_data.configuration.tracking_plan.patterns import re2_pattern

CONVENTIONS: Mapping[str, str] = {
    "snake_case": "[a-z][a-z0-9]*(?:_[a-z0-9]+)*",
    "camelCase": "[a-z][a-z0-9]*(?:[A-Z][a-z0-9]*)*",
    "Title Case": "[A-Z0-9][A-Za-z0-9]*(?: [A-Z0-9][A-Za-z0-9]*)*",
    "object.action": r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+",
}
"""Each convention with the pattern that the whole name has to match; names in other alphabets need one of their own."""


def naming_rule(text: str) -> str:
    """The rule, unchanged. Raises ValueError if it is neither a convention nor a pattern that RE2 takes."""
    if text in CONVENTIONS:
        return text
    if not text:
        raise ValueError(f"give one of {', '.join(CONVENTIONS)}, or a regular expression")
    return re2_pattern(text)


def whole_name_pattern(rule: str) -> str:
    """A pattern that finds a match in a name exactly if the rule matches the whole name."""
    return rf"\A(?:{CONVENTIONS.get(rule, rule)})\z"
