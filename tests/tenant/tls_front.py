"""A front before a PostgreSQL that has no TLS: takes TLS from clients, passes plain text on."""

from __future__ import annotations

import contextlib
import datetime
import socket
import ssl
import threading
from contextlib import contextmanager
from ipaddress import ip_address
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.tenant.faulty_servers import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Authority:
    """A certificate authority of one test."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
        self._certificate = self._sign(self._name, self._key.public_key(), None, is_ca=True)

    @property
    def pem(self) -> str:
        return self._certificate.public_bytes(serialization.Encoding.PEM).decode()

    def context(self, folder: Path, *, names: list[str], expired: bool = False) -> ssl.SSLContext:
        """A server's side of TLS, with a certificate made out to these names or addresses."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.write(folder, names=names, expired=expired))
        return context

    def write(self, folder: Path, *, names: list[str], expired: bool = False) -> Path:
        """The key and the certificate of a server with these names, in one file."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        certificate = self._sign(subject, key.public_key(), names, is_ca=False, expired=expired)
        path = folder / "server.pem"
        path.write_bytes(_private(key) + certificate.public_bytes(serialization.Encoding.PEM))
        return path

    def write_own(self, folder: Path) -> Path:
        """The authority's own key and certificate, which it signed itself."""
        path = folder / "own.pem"
        path.write_bytes(_private(self._key) + self.pem.encode())
        return path

    def _sign(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePublicKey,
        names: list[str] | None,
        *,
        is_ca: bool,
        expired: bool = False,
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        day = datetime.timedelta(days=1)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 10 * day)
            .not_valid_after(now - day if expired else now + day)
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        )
        if names:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([_general_name(each) for each in names]),
                critical=False,
            )
        return builder.sign(self._key, hashes.SHA256())


@contextmanager
def tls_front(server_port: int, context: ssl.SSLContext) -> Iterator[int]:
    """Yield the port of a front that speaks TLS and passes on to `server_port`."""

    def talk(client: socket.socket) -> None:
        client.recv(8)
        client.sendall(b"S")
        try:
            wrapped = context.wrap_socket(client, server_side=True)
        except (ssl.SSLError, OSError):
            return
        with wrapped, socket.create_connection(("127.0.0.1", server_port)) as server:
            back = threading.Thread(target=_pipe, args=(server, wrapped), daemon=True)
            back.start()
            _pipe(wrapped, server)
            back.join(5)

    with serving(talk) as port:
        yield port


def _pipe(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            sink.sendall(piece)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
