"""An answer as a page: well-formed, small, without script or request, readable in light and dark, and with all data."""

import base64
import gzip
import itertools
import json
import random
import re
from collections.abc import Mapping
from datetime import date
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixpanel_data.configuration.reports.definitions import Report
from mixpanel_data.reports.charts.shapes import Description
from mixpanel_data.reports.pages.colors import DARK, LIGHT, Colors, contrast
from mixpanel_data.reports.pages.page import MOST_BYTES, page
from reports.histories import Past
from reports.random_definitions import REPORTS, questions
from reports.shown_answers import (
    FIRST,
    answered,
    asked,
    described,
    retention_of,
    segmentation_of,
    with_hostile_names,
)
from reports.small_histories import did, local, world
from support.reports.events import Row

ELEMENTS = re.findall(
    r"\w+",
    "html head meta link title style body main h1 h2 dl div dt dd section figure figcaption p code a ul li script "
    "table caption thead tbody tr th td i svg desc path line text rect",
)
few_examples = settings(max_examples=15, deadline=None)


def document_of(description: Description, parts: list[Row]) -> dict[str, Any]:
    """The answer as JSON has it."""
    definition = description.definition.model_dump(mode="json", by_alias=True)
    return {"definition": definition, "parts": json_of(parts)}


def json_of(value: Any) -> Any:
    match value:
        case Mapping():
            return {str(name): json_of(member) for name, member in value.items()}
        case list() | tuple():
            return [json_of(member) for member in value]
        case date():
            return value.isoformat()
    return value


def page_of(description: Description, parts: list[Row]) -> str:
    return page(description, parts, document_of(description, parts))


class Seen(HTMLParser):
    """What an HTML parser, as a browser has one, sees of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.script = ""
        self._is_in_script = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._is_in_script = tag == "script"

    def handle_endtag(self, tag: str) -> None:
        self._is_in_script = self._is_in_script and tag != "script"

    def handle_data(self, data: str) -> None:
        if self._is_in_script:
            self.script += data


def faults(html: str) -> list[str]:
    """What a page must not have, as both parsers see it."""
    seen = Seen(html)
    xml = [(each.tag, dict(each.attrib)) for each in ElementTree.fromstring(html).iter()]
    found = [f"{tag} is unknown" for tag, _ in seen.elements if tag not in ELEMENTS]
    for tag, attributes in seen.elements:
        found += [f"{tag} runs {name}" for name in attributes if name.startswith("on")]
        found += [
            f"{tag} runs a script" for kind in [attributes.get("type")] if tag == "script" and "json" not in str(kind)
        ]
        found += [
            f"{tag} requests {value}"
            for name, value in attributes.items()
            if name in ("src", "href", "xlink:href", "srcset", "action", "data") and not str(value).startswith("data:")
        ]
    found += [] if [tag for tag, _ in xml] == [tag for tag, _ in seen.elements] else ["HTML and XML differ"]
    found += ["the style requests something"] if re.search(r"url\(|@import", html.split("</style>")[0]) else []
    return found


def elements(html: str, name: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(html).iter(name))


def charts_of(html: str) -> list[ElementTree.Element]:
    return [each for each in elements(html, "svg") if each.get("role") == "img"]


@pytest.mark.parametrize("report", REPORTS)
@few_examples
@given(data=st.data())
def test_a_page_needs_no_script_and_no_request(report: str, data: st.DataObject) -> None:
    question: tuple[Report, Past] = data.draw(questions(report))
    answer = answered(*question)
    html = page_of(*answer)
    assert faults(html) == []
    assert len(html.encode()) <= MOST_BYTES
    assert data_of(html) == document_of(*answer)
    script = Seen(html).script
    assert not script or json.loads(script) == document_of(*answer)
    assert page_of(*answer) == html


@pytest.mark.parametrize("report", REPORTS)
@few_examples
@given(data=st.data())
def test_every_chart_has_a_text_and_every_table_its_heads(report: str, data: st.DataObject) -> None:
    question: tuple[Report, Past] = data.draw(questions(report))
    html = page_of(*answered(*question))
    assert charts_of(html)
    for chart in charts_of(html):
        assert [each.tag for each in chart[:2]] == ["title", "desc"]
        assert all((each.text or "").strip() for each in chart[:2])
    for table in elements(html, "table"):
        assert "".join(table.find("caption").itertext())  # type: ignore[union-attr]
        assert all(head.get("scope") in ("col", "row") for head in table.iter("th"))
        widths = {len(list(row)) for row in table.iter("tr")}
        assert len(widths) == 1


@pytest.mark.parametrize("number", range(6))
def test_a_name_cannot_become_a_part_of_the_page(number: int) -> None:
    description, parts = with_hostile_names(world())[number]
    html = page_of(description, parts)
    assert faults(html) == []
    assert data_of(html) == document_of(description, parts)
    assert len(html.encode()) <= MOST_BYTES


def test_names_are_shown_as_they_are_and_unseen_characters_as_their_escapes() -> None:
    text = "".join(ElementTree.fromstring(page_of(*with_hostile_names(world())[0])).itertext())
    for shown in ("<img src=x onerror=alert(1)>", "{{ 7 * 7 }}", r"\x1b[31mred\x1b[2J", r"\u202eright to left"):
        assert shown in text


def cells_of(html: str, caption: str) -> list[list[str]]:
    """The texts of the cells of the last table with this caption."""
    tables = [each for each in elements(html, "table") if "".join(each.find("caption").itertext()) == caption]  # type: ignore[union-attr]
    return [["".join(cell.itertext()) for cell in row] for row in tables[-1].iter("tr")]


def test_the_table_has_every_figure() -> None:
    description, parts = segmentation_of(3, 30, lambda number, hour: 1_000 * number + hour)
    rows = cells_of(page_of(description, parts), "Events by hour")
    assert rows[0] == ["hour", "segment 0", "segment 1", "segment 2"]
    assert rows[1] == ["whole range", "0", "1,000", "2,000"]
    assert rows[2] == ["2026-03-01 01:00", "0", "1,000", "2,000"]
    assert rows[31] == ["2026-03-02 06:00", "29", "1,029", "2,029"]
    assert len(rows) == 32


def test_hours_that_the_clock_goes_through_twice_have_their_offset() -> None:
    day = date(2025, 10, 26)
    definition = asked({"report": "segmentation", "events": ["A"], "unit": "hour", "from_date": day, "to_date": day})
    history = Past((did("A", local("02:30", day)),), world(), day, day)
    hours = [row[0] for row in cells_of(page_of(*answered(definition, history)), "Events by hour")]
    assert hours[3:7] == ["2025-10-26 01:00", "2025-10-26 02:00+0200", "2025-10-26 02:00+0100", "2025-10-26 03:00"]


def test_a_cohort_has_its_size_shares_and_users() -> None:
    definition = asked({"report": "retention", "buckets": 2})
    html = page_of(described(definition), [retention_of([[0.8, 0.25, 0.0]], open_from=2)])
    assert cells_of(html, "Cohorts") == [
        ["cohort", "users", "0", "1", "2"],
        ["2026-03-01", "100", "80.0%80", "25.0%25", "0.0%~0"],
    ]
    shades = [cell.get("class") for cell in elements(html, "td") if cell.get("class")]
    assert shades == ["s4", "s2", "s0"]


def test_a_line_goes_where_the_figures_go() -> None:
    html = page_of(*segmentation_of(1, 3, lambda _, hour: [0, 50, 100][hour]))
    (path,) = (each for each in charts_of(html)[0].iter("path"))
    points = [tuple(map(float, point)) for point in re.findall(r"[ML](\S+) ([\d.]+)", path.get("d", ""))]
    heights = [height for _, height in points]
    assert [across for across, _ in points] == [0, 500, 1000]
    assert heights[0] - heights[1] == pytest.approx(heights[1] - heights[2])
    assert heights[0] > heights[2]


def test_a_figure_that_does_not_exist_is_a_gap() -> None:
    html = page_of(*segmentation_of(1, 5, lambda _, hour: None if hour == 2 else hour))
    (path,) = charts_of(html)[0].iter("path")
    assert path.get("d", "").count("M") == 2
    assert ["2026-03-01 03:00", "–"] in cells_of(html, "Events by hour")


@pytest.mark.parametrize(
    ("segments", "hours"), [(1, 10_000), (60, 167), (10_000, 1), (5_000, 2), (100, 100)], ids=lambda number: str(number)
)
def test_10_000_rows_fit_and_the_page_has_them_all(segments: int, hours: int) -> None:
    description, parts = segmentation_of(segments, hours, lambda number, hour: number * hour % 997)
    html = page_of(description, parts)
    assert faults(html) == []
    assert len(html.encode()) <= MOST_BYTES
    assert data_of(html) == document_of(description, parts)


def data_of(html: str) -> Any:
    """The answer that the page has, compressed or not; None if it has none."""
    (place,) = (each for each in ElementTree.fromstring(html).iter() if each.get("id") == "answer")
    if place.tag == "script":
        return json.loads(place.text or "")
    kind, _, content = place.get("href", "").partition(",")
    assert kind == "data:application/gzip;base64"
    return json.loads(gzip.decompress(base64.b64decode(content)))


def test_a_triangle_of_10_000_cells_fits_and_says_what_it_leaves_out() -> None:
    definition = asked({"report": "retention", "buckets": 30})
    shares = [[(cohort * bucket % 89) / 97 for bucket in range(31)] for cohort in range(330)]
    html = page_of(described(definition), [retention_of(shares)])
    assert faults(html) == []
    assert len(html.encode()) <= MOST_BYTES
    assert data_of(html) is not None
    assert re.search(r"Cohorts: the first \d+ of 330 rows\.", html)


def test_an_answer_that_cannot_fit_says_so() -> None:
    dice = random.Random(7)
    html = page_of(*segmentation_of(100, 300, lambda *_: dice.random()))
    assert len(html.encode()) <= MOST_BYTES
    assert "The answer is too long for this page." in html
    assert re.search(r"Events by hour: the first \d+ of 301 rows\.", html)


def test_many_segments_side_by_side_fit() -> None:
    segments = [{"did": f"event {number} {'x' * 200}"} for number in range(40)]
    definition = asked({"report": "retention", "buckets": 7, "segments": segments})
    parts = [retention_of([[0.5] * 8] * 28) | {"segment": number} for number in range(40)]
    html = page_of(described(definition), parts)
    assert faults(html) == []
    assert len(html.encode()) <= MOST_BYTES
    assert re.search(r"\d+ more charts do not fit this page\.", html)


def test_hundreds_of_segments_side_by_side_fit() -> None:
    segments = [{"ids": [f"{number} {place}" for place in range(300)]} for number in range(300)]
    definition = asked({"report": "sessions", "unit": "month", "segments": segments})
    html = page_of(*answered(definition, Past((did("A", local("12:00")),), world(), FIRST, FIRST)))
    assert faults(html) == []
    assert len(html.encode()) <= MOST_BYTES
    assert re.search(r"\d+ more charts do not fit this page\.", html)
    assert re.search(r"\d+ more tables do not fit this page\.", html)


def test_a_day_that_the_clock_skips_has_no_hours_and_still_a_page() -> None:
    skipped = date(2011, 12, 30)
    days = {"from_date": skipped, "to_date": skipped, "timezone": "Pacific/Apia"}
    total = {"step": 1, "event": "A", "segment": None, "value": 0}
    part = {"from_date": skipped, "to_date": skipped, "segment": None, "rows": [], "totals": [total], "segments": [0]}
    html = page_of(described(asked({"report": "segmentation", "events": ["A"], "unit": "hour", **days})), [part])
    assert faults(html) == []


def test_a_number_that_json_does_not_have_is_refused() -> None:
    description, parts = segmentation_of(1, 2, lambda *_: 1)
    with pytest.raises(ValueError, match="JSON"):
        page(description, parts, {"value": float("inf")})


@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
def test_colors_have_enough_contrast(colors: Colors) -> None:
    """WCAG 2.2: 4.5 for text (1.4.3), 3 for what is drawn (1.4.11)."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert min(contrast(color, colors.background) for color in (colors.text, colors.muted)) >= 4.5
    assert min(contrast(color, colors.background) for color in colors.series) >= 3
    assert min(contrast(shade.background, shade.text) for shade in colors.shades) >= 4.5
    for shade, next_shade in itertools.pairwise(colors.shades):
        assert contrast(shade.background, next_shade.background) >= 1.15
    assert len({*colors.series}) == len(colors.series)


def test_dark_colors_are_for_dark_screens_alone() -> None:
    html = page_of(*segmentation_of(1, 2, lambda *_: 1))
    light, dark = html.split("@media screen and (prefers-color-scheme: dark)")
    assert f"--background: {LIGHT.background};" in light
    assert f"--background: {DARK.background};" in dark
