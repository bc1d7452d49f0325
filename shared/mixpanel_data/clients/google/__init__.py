"""The small clients of Google Cloud."""
