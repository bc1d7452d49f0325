"""What every command is made of: its options, its output, and its way to the library."""
