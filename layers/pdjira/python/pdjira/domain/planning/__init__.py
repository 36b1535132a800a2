"""The planner: from what is known of an incident and its issue to the one next action."""
