"""An incident gets its issue, exactly one."""
