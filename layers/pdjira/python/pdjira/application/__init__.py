"""The use cases, over ports that they own."""
