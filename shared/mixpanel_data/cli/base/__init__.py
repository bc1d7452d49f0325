"""The building blocks of every command: its options, its output, and its way into the library."""
