"""Judges mappings, asked by a person or when a stored one changes."""
