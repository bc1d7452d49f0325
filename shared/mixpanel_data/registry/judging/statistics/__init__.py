"""What is chance and what is not: of shares over days, and of absence."""
