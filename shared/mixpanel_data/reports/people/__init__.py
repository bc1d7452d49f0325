"""Users themselves: one user's journey and profile, the search for profiles, and the size of a segment over time."""
