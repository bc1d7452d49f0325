"""An answer for people: as a drawing in a terminal, and as a page."""

from pydantic import TypeAdapter

from mixpanel_data.configuration.reports.definitions import AnyReport
from mixpanel_data.configuration.reports.people import Journey, Profile
from mixpanel_data.reports.answers.answer import Answer
from mixpanel_data.reports.charts.shapes import Description
from mixpanel_data.reports.drawing.drawing import drawing
from mixpanel_data.reports.pages.page import page

_REPORT: TypeAdapter[AnyReport] = TypeAdapter(AnyReport)


def drawn(answer: Answer, *, width: int, is_colored: bool) -> str:
    """The charts of an answer in block characters, in lines of at most `width` columns, 40 to 200 of them."""
    return drawing(_described(answer), answer.parts, width=width, is_colored=is_colored)


def page_of(answer: Answer) -> str:
    """The answer as one HTML page of at most 300,000 bytes, which needs no script and makes no request."""
    return page(_described(answer), answer.parts, answer.to_dict())


def _described(answer: Answer) -> Description:
    definition = _REPORT.validate_python(answer.definition)
    return Description(
        definition=definition,
        title=answer.name or _title(definition),
        timezone=answer.timezone,
        source=answer.source,
        version=answer.version,
    )


def _title(definition: AnyReport) -> str:
    report = definition.report.replace("_", " ").capitalize()
    return f"{report} of {definition.id}" if isinstance(definition, Journey | Profile) else report
