"""The forecast of one hour: the counts to expect in each of its bins, and how far they may be trusted."""

from dataclasses import dataclass

from mixpanel_data.detect.statistics.forecasting.schedule import Scheduled
from mixpanel_data.detect.statistics.tails import Floats


@dataclass(frozen=True, slots=True)
class Forecast:
    """One hour of all names. `minutes` and `smooth` are names x bins, everything else has one figure per name.

    `minutes` are the counts expected in each bin, without schedules; `smooth` are the same before steps and peaks
    within the hour; `scheduled` is what schedules add, None where there are none. `least_level` and `most_level` are
    the levels that are no news, relative to the present one.
    A window with m expected counts, in h hours, has the variance
    m x dispersion + m^2 x (shared_variance + hour_variance / h); `dispersion` is lengths x names, of windows of the
    lengths in `dispersion.SCALE_MINUTES`. `batch` is the mean number of events that come at once.
    `is_judged` is 1 for names old enough to be judged, else 0.
    """

    minutes: Floats
    smooth: Floats
    scheduled: Scheduled | None
    least_level: Floats
    most_level: Floats
    hour_variance: Floats
    shared_variance: Floats
    dispersion: Floats
    batch: Floats
    is_judged: Floats

    def expected(self) -> Floats:
        """The counts expected in each bin, names x bins, with those of schedules."""
        return self.minutes if self.scheduled is None else self.minutes + self.scheduled.usual

    def variance(self) -> Floats:
        """The variance of each bin by itself, names x bins."""
        relative = (self.hour_variance + self.shared_variance)[:, None]
        variance: Floats = self.dispersion[0][:, None] * self.minutes + relative * self.minutes**2
        return variance if self.scheduled is None else variance + self.scheduled.most_variance


@dataclass(frozen=True, slots=True)
class ForecastSlice:
    """The `size` bins of an hour's forecast from the bin `first` on."""

    forecast: Forecast
    first: int
    size: int

    def of(self, bins: Floats) -> Floats:
        """The same bins of any figures of that hour, names x bins."""
        return bins[:, self.first : self.first + self.size]
