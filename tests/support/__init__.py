"""Helpers that tests of several rooms share: engines, worlds to run a job in, oracles of its tables, and crashes.

Worlds: `collector_world`, `user_sync_world`, `detector_world` and `identity_world`, each with a dataset, a clock and
the job's services.
Oracles: `event_oracle`, `user_oracle` and `identity_oracle` compute the tables in plain Python, independently of the
library; `mirror_double` counts what Mixpanel would be sent of a table.
Crashes: `fatal_steps` counts the points at which a process can die, `mortal_warehouse` and `mortal_slack` pass them.
"""
