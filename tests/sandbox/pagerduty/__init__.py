"""The sandbox's PagerDuty: behaviour in memory, webhooks, REST, a page, and a control interface."""
