"""Sessions, and the paths that users take."""
