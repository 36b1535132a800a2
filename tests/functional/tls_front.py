"""A front before a server on loopback: it ends TLS with whatever certificate it is given."""

import datetime as dt
import socket
import ssl
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_CHUNK = 65_536


class TlsFront:
    """Passes what comes by TLS on to a port on loopback; `port` is its own."""

    def __init__(self, behind: int) -> None:
        self._behind = behind
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.port: int = self._listening.getsockname()[1]
        Thread(target=self._serve, daemon=True).start()

    def show(self, certificate: trustme.LeafCert) -> None:
        """Show this certificate from now on."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        self._context = context

    def show_self_signed(self, host: str) -> str:
        """Show a certificate from now on that nobody else has signed; answers it."""
        certificate, key = _self_signed(host)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with TemporaryDirectory() as folder:
            file = Path(folder, "both.pem")
            file.write_bytes(key + certificate)
            context.load_cert_chain(file)
        self._context = context
        return certificate.decode()

    def close(self) -> None:
        """Listen no longer."""
        self._listening.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                bare, _ = self._listening.accept()
                Thread(target=self._pass_on, args=(bare,), daemon=True).start()

    def _pass_on(self, bare: socket.socket) -> None:
        with (
            suppress(OSError),
            bare,
            self._context.wrap_socket(bare, server_side=True) as here,
            socket.create_connection(("127.0.0.1", self._behind)) as there,
        ):
            back = Thread(target=_pump, args=(there, here), daemon=True)
            back.start()
            _pump(here, there)
            back.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(_CHUNK):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


def _self_signed(host: str) -> tuple[bytes, bytes]:
    """A certificate and its key, as PEM."""
    key, name = ec.generate_private_key(ec.SECP256R1()), _named(host)
    named: x509.GeneralName = x509.DNSName(host)
    with suppress(ValueError):
        named = x509.IPAddress(ip_address(host))
    begins = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + dt.timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([named]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    return (
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(serialization.Encoding.PEM, form, plain),
    )


def _named(host: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
