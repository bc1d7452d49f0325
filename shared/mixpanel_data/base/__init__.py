"""The ground floor: errors, time, secrets, names and logs, which every room uses and which use no room."""
