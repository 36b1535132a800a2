"""What is wrong with a mapping, and what happened to a stored one."""
