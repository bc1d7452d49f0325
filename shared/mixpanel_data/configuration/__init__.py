"""What a user sets: environment variables, and the files of `config/`, with errors that name entry and field."""
