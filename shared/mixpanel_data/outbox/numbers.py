"""Numbers in words: as many digits as matter."""


def number(value: float) -> str:
    """1,234, 38, 10.8, 0.05, <0.01."""
    if 0.0 < abs(value) < 0.01:
        return "<0.01"
    if value == round(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}".removesuffix(".0") if abs(value) >= 1 else f"{value:.2g}"


def events(count: float) -> str:
    """1 event, 1,234 events."""
    return f"{number(count)} event{'' if count == 1 else 's'}"


def percent(share: float) -> str:
    """A share as 4%; a small share is never 0%, and one below 1 never 100%."""
    if 0.0 < share < 0.01:
        return "<1%"
    return ">99%" if 0.995 <= share < 1.0 else f"{share:.0%}"
