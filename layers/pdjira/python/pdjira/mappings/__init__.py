"""Whether a mapping is right; mappings are exported and imported."""
