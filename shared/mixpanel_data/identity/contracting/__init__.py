"""The SQL of the contraction, by which the warehouse joins clusters of many links."""
