"""Profiles, cohorts and the events of single users: `/engage`, `/cohorts/list` and `/stream/query`."""
