"""What `mp init` writes: an account or `.env`, and the events configuration. Each file has all of it or nothing."""
