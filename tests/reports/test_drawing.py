"""An answer as text: it fits its width, is plain without color, and its lengths and shades tell the figures."""

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from mixpanel_data.configuration.reports.definitions import Report
from mixpanel_data.reports.charts.shapes import Description
from mixpanel_data.reports.drawing.drawing import drawing
from mixpanel_data.reports.drawing.pen import SHADES
from mixpanel_data.reports.pages.colors import contrast
from reports.histories import Past
from reports.random_definitions import REPORTS, questions
from reports.shown_answers import FIRST, answered, asked, described, retention_of, segmentation_of, with_hostile_names
from reports.small_histories import did, local, world
from support.reports.events import Row

WIDTHS = (40, 41, 80, 133, 200)
_SGR = re.compile(r"\x1b\[[0-9;]*m")
few_examples = settings(max_examples=15, deadline=None)


def faults(text: str, width: int) -> list[str]:
    """Lines that are too wide, or that have a character that does not print."""
    assert text.endswith("\n")
    unseen = ("Cc", "Cs", "Co", "Zl", "Zp")
    return [
        line
        for line in text.removesuffix("\n").split("\n")
        if cell_len(line) > width or any(unicodedata.category(character) in unseen for character in line)
    ]


@pytest.mark.parametrize("report", REPORTS)
@few_examples
@given(data=st.data(), width=st.sampled_from(WIDTHS))
def test_every_line_fits_the_width(report: str, data: st.DataObject, width: int) -> None:
    question: tuple[Report, Past] = data.draw(questions(report))
    description, parts = answered(*question)
    plain = drawing(description, parts, width=width, is_colored=False)
    assert faults(plain, width) == []
    assert faults(_SGR.sub("", drawing(description, parts, width=width, is_colored=True)), width) == []
    assert drawing(description, parts, width=width, is_colored=False) == plain


@pytest.mark.parametrize("number", range(6))
@pytest.mark.parametrize("width", [40, 80, 200])
def test_names_do_not_leave_their_line_or_change_the_terminal(number: int, width: int) -> None:
    description, parts = with_hostile_names(world())[number]
    assert faults(drawing(description, parts, width=width, is_colored=False), width) == []
    assert faults(_SGR.sub("", drawing(description, parts, width=width, is_colored=True)), width) == []


def test_what_does_not_print_is_seen_as_its_escape() -> None:
    description, parts = with_hostile_names(world())[0]
    text = drawing(description, parts, width=200, is_colored=False)
    for escape in (r"\x1b[31mred\x1b[2J", r"line\x0abreak\x0d\x09tab\x00", r"\u202eright to left", r"\x9b31m"):
        # A legend has the first six lines; the bars have them all.
        assert escape in text


@pytest.mark.parametrize(("given_width", "taken"), [(0, 40), (39, 40), (40, 40), (200, 200), (10_000, 200)])
def test_a_width_out_of_bounds_is_the_nearest_one(given_width: int, taken: int) -> None:
    description, parts = counted([5, 10])
    text = drawing(description, parts, width=given_width, is_colored=False)
    assert max(map(len, text.split("\n"))) == taken


def counted(values: list[int | None]) -> tuple[Description, list[Row]]:
    """An answer with these figures on one day each."""
    description, parts = segmentation_of(1, len(values), lambda _, hour: values[hour])
    return description, parts


def plot_of(text: str) -> list[str]:
    """The rows of the first plot, without their scale."""
    rows = [line for line in text.split("\n") if re.match(r"^ *\S* [┤│]", line)]
    return [re.split("[┤│]", row, maxsplit=1)[1] for row in rows]


def test_the_area_is_as_high_as_the_figures() -> None:
    description, parts = counted([0, 50, 100, None])
    plot = plot_of(drawing(description, parts, width=46, is_colored=False))
    width = len(plot[0])
    heights = ["".join(row[column] for row in plot) for column in (2, width // 4 + 2, width // 2 + 2, width - 2)]
    assert [height.count(" ") for height in heights] == [len(plot), len(plot) // 2, 0, len(plot)]


def test_the_scale_begins_at_0_and_ends_above_the_greatest() -> None:
    description, parts = counted([3, 730])
    lines = drawing(description, parts, width=80, is_colored=False).split("\n")
    assert [line.split(" ┤")[0].strip() for line in lines if " ┤" in line] == ["1k", "500", "0"]


def below_the_plot(text: str) -> str:
    lines = text.split("\n")
    return lines[next(number for number, line in enumerate(lines) if "└" in line) + 1]


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("buckets", [0, 1, 3, 7])
def test_every_bucket_that_has_room_is_named_below_its_part(width: int, buckets: int) -> None:
    definition = asked({"report": "retention", "buckets": buckets})
    part = retention_of([[0.4] * (buckets + 1)])
    text = drawing(described(definition), [part], width=width, is_colored=False)
    axis = below_the_plot(text)
    assert axis.split() == [str(number) for number in range(buckets + 1)]
    (plot, *_) = [line.index("└") + 1 for line in text.split("\n") if "└" in line]
    across = (width - plot) / (buckets + 1)
    for number in range(buckets + 1):
        assert number * across <= axis.index(str(number)) - plot + 1 <= (number + 1) * across
    (head,) = [line for line in text.split("\n") if line.startswith("cohort")]
    assert head.split()[1:] == axis.split()


def test_a_triangle_of_shades_names_every_second_bucket() -> None:
    head, *_ = triangle_of([[0.4] * 31], 80)
    assert head.split()[1:] == [str(number) for number in range(0, 31, 2)]


def test_the_source_is_named_below_the_title() -> None:
    description, parts = counted([5])
    assert drawing(description, parts, width=80, is_colored=False).split("\n")[2] == "mixpanel_events"


def test_values_below_0_have_a_line_below_the_middle() -> None:
    description, parts = counted([-10, -10, 10, 10])
    plot = plot_of(drawing(description, parts, width=60, is_colored=False))
    assert plot[-1].lstrip()[0] in "─a"
    assert plot[0].rstrip()[-1] in "─a"
    assert plot[0].startswith(" " * 10)


def test_every_line_of_a_plot_has_its_letter_in_it_and_in_the_legend() -> None:
    description, parts = segmentation_of(5, 30, lambda number, _: 10 * number)
    text = drawing(description, parts, width=100, is_colored=False)
    for number, letter in enumerate("abcde"):
        (row,) = (row for row in plot_of(text) if letter in row)
        assert set(row) <= {"─", letter}
        assert f"\n{letter} segment {number}  {10 * number}\n" in text


def test_the_legend_says_how_many_lines_are_not_drawn() -> None:
    description, parts = segmentation_of(9, 30, lambda number, hour: number + hour)
    assert "\nand 3 more\n" in drawing(description, parts, width=80, is_colored=False)


def test_more_places_than_columns_are_means_and_said_to_be() -> None:
    description, parts = segmentation_of(1, 330, lambda _, hour: 10 * (hour % 2))
    text = drawing(description, parts, width=80, is_colored=False)
    assert "each column is the mean of about 4" in text
    assert "█" in plot_of(text)[-1]
    assert not any("█" in row for row in plot_of(text)[:3])


def test_a_funnels_bars_are_as_long_as_its_rates() -> None:
    definition = asked({"report": "funnel", "steps": ["A", "B", "C"]})
    text = drawing(described(definition), [funnel_of([40, 20, 5])], width=60, is_colored=False)
    bars = [re.findall("[█▏▎▍▌▋▊▉░]+", line)[0] for line in text.split("\n") if "░" in line or "██" in line][:3]
    assert len({len(bar) for bar in bars}) == 1
    length = len(bars[0])
    assert [bar.count("█") for bar in bars] == [length, length // 2, length // 8]
    assert "50.0% of all, 50.0% of step 1, median 1 min" in text
    assert "12.5% of all, 25.0% of step 2, median 1 min" in text


def funnel_of(counts: list[int]) -> Row:
    rows = [
        {
            "segment": None,
            "period": None,
            "step": number + 1,
            "title": "ABC"[number],
            "count": count,
            "rate_from_previous": count / counts[number - 1] if number else None,
            "rate_from_first": count / counts[0] if number else None,
            "mean_seconds": 60.0 if number else None,
            "median_seconds": 60.0 if number else None,
        }
        for number, count in enumerate(counts)
    ]
    figures = ("mean", "min", "p25", "median", "p75", "p90", "p99", "max")
    times = {"segment": None, "period": None, "converted": counts[-1], **dict.fromkeys(figures, 30.0)}
    days = {"from_date": FIRST, "to_date": FIRST, "segment": None}
    return days | {"rows": rows, "time_to_convert": [times | {"below": {60: counts[-1]}}], "segments": 0}


def triangle_of(shares: list[list[float]], width: int, open_from: int = 99) -> list[str]:
    """The lines from the cohorts' head on."""
    definition = asked({"report": "retention", "buckets": len(shares[0]) - 1})
    text = drawing(described(definition), [retention_of(shares, open_from)], width=width, is_colored=False)
    return text[text.index("\ncohort") + 1 :].split("\n")


def test_a_cell_has_its_share_and_the_shade_of_its_quarter() -> None:
    _, cohort, *_ = triangle_of([[0.8, 0.6, 0.4, 0.2, 0.0]], 80)
    assert cohort.split("100 ")[1].split() == ["█", "80%", "▓", "60%", "▒", "40%", "░", "20%", "0%"]


def test_a_cell_that_is_not_complete_is_marked() -> None:
    _, cohort, *rest = triangle_of([[0.8, 0.6]], 80, open_from=1)
    assert "80% " in cohort
    assert cohort.endswith("60%~")
    assert "~ not complete yet" in rest


def test_many_buckets_are_shades_alone_and_the_rest_is_counted() -> None:
    _, cohort, *rest = triangle_of([[0.5] * 30], 40)
    assert set(cohort.split("100 ")[1]) == {"█"}
    drawn = len(cohort.split("100 ")[1]) // 2
    assert 10 <= drawn < 30
    assert f"and {30 - drawn} more columns" in rest


def test_cohorts_that_are_not_drawn_are_counted() -> None:
    assert not any("more rows" in line for line in triangle_of([[0.5]] * 31, 80))
    assert "and 4 more rows" in triangle_of([[0.5]] * 35, 80)


def test_a_long_path_is_seen_whole_above_its_bar() -> None:
    names = [f"event number {number}" for number in range(5)]
    definition = asked({"report": "paths", "anchor": names[0], "forward": 4})
    events = tuple(did(name, local(f"12:0{number}", FIRST)) for number, name in enumerate(names))
    text = drawing(*answered(definition, Past(events, world(), FIRST, FIRST)), width=60, is_colored=False)
    paths = text[text.index("Most frequent paths") :].replace("\n", " ")
    assert " → ".join(names) in paths
    assert paths.rstrip().endswith("1 100.0%")


def test_a_drawing_of_many_segments_ends() -> None:
    segments = [{"did": f"event {number}"} for number in range(100)]
    definition = asked({"report": "sessions", "segments": segments})
    text = drawing(*answered(definition, Past((), world(), FIRST, FIRST)), width=80, is_colored=False)
    assert text.count("\n") < 200
    assert text.endswith("\nand 190 more charts\n")


@pytest.mark.parametrize("report", [{"report": "paths", "anchor": "A"}, {"report": "funnel", "steps": ["A", "B"]}])
def test_an_answer_without_users_is_drawn(report: dict[str, object]) -> None:
    definition = asked(report | {"on": "plan"} if report["report"] == "funnel" else report)
    past = Past((), world(), FIRST, FIRST)
    assert "no data" in drawing(*answered(definition, past), width=80, is_colored=False)


def test_text_on_a_shade_of_the_terminal_can_be_read() -> None:
    for background, foreground in SHADES:
        assert contrast(rgb(background), rgb(foreground)) >= 4.5


def rgb(number: int) -> str:
    """A color of the palette of 256: 16 to 231 are a cube, those behind it grays."""
    if number >= 232:
        return "#" + f"{8 + 10 * (number - 232):02x}" * 3
    levels = (0, 95, 135, 175, 215, 255)
    place = number - 16
    return "#" + "".join(f"{levels[place // power % 6]:02x}" for power in (36, 6, 1))
