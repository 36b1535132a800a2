"""Whether everything works, and where it does not, what to do."""
