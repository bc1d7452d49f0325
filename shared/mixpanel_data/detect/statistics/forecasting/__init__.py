"""The counts to expect of each name in each minute, and how far they may be trusted, learned from the counts before.

For `scoring`, which compares counts with them, and for `findings`, which keeps what was learned between two runs.

- `baseline`: the forecast of an hour, and learning from it. Its figures are stored as `baseline_state` lays out.
- Its parts: `seasons` (hours of the day and of the week), `level` (trends, and steps that last), `hour_shape` (steps
  and peaks within an hour), `schedule` (bursts that come back), and `dispersion` with `excess_variance` (how far counts
  stray).
- `calendar`: hours and days as the clocks of a time zone show them. `forecast`: the shapes.
"""
