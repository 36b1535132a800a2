"""The worker: an incident and its issues are brought together, step by step."""
