"""Assignees and watchers follow the incident."""
