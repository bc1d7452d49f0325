"""The contraction of links to clusters: its SQL for many of them, and one pass in Python for few."""
