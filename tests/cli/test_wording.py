"""What the library says of its parameters, in the words of the command line."""

import pytest

from cli.shell import Mp
from mixpanel_data.cli.base.wording import in_options

DAYS = ("--from", "2024-03-01", "--to", "2024-03-02")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("fetch", "events"), "--from is missing."),
        (("fetch", "events", *DAYS, "--events", ","), "--events is empty"),
        (("fetch", "profiles", "--cohort", "0"), "--cohort is 0."),
        (
            ("segmentation", "--event", "a", "--from", "2024-03-02", "--to", "2024-03-01"),
            "--from is 2024-03-02, after --to, which is 2024-03-01.",
        ),
        (("segmentation", "--event", "", *DAYS), "--event is ''."),
        (("property-counts", "--event", "a", "--property", "", *DAYS), "--property is ''."),
        (
            ("retention", "--born", "a", "--return", "b", *DAYS, "--interval", "3", "--unit", "week"),
            "--interval is 3 and --unit is 'week'.",
        ),
        (("properties", ""), "EVENT is ''."),
        (("activity-feed", "", *DAYS), "ID is ['']."),
        (("annotations", "--to", "2024-03-01"), "--from is missing."),
        (("export", "events", "--to", "raw", "--to-date", "March"), "--to-date is 'March'."),
        (("drop", "--all", "--type", "x", "--force"), "--type is 'x'."),
        (("collect", "--from", "March", "--to", "2024-03-02"), '--from is "March":'),
    ],
)
def test_an_error_names_the_option_that_was_typed(mp: Mp, arguments: tuple[str, ...], message: str) -> None:
    done = mp(*arguments)
    assert done.code == 3
    assert message in done.err


def test_a_value_that_looks_like_a_parameter_stays_as_it_was_typed(mp: Mp) -> None:
    done = mp("segmentation", "--event", "a", "--from", "from_date", "--to", "2024-03-02")
    assert "--from is 'from_date'." in done.err


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("from_date (1) is before it", "--from (1) is before it"),
        ('the project\'s from_date is "from_date"', 'the project\'s --from is "from_date"'),
        ("its from_dates, a-from_date", "its from_dates, a-from_date"),
        ("unit is wrong", "--unit is wrong"),
        ("The unit is wrong", "The unit is wrong"),
        ("Something is wrong", "Something is wrong"),
        ("'it\\'s from_date' is from_date", "'it\\'s from_date' is --from"),
    ],
)
def test_only_names_of_parameters_are_translated(text: str, told: str) -> None:
    assert in_options(text, {"from_date": "--from", "from": "--from", "unit": "--unit"}) == told
