"""The models: how unusual is a count, or a measured value, given everything before it?

For the rooms above, which turn scores into incidents (`scoring`), and for `mp detect series` (`values` and `scoring`).
Pure functions of numbers: nothing here knows an event, a warehouse or Slack.

- `tails`: how unusual one count is, given a mean and a variance. `point_score`: the score that both models give.
- `forecasting`: the counts to expect. `scoring`: the model for counts, which compares them with the forecast. `whole`:
  all names together.
- `values`: the model for any other series.
"""
