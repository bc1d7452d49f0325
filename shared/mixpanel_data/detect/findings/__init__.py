"""Findings: everything one run reads, judges and finds out.

For `messages` and `delivery`, which report it, and for `study`, which shows it without reporting.

- `progress`: how far collector and detector have come. `minute_counts`: counts per minute, as the warehouse has them.
  `baselines_table`: stored baselines. `history`: the counts to judge, with baselines that have learned up to them.
- `judging`: one run's scores, abnormal windows and decisions: the `Findings`.
- `evidence` and `value_shares`: everything that somebody needs to look into an incident.
"""
