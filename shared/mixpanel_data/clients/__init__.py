"""Clients of the systems outside: Mixpanel, Slack, PostgreSQL and Google Cloud."""
