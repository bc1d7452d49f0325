"""Text for HTML that is well-formed XML too."""

from html import escape

from mixpanel_data.base.visible_text import visible


def escaped(text: str) -> str:
    """The text for an element or a quoted attribute, with an escape for each character that does not print."""
    return escape(visible(text))
