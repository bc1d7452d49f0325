"""Settings of a user: environment variables, and the files of `config/`; errors name variable, entry and field.

`environment` declares every environment variable, and `settings` reads them all. `events` and `user_metrics` are the
shapes of two files of `config/`; `base` reads any of them.
"""
