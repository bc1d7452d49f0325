"""Records as tables for people, by the width of the terminal, and as rows of CSV."""
