"""Keeps a PagerDuty incident and its Jira issue one thing, seen from two sides."""
