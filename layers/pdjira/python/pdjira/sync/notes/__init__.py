"""Notes become comments, and comments notes."""
