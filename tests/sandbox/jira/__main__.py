"""Runs the sandbox's Jira until it is interrupted: `python -m tests.sandbox.jira`."""

import argparse
import signal
import threading

from tests.sandbox.jira.server import JiraServer


def main() -> None:
    """Serve, and say where."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1")
    asked = parser.parse_args()
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    signal.signal(signal.SIGINT, lambda *_: over.set())
    with JiraServer(asked.port, host=asked.host) as server:
        print(f"Jira: {server.url}  page: {server.url}/", flush=True)
        over.wait()


if __name__ == "__main__":
    main()
