"""The examples on Mixpanel's pages, under docs.mixpanel.com."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from mixpanel_data.configuration.reports.choices import Align, Attribute, Counting, FunnelCount, LongUnit
from mixpanel_data.configuration.reports.definitions import (
    ActiveUsers,
    Exclusion,
    Frequency,
    Funnel,
    Retention,
    Sessions,
)
from mixpanel_data.configuration.reports.steps import Step
from reports.implementations import IMPLEMENTATIONS, Implementation
from reports.small_histories import DAY, did, local, step, world
from support.reports.events import Event, Row


@pytest.fixture(params=IMPLEMENTATIONS)
def report(request: pytest.FixtureRequest) -> Implementation:
    return IMPLEMENTATIONS[request.param]


def funnel(*names: str, **options: object) -> Funnel:
    steps = [{"events": [name]} for name in names]
    return Funnel.model_validate({"from_date": DAY, "to_date": DAY, "steps": steps, **options})


def counts(parts: Sequence[Row], segment: str | None = None) -> list[int]:
    (part,) = parts
    return [row["count"] for row in part["rows"] if row["segment"] == segment]


class TestFunnelsAdvanced:
    """Page docs/reports/funnels/funnels-advanced."""

    def test_a_later_first_step_does_not_reset_the_conversion_window(self, report: Implementation) -> None:
        """Conversion Window: A at 1:00, A at 1:30, B at 1:45, C at 2:15, with a window of 1 hour."""
        stream = [("A", "13:00"), ("A", "13:30"), ("B", "13:45"), ("C", "14:15")]
        events = [did(name, local(clock)) for name, clock in stream]
        asked = funnel("A", "B", "C", within=timedelta(hours=1))
        assert counts(report(asked, events, world())) == [1, 1, 0]

    @pytest.mark.parametrize(("last", "converted"), [("14:00", 1), ("14:00:00.000001", 0)])
    def test_the_end_of_the_window_belongs_to_it(self, report: Implementation, last: str, converted: int) -> None:
        events = [did("A", local("13:00")), did("B", local(last))]
        assert counts(report(funnel("A", "B", within=timedelta(hours=1)), events, world())) == [1, converted]

    def test_an_excluded_first_step_ends_the_attempt_and_the_next_one_enters_again(
        self, report: Implementation
    ) -> None:
        """Exclusion Steps, note 1: A, A, A, B, with A excluded between A and B: two entries, one conversion."""
        events = [did(name, local(f"13:0{minute}")) for minute, name in enumerate("AAAB")]
        asked = funnel("A", "B", exclude=(Exclusion(events=("A",)),), count=FunnelCount.ATTEMPTS)
        assert counts(report(asked, events, world())) == [2, 1]

    def test_an_excluded_user_still_counts_up_to_the_exclusion(self, report: Implementation) -> None:
        """Exclusion Steps, note 2, and the example of a second Product Added between steps 2 and 3."""
        names = ["Product Viewed", "Product Added", "Product Added", "Checkout Started", "Purchase Completed"]
        events = [did(name, local(f"13:0{minute}")) for minute, name in enumerate(names)]
        exclusion = Exclusion(events=("Product Added",), after=2, before=3)
        asked = funnel(*dict.fromkeys(names), exclude=(exclusion,))
        assert counts(report(asked, events, world())) == [1, 1, 0, 0]

    def test_an_exclusion_applies_between_its_steps_alone(self, report: Implementation) -> None:
        """Exclusion Steps: from all steps or between specific ones; made from the rule."""
        events = [did(name, local(f"13:0{minute}")) for minute, name in enumerate("AXBC")]
        for places, reached in (((None, None), [1, 0, 0]), ((1, 2), [1, 0, 0]), ((2, 3), [1, 1, 1])):
            exclusion = Exclusion(events=("X",), after=places[0], before=places[1])
            assert counts(report(funnel("A", "B", "C", exclude=(exclusion,)), events, world())) == reached

    @pytest.mark.parametrize(
        ("excluded", "converted"),
        [("13:00:02", 1), ("13:00:02.000001", 0), ("13:00:57.999999", 0), ("13:00:58", 1)],
    )
    def test_an_exclusion_has_the_grace_of_two_seconds_at_both_ends(
        self, report: Implementation, excluded: str, converted: int
    ) -> None:
        """Exclusion Steps, note 4; the example is made from the rule."""
        events = [did("A", local("13:00")), did("X", local(excluded)), did("B", local("13:01"))]
        asked = funnel("A", "B", exclude=(Exclusion(events=("X",)),))
        assert counts(report(asked, events, world())) == [1, converted]

    def test_a_user_enters_in_each_segment_after_the_attempt_before_has_ended(self, report: Implementation) -> None:
        """User Count in Breakdown: shirt, jeans, Add to Cart, shoes: entries are shirt and shoes, shirt converts."""
        events = [
            did("Browse Product", local("13:00"), properties={"item": "shirt"}),
            did("Browse Product", local("13:05"), properties={"item": "jeans"}),
            did("Add to Cart", local("13:10")),
            did("Browse Product", local("13:15"), properties={"item": "shoes"}),
        ]
        parts = report(funnel("Browse Product", "Add to Cart", on="item", attribute=1), events, world())
        assert parts[0]["segments"] == 2
        assert counts(parts, "shirt") == [1, 1]
        assert counts(parts, "shoes") == [1, 0]

    @pytest.mark.parametrize(
        ("stream", "reached"),
        [("ABCDE", 5), ("ABFCDE", 5), ("ABDCDE", 5), ("ABCE", 3)],
    )
    def test_steps_come_in_their_order_with_anything_in_between(
        self, report: Implementation, stream: str, reached: int
    ) -> None:
        """Specific Order, examples 1 to 4."""
        events = [did(name, local(f"13:0{minute}")) for minute, name in enumerate(stream)]
        assert counts(report(funnel(*"ABCDE"), events, world())) == [1] * reached + [0] * (5 - reached)

    def test_steps_in_any_order_convert(self, report: Implementation) -> None:
        """Any Order, the job application; the example is made from the rule."""
        events = [did(name, local(f"13:0{minute}")) for minute, name in enumerate(["Title", "Name", "Email"])]
        assert counts(report(funnel("Name", "Email", "Title", order="any"), events, world())) == [1, 1, 1]
        assert counts(report(funnel("Name", "Email", "Title"), events, world())) == [1, 1, 0]

    def test_an_event_is_one_step_of_an_attempt(self, report: Implementation) -> None:
        """Made from the rules: neither does a second Name stand for another step, nor one A for two."""
        twice = [did("Name", local("13:00")), did("Name", local("13:01"))]
        assert counts(report(funnel("Name", "Email", order="any"), twice, world())) == [1, 0]
        assert counts(report(funnel("A", "A"), [did("A", local("13:00"))], world())) == [1, 0]

    @pytest.mark.parametrize(("count", "expected"), [(FunnelCount.USERS, [1, 0]), (FunnelCount.ATTEMPTS, [2, 1])])
    def test_what_is_held_constant_is_the_value_of_the_entry(
        self, report: Implementation, count: FunnelCount, expected: list[int]
    ) -> None:
        """Hold Property Constant: uniques hold the first step 1, totals that of each entry; made from the rule."""
        events = [
            did("Browse", local("13:00"), properties={"item": "shirt"}),
            did("Purchase", local("13:30"), properties={"item": "shoes"}),
            did("Browse", local("15:00"), properties={"item": "shoes"}),
            did("Purchase", local("15:05"), properties={"item": "shoes"}),
        ]
        asked = funnel("Browse", "Purchase", hold=("item",), count=count, within=timedelta(hours=1))
        assert counts(report(asked, events, world())) == expected

    @pytest.mark.parametrize(
        ("attribute", "color"), [(Attribute.FIRST, "red"), (Attribute.LAST, "blue"), (1, "undefined")]
    )
    def test_a_funnel_is_attributed_to_a_step_that_has_the_property(
        self, report: Implementation, attribute: Attribute | int, color: str
    ) -> None:
        """Property Attribution: red on View Item, blue on Add to Cart, and nothing on Page View and Checkout."""
        colors: list[tuple[str, dict[str, object]]] = [
            ("Page View", {}),
            ("View Item", {"color": "red"}),
            ("Add to Cart", {"color": "blue"}),
            ("Checkout", {}),
        ]
        events = [did(name, local(f"13:0{minute}"), properties=some) for minute, (name, some) in enumerate(colors)]
        asked = funnel(*(name for name, _ in colors), on="color", attribute=attribute)
        assert counts(report(asked, events, world()), color) == [1, 1, 1, 1]

    def test_only_the_first_entry_of_a_user_counts(self, report: Implementation) -> None:
        """Optimized Re-entry, scenarios 1 and 2, default mode: A times out, a later A that converts is ignored."""
        hour = timedelta(hours=1)
        timed_out = [did("A", local("13:00")), did("A", local("14:30")), did("B", local("14:45"))]
        overlapping = [did("A", local("13:00")), did("A", local("13:30")), did("B", local("14:15"))]
        assert counts(report(funnel("A", "B", within=hour), timed_out, world())) == [1, 0]
        assert counts(report(funnel("A", "B", within=hour), overlapping, world())) == [1, 0]


class TestFunnelsFaq:
    """Page docs/reports/funnels/funnels-faq."""

    @pytest.mark.parametrize(("ahead", "converted"), [("12:59:58", 1), ("12:59:57.999999", 0), ("13:00", 1)])
    def test_steps_within_two_seconds_of_one_another_are_interchangeable(
        self, report: Implementation, ahead: str, converted: int
    ) -> None:
        """Simultaneous events: B up to 2 seconds before A."""
        events = [did("A", local("13:00")), did("B", local(ahead))]
        assert counts(report(funnel("A", "B"), events, world())) == [1, converted]

    def test_a_user_enters_once_before_the_attempt_has_ended(self, report: Implementation) -> None:
        """Funnels and Insights: step 1, step 1, step 2 are one entry of Totals."""
        events = [did(name, local(f"13:0{minute}")) for minute, name in enumerate(["one", "one", "two"])]
        assert counts(report(funnel("one", "two", count=FunnelCount.ATTEMPTS), events, world())) == [1, 1]

    def test_each_point_of_a_line_is_a_funnel_of_its_own(self, report: Implementation) -> None:
        """Line chart and Table: a user can enter on several days of the line; made from the rule."""
        next_day = DAY + timedelta(days=1)
        events = [did("A", local("13:00")), did("B", local("13:05")), did("A", local("13:00", next_day))]
        assert counts(report(funnel("A", "B", to_date=next_day), events, world())) == [1, 1]
        assert counts(report(funnel("A", "B", to_date=next_day, unit="day"), events, world())) == [1, 1, 1, 0]


class TestSessions:
    """Page docs/features/sessions, Timeout-Based Sessions."""

    def test_a_session_ends_with_the_last_event_before_the_timeout(self, report: Implementation) -> None:
        """Example 1: 1:00, 1:10; 1:50, 2:10, 2:25: sessions of 10 and of 35 minutes."""
        clocks = {"A": "13:00", "B": "13:10", "C": "13:50", "D": "14:10", "E": "14:25"}
        (part,) = report(self.asked(DAY), [did(name, local(clock)) for name, clock in clocks.items()], world())
        assert part["total"] == self.figures(sessions=2, events=5, seconds=22.5 * 60)
        assert part["entries"] == [{"event": "A", "sessions": 1}, {"event": "C", "sessions": 1}]
        assert part["exits"] == [{"event": "B", "sessions": 1}, {"event": "E", "sessions": 1}]

    def test_midnight_ends_a_session(self, report: Implementation) -> None:
        """Example 2: 11:30 pm, 11:50 pm; 12:05 am, 12:10 am: sessions of 20 and of 5 minutes."""
        next_day = DAY + timedelta(days=1)
        events = [did("A", local("23:30")), did("B", local("23:50"))]
        events += [did("C", local("00:05", next_day)), did("D", local("00:10", next_day))]
        (part,) = report(self.asked(next_day), events, world())
        assert part["rows"] == [
            {"period": DAY} | self.figures(sessions=1, events=2, seconds=20 * 60.0),
            {"period": next_day} | self.figures(sessions=1, events=2, seconds=5 * 60.0),
        ]

    def test_the_timeout_starts_again_with_each_event(self, report: Implementation) -> None:
        """Session Timeout: with 15 minutes, Start Game after 14 minutes belongs, an event 16 minutes later does not."""
        clocks = {"Log In": "13:00", "Start Game": "13:14", "Look": "13:30"}
        events = [did(name, local(clock)) for name, clock in clocks.items()]
        asked = self.asked(DAY).model_copy(update={"timeout": timedelta(minutes=15)})
        assert report(asked, events, world())[0]["total"]["sessions"] == 2

    @pytest.mark.parametrize(("clock", "sessions"), [("13:30", 1), ("13:30:00.000001", 2)])
    def test_an_event_right_at_the_timeout_still_belongs(
        self, report: Implementation, clock: str, sessions: int
    ) -> None:
        events = [did("A", local("13:00")), did("B", local(clock))]
        assert report(self.asked(DAY), events, world())[0]["total"]["sessions"] == sessions

    @staticmethod
    def asked(last: date) -> Sessions:
        return Sessions(from_date=DAY, to_date=last)

    @staticmethod
    def figures(sessions: int, events: int, seconds: float) -> Row:
        lengths = {"mean_seconds": seconds, "median_seconds": seconds}
        return {"sessions": sessions, "users": 1, "events": events, **lengths, "single_event_sessions": 0}


class TestRetention:
    """Page docs/reports/retention."""

    MARCH = date(2026, 3, 1)

    def test_the_average_is_of_complete_cells_weighted_by_who_entered(self, report: Implementation) -> None:
        """FAQ 3: 500 of 1000, 400 of 500, 10 of 700 (incomplete): 56% on day 1."""
        events = [
            event
            for day, (size, back) in enumerate([(1000, 500), (500, 400), (700, 10)])
            for event in self.cohort(self.MARCH + timedelta(days=day), size, back)
        ]
        asked = self.asked(self.MARCH + timedelta(days=2))
        # Day 1 of who signed up on March 2 ends with March 4 at the latest, that of March 3 with March 5.
        (part,) = report(asked, events, world(now=local("00:00", date(2026, 3, 5))))
        day_1 = [row for row in part["rows"] if row["bucket"] == 1]
        assert [(row["size"], row["users"], row["is_complete"]) for row in day_1] == [
            (1000, 500, True),
            (500, 400, True),
            (700, 10, False),
        ]
        assert [row["rate"] for row in part["average"] if row["bucket"] == 1] == [pytest.approx(0.56)]

    @pytest.mark.parametrize(("align", "bucket"), [(Align.BIRTH, 0), (Align.CALENDAR, 1)])
    def test_calendar_days_begin_at_midnight_and_others_with_the_user(
        self, report: Implementation, align: Align, bucket: int
    ) -> None:
        """Calendar interval retention: 8 pm on Monday, then 6 am on Tuesday."""
        monday = date(2026, 3, 2)
        events = [did("Sign Up", local("20:00", monday)), did("Post", local("06:00", monday + timedelta(days=1)))]
        assert self.buckets(report, events, monday, align=align) == [bucket]

    @pytest.mark.parametrize(("align", "bucket"), [(Align.BIRTH, 0), (Align.CALENDAR, 1)])
    def test_calendar_months_begin_on_the_first(self, report: Implementation, align: Align, bucket: int) -> None:
        """Calendar interval retention: 25 February, then 3 March."""
        first = date(2026, 2, 25)
        events = [did("Sign Up", local("12:00", first)), did("Post", local("12:00", date(2026, 3, 3)))]
        assert self.buckets(report, events, first, align=align, unit=LongUnit.MONTH) == [bucket]

    @pytest.mark.parametrize(
        ("counting", "buckets"),
        [
            (Counting.ON, [0, 1, 3]),
            (Counting.ON_OR_AFTER, [0, 1, 2, 3]),
            (Counting.ON_OR_BEFORE, [0, 1, 2, 3, 4]),
            (Counting.STREAK, [0, 1]),
        ],
    )
    def test_a_bucket_counts_returns_by_the_criteria(
        self, report: Implementation, counting: Counting, buckets: list[int]
    ) -> None:
        """Retention Criteria; the example is made from the rules."""
        events = [did("Sign Up", local("12:00"))]
        events += [did("Post", local("13:00", DAY + timedelta(days=days))) for days in (0, 1, 3)]
        assert self.buckets(report, events, DAY, counting=counting) == buckets

    def test_a_bracket_groups_days(self, report: Implementation) -> None:
        """Custom Retention Brackets: day < 1, days 1-3, days 4-7, a return on the third day; made from the rule."""
        events = [did("Sign Up", local("12:00")), did("Post", local("13:00", DAY + timedelta(days=3)))]
        assert self.buckets(report, events, DAY, brackets=(1, 3, 4)) == [1]

    def test_the_born_event_is_no_return_and_another_at_its_instant_is(self, report: Implementation) -> None:
        """Page reference/retention-query, bucket 0; made from the rule."""
        once, twice = [did("Post", local("12:00"))], [did("Post", local("12:00")), did("Like", local("12:00"))]
        options = {"born": step("Post"), "returned": Step()}
        assert self.buckets(report, once, DAY, **options) == []
        assert self.buckets(report, twice, DAY, **options) == [0]

    @classmethod
    def asked(cls, last: date, **options: object) -> Retention:
        steps = {"born": step("Sign Up"), "returned": step("Post")}
        buckets = {} if "brackets" in options else {"buckets": 1}
        return Retention.model_validate({"from_date": cls.MARCH, "to_date": last, **buckets, **steps, **options})

    @classmethod
    def buckets(cls, report: Implementation, events: Sequence[Event], day: date, **options: object) -> list[int]:
        """The buckets in which the only user is retained."""
        asked = cls.asked(day, from_date=day, **({} if "brackets" in options else {"buckets": 4}), **options)
        return [row["bucket"] for row in report(asked, events, world())[0]["rows"] if row["users"]]

    @staticmethod
    def cohort(day: date, size: int, back: int) -> list[Event]:
        """So many users who sign up on a day, of whom the first ones come back 30 hours later."""
        noon = local("12:00", day)
        signed_up = [did("Sign Up", noon, f"{day} {number}") for number in range(size)]
        return signed_up + [did("Post", noon + timedelta(hours=30), f"{day} {number}") for number in range(back)]


class TestFrequency:
    """Page reference/retention-frequency-query."""

    def test_users_of_two_hours_are_users_of_one_hour_too(self, report: Implementation) -> None:
        """The page's 495, 204, 117 include one another; here 3, 2, 1."""
        active = {"ann": ["10:00", "10:59"], "bob": ["10:00", "11:00"], "eve": ["09:59", "10:00", "23:00"]}
        events = [did("View", local(clock), user) for user, clocks in active.items() for clock in clocks]
        (part,) = report(Frequency(from_date=DAY, to_date=DAY), events, world())
        assert [(row["at_least"], row["users"]) for row in part["rows"]] == [(1, 3), (2, 2), (3, 1)]


class TestInsights:
    """Page docs/reports/insights."""

    def test_active_users_look_back_beyond_the_range(self, report: Implementation) -> None:
        """DAU, WAU and MAU are users of the last 1, 7 and 30 days; made from the rule."""
        days_ago = {"ann": 0, "bob": 6, "cat": 7, "dan": 29, "eve": 30}
        events = [did("View", local("12:00", DAY - timedelta(days=days)), user) for user, days in days_ago.items()]
        (part,) = report(ActiveUsers(from_date=DAY, to_date=DAY), events, world())
        assert [(row["dau"], row["wau"], row["mau"]) for row in part["rows"]] == [(1, 2, 4)]
        assert part["rows"][0]["dau_by_mau"] == pytest.approx(0.25)
        assert part["rows"][0]["dau_by_wau"] == pytest.approx(0.5)
