"""Runs the sandbox's Jira until it is interrupted: `python -m tests.sandbox.jira`."""

import os

from tests.sandbox.jira.server import JiraServer
from tests.sandbox.jira.versions import JIRA_9_12, VERSIONS
from tests.sandbox.serving import serve_until_interrupted

if __name__ == "__main__":
    serve_until_interrupted(
        "Jira",
        JiraServer,
        version={
            "choices": list(VERSIONS),
            "default": os.environ.get("JIRA_VERSION", JIRA_9_12.name),
            "help": "which Jira; also by the environment's JIRA_VERSION",
        },
    )
