"""A Jira in one process: what is known of the real one, without the real one."""
