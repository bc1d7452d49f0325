"""The commands of the first hour: what sets an installation up, and what looks whether it works."""
