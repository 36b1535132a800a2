"""The issue of a link: how it is read, and whether it is still there."""
