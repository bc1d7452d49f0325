"""Learning: the counts that a run judges, and the baselines that have learned everything before them.

For `judging`, which takes them group by group, so that memory does not grow with the number of names.

- `names`: what is known of each name before its counts are read. `minute_counts`: counts per minute, as the warehouse
  has them.
- `baselines_table`: stored baselines, and when they are deleted or have to be learned again. `states`: what they
  learned, as bytes and as models.
- `watching`: the time in which an event was not collected or not watched, so that nobody knows its counts.
- `plan`: the names that are worth it, in what order, and how many share the budget of false alerts.
- `history`: a group of names after learning: counts to judge, and baselines up to them.
"""
