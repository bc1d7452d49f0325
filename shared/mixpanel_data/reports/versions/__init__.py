"""What a warehouse keeps of named segments: their versions, and the members of frozen ones."""
