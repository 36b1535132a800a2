"""What the use cases need of the world; each promise stands here, once."""
