"""MiniStack, the local AWS, as a process of ours: on loopback, IAM enforced, clean afterwards."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Self

import requests

from tests.sandbox.serving import Closing
from tests.sandbox.tools import ministack_executable

_READY_SECONDS = 60
_GRACE_SECONDS = 3
"""It waits for whoever waits for a queue; nothing of it is kept, so nobody has to wait for it."""
_STOP_SECONDS = 15


class MiniStack(Closing):
    """A context manager around one MiniStack process; `folder` takes its log and its files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "ministack.log"
        self.port = 0
        self._temporary = folder / "tmp"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._temporary.mkdir(parents=True, exist_ok=True)
        self.port = _free_port()
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [ministack_executable()],
                env=self._environment(),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._wait_until_ready(self._process)
        except BaseException:
            self.close()
            raise
        return self

    def close(self) -> None:
        """Stop the process that was started here, and delete its temporary files."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE_SECONDS)
            # Its own session: whatever of it is left, workers included, belongs to us.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(_STOP_SECONDS)
        shutil.rmtree(self._temporary, ignore_errors=True)

    def kill(self, function: str) -> int:
        """Kill what runs a function, by its name, in mid-call or not; how many processes it was.

        They are of the session that was started here. Needs /proc.
        """
        assert self._process
        name = f"AWS_LAMBDA_FUNCTION_NAME={function}".encode()
        killed = 0
        for pid in _session(self._process.pid):
            with suppress(FileNotFoundError, ProcessLookupError):
                if name in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                    os.kill(pid, signal.SIGKILL)
                    killed += 1
        return killed

    def _environment(self) -> dict[str, str]:
        # Functions inherit all of it, so nothing of the person's own environment is in here.
        return {
            "PATH": os.pathsep.join([str(ministack_executable().parent), os.defpath]),
            "HOME": str(self._temporary),
            "TMPDIR": str(self._temporary),
            "LANG": "C.UTF-8",
            "GATEWAY_PORT": str(self.port),
            "BIND_HOST": "127.0.0.1",
            "AUTH": "true",
        }

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                break
            if self._is_ready():
                return
            time.sleep(0.1)
        raise RuntimeError(f"MiniStack did not start. Its log: {self.log}")

    def _is_ready(self) -> bool:
        with requests.Session() as session, suppress(requests.RequestException):
            session.trust_env = False
            return session.get(f"{self.endpoint}/_ministack/ready", timeout=2).ok
        return False


def _session(leader: int) -> Iterator[int]:
    """The processes of a session, but its leader."""
    for entry in Path("/proc").glob("[0-9]*"):
        pid = int(entry.name)
        with suppress(ProcessLookupError):
            if pid != leader and os.getsid(pid) == leader:
                yield pid


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
