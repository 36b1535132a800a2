"""Why nothing happened for an incident or an issue, for every mapping."""
