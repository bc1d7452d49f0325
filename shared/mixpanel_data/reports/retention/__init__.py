"""What share of each cohort's users comes back, by the time since they joined it."""
