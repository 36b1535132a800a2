"""What no event has reported: both sides are compared."""
