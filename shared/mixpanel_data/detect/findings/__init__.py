"""Findings: everything one run reads, judges and finds out.

For `messages` and `delivery`, which report it, and for `study`, which shows it without reporting.

- `known_names`: the check that a call names events that there are.
- `standing`: whether there is anything to judge at all, from one question.
- `progress`: how far the collector had read, and the context of a judgement.
- `learning`: the counts to judge, with baselines that have learned everything before them.
- `delays`: how late events arrive, which `arrivals` learns.
- `judged_minutes`: the minutes of one event, as they were judged. `whole`: all watched events together, and how single
  events stand among them.
- `judging`: one run's scores, abnormal windows and decisions: the `Findings`. `recent`: their newest minutes.
- `evidence` and `value_shares`: everything that somebody needs to look into an incident.
"""
