"""The models: how unusual is a count, or a measured value, given everything before it?

For the rooms above, which turn scores into incidents (`counts`), and for `mp detect series` (`values` and `counts`).
Pure functions of numbers: nothing here knows an event, a clock, a warehouse or Slack.

- `tails`: how unusual one count is, given a mean and a variance.
- `baseline` with `seasons`, `hour_shape` and `excess_variance`: the counts to expect in each hour (`forecast`), learned
  from those before.
- `windows`: counts of windows of many lengths beside their forecast.
- `counts`: the model for counts; `values`: the model for any other series; `point_score`: the score both give a point.
"""
