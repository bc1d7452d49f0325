"""The page of an answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from mixpanel_data.base.visible_text import visible
from mixpanel_data.reports.charts.cells import cut
from mixpanel_data.reports.charts.of_answer import charts_of
from mixpanel_data.reports.charts.parts import days_of
from mixpanel_data.reports.charts.shapes import Bars, Chart, Description, Flow, Lines, Listing, Part, Table, Triangle
from mixpanel_data.reports.pages.bar_charts import bar_chart
from mixpanel_data.reports.pages.colors import DARK, LIGHT
from mixpanel_data.reports.pages.embedded import Embedded, embedded
from mixpanel_data.reports.pages.flow_charts import flow_chart
from mixpanel_data.reports.pages.line_charts import MOST_SERIES, line_chart
from mixpanel_data.reports.pages.tables import Made, listing_html, table_html, table_of, triangle_html

if TYPE_CHECKING:
    import jinja2

MOST_BYTES = 300_000
# A quarter for charts and a quarter for tables leave half of the page to the data as JSON.
_MOST_OF_FIGURES = 90_000
_MOST_OF_A_FIGURE = 40_000
_MOST_OF_TABLES = 70_000
_LONGEST_TEXT = 160
_WIDTH_OF_A_PLACE = 170
# Dashes tell lines apart where colors do not; the first line has none.
_DASHES = ("6 4", "1 5", "10 4 2 4", "12 6", "3 3", "10 4 2 4 2 4", "16 4")


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart's HTML, with its legend and what to say below it; `form` is its class in the style sheet."""

    title: str
    form: str
    html: str
    note: str = ""
    legend: tuple[str, ...] = ()
    least_width: int = 0

    @property
    def size(self) -> int:
        """The bytes of the HTML, and about those of what is around it."""
        return len(self.html.encode()) + sum(len(text.encode()) + 150 for text in (self.title, self.note, *self.legend))


def page(description: Description, parts: Sequence[Part], document: object) -> str:
    """One HTML page of at most 300,000 bytes in UTF-8, which is well-formed XML too; equal input gives equal text.

    `document` is the whole answer as JSON has it; the page has it as it is, or compressed where it is long. Charts and
    tables that do not fit are named. Raises ValueError for a number that JSON does not have.
    """
    charts = charts_of(description, parts)
    figures, notes = _figures(charts)
    tables, more = _tables(charts)
    notes = [*notes, *more]
    made = _rendered(description, parts, figures, notes, tables, Embedded())
    data = embedded(document, MOST_BYTES - len(made.encode()) - 500)
    return _rendered(description, parts, figures, notes, tables, data)


def _figures(charts: Sequence[Chart]) -> tuple[list[Figure], list[str]]:
    """The charts that fit, and the names of the others."""
    figures: list[Figure] = []
    left_out = 0
    left = _MOST_OF_FIGURES
    for chart in charts:
        if isinstance(chart, Table):
            continue
        figure = _figure(chart, min(left, _MOST_OF_A_FIGURE))
        if figure.size > left or not figure.html:
            left_out += 1
            continue
        left -= figure.size
        figures.append(figure)
    return figures, [f"{left_out} more charts do not fit this page."] if left_out else []


def _figure(chart: Lines | Bars | Triangle | Flow | Listing, budget: int) -> Figure:
    title = cut(chart.title, _LONGEST_TEXT)
    match chart:
        case Lines():
            labels = [cut(each.label, _LONGEST_TEXT // 2) for each in chart.series]
            more = [f"and {len(labels) - MOST_SERIES} more in the table"] * (len(labels) > MOST_SERIES)
            note = " ".join([chart.note, *more]).strip()
            return Figure(title, "plot", line_chart(chart), note, tuple(labels[:MOST_SERIES]))
        case Bars():
            return Figure(title, "bars", bar_chart(chart), chart.note)
        case Flow():
            return Figure(title, "flow", flow_chart(chart), least_width=_WIDTH_OF_A_PLACE * len(chart.places))
        case Listing():
            made = listing_html(chart, budget)
            return Figure(title, "listing", made.html, " ".join([chart.note, made.note]).strip())
        case Triangle():
            made = triangle_html(chart, budget)
            is_open = any(not cell.is_complete for row in chart.rows for cell in row.cells)
            note = " ".join([*["~ not complete yet."] * is_open, made.note]).strip()
            return Figure(title, "triangle", made.html, note)


def _tables(charts: Sequence[Chart]) -> tuple[list[Made], list[str]]:
    """The tables that fit, and a sentence about the others."""
    tables: list[Made] = []
    left_out = 0
    left = _MOST_OF_TABLES
    for table in map(table_of, charts):
        if table is None:
            continue
        made = table_html(table, left)
        if not made.html:
            left_out += 1
            continue
        left -= len((made.html + made.note).encode())
        tables.append(made)
    return tables, [f"{left_out} more tables do not fit this page."] if left_out else []


def _rendered(
    description: Description,
    parts: Sequence[Part],
    figures: Sequence[Figure],
    notes: Sequence[str],
    tables: Sequence[Made],
    data: Embedded,
) -> str:
    facts = {
        "report": description.definition.report.replace("_", " "),
        "days": days_of(parts),
        "time zone": description.timezone,
        "table": description.source,
        "version": description.version,
    }
    return _template().render(
        title=cut(description.title, _LONGEST_TEXT),
        facts=[(name, cut(value, _LONGEST_TEXT)) for name, value in facts.items() if value],
        figures=figures,
        notes=notes,
        tables=tables,
        data=data,
        light=LIGHT,
        dark=DARK,
        dashes=_DASHES,
    )


@cache
def _template() -> "jinja2.Template":
    import jinja2

    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=True,
        finalize=_without_unseen,
    )
    return environment.from_string(files(__package__).joinpath("page.html.jinja").read_text(encoding="utf-8"))


def _without_unseen(value: object) -> object:
    # What the template calls safe is a subclass of str, and has no such character.
    return visible(value) if type(value) is str else value
