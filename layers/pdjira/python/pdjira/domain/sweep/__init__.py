"""What a sweep sees of both sides, and what it makes of that."""
