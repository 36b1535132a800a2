"""Runs the sandbox's Jira until it is interrupted: `python -m tests.sandbox.jira`."""

from tests.sandbox.jira.server import JiraServer
from tests.sandbox.serving import serve_until_interrupted

if __name__ == "__main__":
    serve_until_interrupted("Jira", JiraServer)
