"""What happens while a command runs: a line on a terminal that is overwritten, or the library's log lines."""
