"""Study: judges the same way for a person at a desk. Nothing here writes to the warehouse or to Slack.

For the command line.

- `explain`: the counts of one event, the expected band, and the rules that find them abnormal (`mp detect explain`).
- `backtest`: the alerts that a configuration would have sent over the history (`mp detect backtest`).
  `first_looks`: drops of late events, as a run saw them first.
- `series` and `files`: scores for series from anywhere, in memory and in CSV files (`mp detect series`).
"""
