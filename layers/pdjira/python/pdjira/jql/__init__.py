"""Issues that match a JQL open incidents."""
