"""The poll: issues that match a JQL open incidents, within limits."""
