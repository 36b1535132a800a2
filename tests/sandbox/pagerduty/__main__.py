"""Runs the sandbox's PagerDuty until it is interrupted: `python -m tests.sandbox.pagerduty`."""

from tests.sandbox.pagerduty.server import PagerDutyServer
from tests.sandbox.serving import serve_until_interrupted

if __name__ == "__main__":
    serve_until_interrupted("PagerDuty", PagerDutyServer)
