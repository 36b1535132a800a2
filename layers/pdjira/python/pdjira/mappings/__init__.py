"""Whether a mapping is right."""
