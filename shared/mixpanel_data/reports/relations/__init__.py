"""What the statements of reports are made of: parameters, conditions, events of some days, and users."""
