"""Helpers that tests of several rooms share: engines, worlds to run a job in, oracles of its tables, and crashes.

Worlds: `collector_world`, `user_sync_world` and `detector_world`, each with a dataset, a clock and the job's services.
Oracles: `event_oracle` and `user_oracle` compute the tables in plain Python, independently of the library.
Crashes: `fatal_steps` counts the points at which a process can die, `mortal_warehouse` and `mortal_slack` pass them.
"""
