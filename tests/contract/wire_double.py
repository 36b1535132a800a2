"""A server on a raw socket that plays a script: what no well-behaved server would do."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import trustme

from pdjira.adapters.http.messages import Site
from pdjira.adapters.http.transport import CallLimits, OwnError, Transport

LIMITS = CallLimits(connect=2, read=2, total=3)

Play = Callable[[socket.socket], None]


@dataclass(kw_only=True)
class Stage:
    """Where the server listens, and the requests that reached it, one string each."""

    port: int
    requests: list[str] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextlib.contextmanager
def serving(*plays: Play, tls: ssl.SSLContext | None = None) -> Iterator[Stage]:
    """Listen on loopback; each request is answered by the next play, the last one for ever."""
    listener = socket.create_server(("127.0.0.1", 0))
    stage = Stage(port=listener.getsockname()[1])
    script = list(plays)
    open_now: list[socket.socket] = []

    def converse(connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            while request := read_request(connection):
                stage.requests.append(request)
                play = script.pop(0) if len(script) > 1 else script[0]
                play(connection)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                stage.connections += 1
                open_now.append(connection)
                threading.Thread(target=greet, args=(connection,), daemon=True).start()

    def greet(connection: socket.socket) -> None:
        if tls is None:
            converse(connection)
            return
        with contextlib.suppress(OSError), connection:
            converse(tls.wrap_socket(connection, server_side=True))

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield stage
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for connection in open_now:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def read_request(connection: socket.socket) -> str:
    """One request with its body; empty at the end of the connection."""
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            return ""
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    wanted = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            wanted = int(line.split(b":")[1])
    while len(body) < wanted:
        body += connection.recv(65536)
    return (head + b"\r\n\r\n" + body).decode()


def answer(status: int = 200, body: str | bytes = "{}", **headers: str) -> Play:
    """A well-formed answer; underscores in names of headers stand for hyphens."""
    payload = body if isinstance(body, bytes) else body.encode()
    named = {"Content-Type": "application/json", "Content-Length": str(len(payload))}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"HTTP/1.1 {status} Status", *(f"{name}: {value}" for name, value in named.items())]
    return raw("\r\n".join(lines).encode() + b"\r\n\r\n" + payload)


def raw(data: bytes) -> Play:
    """Exactly these bytes."""
    return lambda connection: connection.sendall(data)


def cut(data: bytes = b"") -> Play:
    """These bytes, then the end of the connection."""

    def play(connection: socket.socket) -> None:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_RDWR)

    return play


def drip(data: bytes, *, every: float) -> Play:
    """A byte now and then, for as long as somebody listens."""

    def play(connection: socket.socket) -> None:
        pause = threading.Event()
        for byte in data:
            connection.sendall(bytes([byte]))
            pause.wait(every)

    return play


def silence(connection: socket.socket) -> None:
    """Nothing, until the other side gives up."""
    connection.settimeout(30)
    connection.recv(1)


def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def resolved(address: str, port: int) -> tuple[Any, ...]:
    """An address as `socket.getaddrinfo` tells it."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return (family, socket.SOCK_STREAM, 6, "", (address, port))


def server_tls(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def pem(authority: trustme.CA) -> str:
    return authority.cert_pem.bytes().decode()


def open_transport(site: Site, *, own_error: OwnError) -> Transport:
    """A transport that gives up soon."""
    return Transport(site, own_error=own_error, limits=LIMITS)
