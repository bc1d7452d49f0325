"""`mp demo`: two years of real events through all functions, with every count checked.

The stand-ins take the place of Mixpanel and Slack; everything else is real. The functions run under the functions
framework, and the demo calls each over HTTP several times, as Cloud Scheduler would. It has five steps: `collection`
brings the events into DuckDB, `user_totals` keeps the totals of the people in them, `alert` finds a fault in invented
traffic, `registry` finds out which events there are and what changed in them, and `identity_states` lets a cluster of
ids grow. Each step counts its expected result without the functions, and compares.
"""

from mixpanel_data_standins.demo.alert import check_alert
from mixpanel_data_standins.demo.collection import Found, Sample, check, count_sample
from mixpanel_data_standins.demo.run import run

__all__ = ["Found", "Sample", "check", "check_alert", "count_sample", "run"]
