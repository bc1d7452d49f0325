"""The ways to ask for arrivals: windows of event time from wide to narrow, and the portions that are left of each."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mixpanel_data import runs
from mixpanel_data.base.window import Window
from mixpanel_data.collect import window
from mixpanel_data.collect.collection import Collection, PartReading
from mixpanel_data.collect.comparing.days import whole_days
from mixpanel_data.collect.earlier import Progress, from_milliseconds
from mixpanel_data.collect.plan import Days, Portions, days_of, portions_of
from mixpanel_data.collect.request import Options
from mixpanel_data.exports.reading import ALL_TIME, Staged, TooManyLinesError
from mixpanel_data.warehouse.base import Staging

_NARROWER_LOOKBACKS = (30, 7)
_WITHOUT_WHERE_DAYS = 7
# Today and yesterday: nearly all that arrives has happened then, and late events touch many older days.
_SHORT_LOOKBACK = 2
_DAY = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)
_STORED = 'number(properties["mp_processing_time_ms"])'


@dataclass(frozen=True, slots=True)
class Scope:
    """One way to ask for the arrivals: a window of event time, filtered by an expression or (None) in SQL alone.

    `narrowed` counts the wider ways before it. `watermark` is what a reading of the whole scope leaves for the next
    run; None: nothing. With `is_progress` False, another scope reads the rest of its days.
    """

    run: runs.Run
    options: Options
    window: Window
    narrowed: int
    from_ms: int
    watermark: datetime | None
    where: str | None
    is_progress: bool = True

    def days(self) -> Days:
        """The days of the window."""
        return days_of(self.window, self.options.zone)

    def whole(self) -> Portions:
        """All days of the window as one portion."""
        portions = portions_of([self.days()])
        portions.most_days = len(self.days())
        return portions

    def reading(self, days: Days) -> PartReading:
        """The reading of some of the days. Only the last leaves the watermark, because it is published last."""
        covers = window.covered(days, self.run, self.window, self.options)
        return PartReading(
            days=days,
            # The shortest window: a run that takes over must not take the days for read.
            known=self._known(days),
            covers=covers if self.is_progress else Window(covers.start, covers.start + _INSTANT),
            window=ALL_TIME,
            arrived_from_ms=self.from_ms,
            watermark=self.watermark if days.last == self.days().last else None,
            where=self.where,
            most_lines=window.most_lines(days),
            narrowed=self.narrowed,
            is_progress=self.is_progress,
        )

    def _known(self, days: Days) -> Window | None:
        """The whole UTC days of the arrivals' own times: what has arrived before mostly happened then."""
        asked = days.window(self.options.zone)
        start, end = max(asked.start, from_milliseconds(self.from_ms)), min(asked.end, self.run.started_at)
        return whole_days(Window(start, end)) if start < end else None

    def without_last_day(self) -> "Scope | None":
        """The scope up to the day before its last; None if it has no other day."""
        days = self.days()
        if len(days) == 1:
            return None
        end = Days(days.first, days.last - _DAY).window(self.options.zone).end
        return replace(self, window=Window(self.window.start, end))


@dataclass(frozen=True, slots=True)
class Attempt:
    """A scope, and the portions of its days that are left to read."""

    scope: Scope
    portions: Portions

    def stage(self, collection: Collection, staging: Staging, attempts: int) -> Staged[PartReading] | None:
        """Stage the first portion; None if there is none, or if it is too large and has to be read in smaller ones.

        After an error the portion is left to read.
        """
        days = self.portions.next()
        if days is None:
            return None
        try:
            staged = collection.stage(self.scope.reading(days), staging, attempts)
        except TooManyLinesError as error:
            self.portions.take_back(days, error.lines)
            return None
        except Exception:
            self.portions.left.insert(0, days)
            raise
        self.portions.learn(days, staged.lines)
        return staged

    def without_last_day(self) -> "Attempt | None":
        """The attempt without the last day of its scope; None if it has no other day."""
        scope = self.scope.without_last_day()
        if scope is None:
            return None
        last = scope.days().last
        left = [Days(days.first, min(days.last, last)) for days in self.portions.left if days.first <= last]
        return Attempt(scope, _of_other_days(self.portions, left))


def scopes(run: runs.Run, options: Options, known: Progress, watermark: datetime | None) -> list[Scope]:
    """The scopes to try, widest first; the last does without an expression and leaves the filtering to SQL.

    Every window starts no later than the arrivals: most events arrive soon after they happen. A run with the short
    overlap asks for the last two days alone and leaves older ones to the next long run, which goes on where the last
    long one ended. Its scopes count as narrow as the narrowest two of a long run, so that a refusal of a wide question
    does not narrow them, and one of theirs narrows all.
    """
    lookbacks = [options.lookback_days, *(days for days in _NARROWER_LOOKBACKS if days < options.lookback_days)]
    kinds = [*((days, True) for days in lookbacks), (min(_WITHOUT_WHERE_DAYS, options.lookback_days), False)]
    widths = list(enumerate(kinds))
    if not known.is_long:
        widths = [(narrowed, (min(days, _SHORT_LOOKBACK), where)) for narrowed, (days, where) in widths[-2:]]
    return [
        Scope(
            run,
            options,
            _back(run.window.end, days, known.start_ms(narrowed)),
            narrowed,
            known.start_ms(narrowed),
            watermark,
            f"{_STORED} >= {known.start_ms(narrowed)}" if has_expression else None,
        )
        for narrowed, (days, has_expression) in widths
    ]


def scopes_of_new_days(run: runs.Run, options: Options, known: Progress) -> list[Scope]:
    """The same for the days that no run could ask for yet, of which Mixpanel may have stored events before they began.

    Devices date events by clocks that can be days ahead, and Mixpanel answers for no day that has not begun. The events
    stored since the last run are left out where an expression can do that: the other scopes bring them.
    """
    first, today = known.first_new_day(options.zone), days_of(run.window, options.zone).last
    if first is None or first > today:
        return []
    new = Days(first, today).window(options.zone)
    expressions = (f"{_STORED} < {max(known.starts_ms)}", None)
    return [Scope(run, options, new, 0, 0, None, expression, is_progress=False) for expression in expressions]


def _of_other_days(portions: Portions, left: list[Days]) -> Portions:
    return Portions(left, portions.lines_per_day, portions.most_days, portions.lines_per_portion)


def _back(end: datetime, days: int, from_ms: int) -> Window:
    return Window(min(end - timedelta(days=days), from_milliseconds(from_ms)), end)
