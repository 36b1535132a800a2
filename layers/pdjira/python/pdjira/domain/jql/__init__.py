"""JQL: how it is read, written and judged, and which of its matches open incidents."""
