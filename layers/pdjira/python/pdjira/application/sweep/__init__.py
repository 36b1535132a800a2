"""The sweep: what no event has told is found and handed to the worker."""
