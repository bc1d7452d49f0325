"""The model for measured series of any unit and pace: two simple views of each value, together.

- `seen_range`: how far does a value lie outside all earlier ones? A hundredth of their range is the cut-off.
- `strangeness`: how little does it agree with what followed such pasts before (`contexts`, of `fact_sets`)?
- `model`: the greater of the two, each as a score whose cut-off is 0.5, and only where it beats all of the 72 points
  before: an episode is reported once, and again only if it gets worse.

How it was chosen, and how far it is fitted. The Numenta Anomaly Benchmark (Lavin and Ahmad, Evaluating Real-Time
Anomaly Detection Algorithms, ICMLA 2015) was at hand by half, 29 series. Each model below has three scores, standard,
low rate of false positives and low rate of misses: at the cut that is best for all series, and with each category in
turn at the cut that is best for the others. All see a value and earlier ones alone, unless it says so.

| model | best cut | category left out |
|---|---|---|
| Numenta's likelihood of the step from the value before | 12.7 / 5.9 / 15.6 | below 0 |
| the same of the distance from the last 12 values' median | 21.4 / 16.0 / 24.1 | 19.2 / 12.9 / 18.0 |
| Numenta's rule alone: outside the range by a twentieth | 48.4 / 47.5 / 50.3 | 48.4 / 47.5 / 50.3 |
| the likelihood of the distance, with that rule | 52.5 / 47.5 / 56.3 | 51.5 / 41.9 / 55.1 |
| `seen_range` alone | 60.3 / 58.2 / 62.6 | 58.6 / 56.4 / 60.9 |
| the same, and for the last 12 points' least value | 67.5 / 63.4 / 70.7 | 67.5 / 63.2 / 70.7 |
| and for the last 48 points' greatest value: version 0.1.0 | 70.4 / 64.4 / 74.2 | 68.7 / 62.7 / 72.6 |
| `seen_range` for the value and running medians of 24, of 36 | 67.3 to 68.6 | 62.8 to 67.1 |
| and 40 other sets of least, greatest, mean, median, range | 53.2 to 70.7 | 49.2 to 69.2 |
| ARTime, told range and length | 73.9 / 64.4 / 79.3 | 72.3 / 58.6 / 77.7 |
| ARTime, told the range; 240 to 750 points of learning | 56.9 to 63.6 | 55.5 to 62.3 |
| ARTime, told the length; a range of 1 to 5 times that of the learning | 57.5 to 69.0 | 56.1 to 68.8 |
| ARTime, told nothing; 104 to 750 points of learning | 51.3 to 63.7 | 48.2 to 59.2 |
| five of ARTime's time scales together | 53.9 to 64.3 | 44.0 to 61.4 |
| CAD OSE, told range and length | 71.0 / 68.3 / 74.1 | 68.0 / 65.3 / 71.0 |
| CAD OSE, told nothing: `strangeness` alone | 66.5 / 59.9 / 71.1 | 65.1 / 58.8 / 69.6 |
| the same, with Numenta's rule | 70.3 / 63.8 / 74.7 | 70.2 / 63.6 / 74.7 |
| with any of eight richer sets of ranges | 70.9 to 75.7 | 63.9 to 73.0 |
| with ARTime and `seen_range` | 71.0 to 74.5 | 64.9 to 72.8 |
| with `seen_range`: this model | 75.7 / 68.9 / 80.0 | 74.0 / 67.0 / 78.3 |

Where the model, too, is chosen without the category that it is scored on, the score is 68.3 / 60.6 / 75.6; that is
what to expect elsewhere, give or take 8. A bootstrap over series has 68 to 84 for this model, and for what it gains on
version 0.1.0 -2 to 11 (5% to 95%). The two views find different things, and the union of the simplest ones is as good
as that of richer ones. ARTime depends on being told the length of the series: with another one it loses ten points.

The steps of `strangeness` have the constants of the published detector, but for these: it rests for 72 points, as
episodes do, instead of 30 or a thirty-third of the series (with 30 points 75.4, with 72 75.6, with 120 74.4, each
remembering 1,000 points); it remembers 4,000 points instead of all; it learns the range.
"""

from mixpanel_data.detect.statistics.values.model import EPISODE_POINTS, MOST_VALUE, ValuesModel

__all__ = ["EPISODE_POINTS", "MOST_VALUE", "ValuesModel"]
