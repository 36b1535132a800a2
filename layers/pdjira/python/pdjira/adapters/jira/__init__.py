"""Jira Server and Data Center, by REST."""
