"""Runs the real HAProxy with the configuration of docs/gateway before a Jira."""

import os
import re
import socket
import subprocess
import threading
import time
from collections import abc
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from tests.gateway.packages import haproxy
from tests.sandbox import tools
from tests.sandbox.serving import Closing

FOLDER = tools.ROOT / "docs" / "gateway"
PATIENCE_SECONDS = 30.0
_GONE = "Former worker"
_AS_ROOT = r"^ *(?:user|group|chroot) .*\n"


def a_site(**values: str | None) -> str:
    """The example of site.cfg with other values, e.g. `token`; None takes a setting out.

    The three lines that only root can obey are left out.
    """
    text = re.sub(_AS_ROOT, "", (FOLDER / "site.cfg").read_text("utf-8"), flags=re.MULTILINE)
    for name, value in values.items():
        variable = f"PDJIRA_{name.upper()}"
        lines = re.findall(rf'^ *(?:# )?setenv {variable} ".*"$', text, flags=re.MULTILINE)
        assert len(lines) == 1, variable
        text = text.replace(lines[0], "" if value is None else f'setenv {variable} "{value}"')
    return text


def the_gateway(**changes: str) -> str:
    """The text of haproxy.cfg, with single pieces replaced: old text to new text."""
    return _replaced((FOLDER / "haproxy.cfg").read_text("utf-8"), changes)


def _replaced(text: str, changes: abc.Mapping[str, str]) -> str:
    for old, new in changes.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def check(folder: Path, site: str, gateway: str | None = None) -> tuple[int, str]:
    """What `haproxy -c` says, with warnings as errors: exit status and text."""
    files = _written(folder, site, the_gateway() if gateway is None else gateway)
    program = haproxy()
    answer = subprocess.run(
        [program.path, "-c", "-dW", *files],
        env=_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        text=True,
    )
    return answer.returncode, answer.stdout


class Gateway(Closing):
    """HAProxy with master and worker, as systemd starts it, on a free port of loopback.

    `lines` is all that it wrote so far. The listening socket is handed over open, so that there
    is no moment in which nobody listens.
    """

    def __init__(self, folder: Path, site: str, gateway: str | None = None) -> None:
        self.lines: list[str] = []
        self._heard = threading.Condition()
        self._folder = folder
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.url = f"https://127.0.0.1:{self.port}"
        files = self._write(site, gateway)
        self._process = subprocess.Popen(
            [haproxy().path, "-W", "-dW", "-S", str(folder / "master"), *files],
            env=_environment(),
            pass_fds=[self._socket.fileno()],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._listen, name="haproxy", daemon=True)
        self._reader.start()
        try:
            self._await_master()
        except AssertionError:
            self.close()
            raise

    def reload(self, site: str) -> bool:
        """Read the files again, as `systemctl reload` does; whether they could be read.

        Returns when the old worker is gone, so with no request open.
        """
        self._write(site, None)
        gone = self.count(_GONE)
        succeeded = "Success=1" in self._tell_master("reload")
        if succeeded:
            self.wait_for(_GONE, gone + 1)
        return succeeded

    def count(self, text: str) -> int:
        """How many lines hold the text."""
        with self._heard:
            return sum(text in line for line in self.lines)

    def wait_for(self, text: str, times: int) -> None:
        """Return when so many lines hold the text."""
        with self._heard:
            done = self._heard.wait_for(
                lambda: sum(text in line for line in self.lines) >= times or self._is_over(),
                timeout=PATIENCE_SECONDS,
            )
            assert done, self.lines
            assert sum(text in line for line in self.lines) >= times, self.lines

    def close(self) -> None:
        """End it at once; `lines` is complete then."""
        self._process.terminate()
        self._process.wait(PATIENCE_SECONDS)
        self._reader.join(PATIENCE_SECONDS)
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def _write(self, site: str, gateway: str | None) -> Sequence[str]:
        listen = re.sub(r'(setenv PDJIRA_LISTEN) ".*"', rf'\1 "fd@{self._socket.fileno()}"', site)
        return _written(self._folder, listen, the_gateway() if gateway is None else gateway)

    def _await_master(self) -> None:
        """When the worker runs, the master starts itself anew, and is deaf until it has."""
        ends_at = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < ends_at and not self._is_over():
            with suppress(OSError):
                if "master" in self._tell_master("show proc"):
                    return
        raise AssertionError(self.lines)

    def _tell_master(self, command: str) -> str:
        with socket.socket(socket.AF_UNIX) as master:
            master.settimeout(PATIENCE_SECONDS)
            master.connect(str(self._folder / "master"))
            master.sendall(f"{command}\n".encode())
            answer = b""
            while not answer.endswith(b"\n\n") and (part := master.recv(65_536)):
                answer += part
        return answer.decode()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._heard:
                self.lines.append(line.rstrip("\n"))
                self._heard.notify_all()
        with self._heard:
            self._heard.notify_all()

    def _is_over(self) -> bool:
        return self._process.poll() is not None


def _written(folder: Path, site: str, gateway: str) -> Sequence[str]:
    for name, text in (("site.cfg", site), ("haproxy.cfg", gateway)):
        (folder / name).write_text(text, encoding="utf-8")
    return ("-f", str(folder / "site.cfg"), "-f", str(folder / "haproxy.cfg"))


def _environment() -> abc.Mapping[str, str]:
    return {"PATH": os.defpath, **haproxy().environment}
