"""What no event has told."""
