"""One incident and its issues, brought together."""
