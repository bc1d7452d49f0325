"""What the reports of `mp report` have in common: their options, and the way they show an answer."""
