"""SVG elements whose texts and attributes are escaped.

Lengths along the page are percentages, so that a chart is as wide as the page and its text keeps its size.
"""

from __future__ import annotations

from xml.etree import ElementTree

from mixpanel_data.base.visible_text import visible

Element = ElementTree.Element


def element(name: str, *children: Element, text: str = "", **attributes: object) -> Element:
    """An element; `class_` and `stroke_width` become `class` and `stroke-width`."""
    named = {key.rstrip("_").replace("_", "-"): _value(value) for key, value in attributes.items()}
    made = Element(name, named)
    made.text = visible(text) or None
    made.extend(children)
    return made


def _value(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else visible(str(value))


def percent(share: float) -> str:
    """A share of the width, to a hundredth of a percent."""
    return f"{100 * share:.2f}".rstrip("0").rstrip(".") + "%"


def drawn(height: float, title: str, description: str, *children: Element) -> str:
    """A picture of this height in pixels, as wide as its place; title and description stand for it."""
    picture = element(
        "svg",
        element("title", text=title),
        element("desc", text=description),
        *children,
        role="img",
        width="100%",
        height=height,
    )
    return ElementTree.tostring(picture, encoding="unicode")


def stretched(height: float, *children: Element) -> Element:
    """A plane of 1,000 by `height` that is stretched to the width of its place; lines keep their thickness."""
    plane = {"viewBox": f"0 0 1000 {height:g}", "preserveAspectRatio": "none"}
    return element("svg", *children, width="100%", height=height, class_="plane", **plane)
