"""The environment variables: what each one is, how its text is read, and all of them by name."""
