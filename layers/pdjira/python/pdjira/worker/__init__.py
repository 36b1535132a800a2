"""One message of the queue, from its delivery to its end."""
