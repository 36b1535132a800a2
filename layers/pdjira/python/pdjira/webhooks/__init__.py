"""A delivery comes in: proven, read and stored."""
