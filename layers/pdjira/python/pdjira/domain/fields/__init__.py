"""Fields of issues and incidents: the values of each kind, and the rules that fill them."""
