"""Where settings become clients, and a job meets the clients it works with."""
