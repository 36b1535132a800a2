"""Whether a mapping is right, and how mappings go out and come in."""
