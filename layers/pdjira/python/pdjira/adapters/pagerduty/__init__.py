"""PagerDuty, by its REST API."""
