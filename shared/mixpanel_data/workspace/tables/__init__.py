"""The tables of a workspace's file: which there are, what fetches noted about them, and how to drop them."""
