"""The answer to a definition: its parts, and the frame around them."""
