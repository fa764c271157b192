"""Tell libpq every keyword for one tenant's connection, so that nothing else fills a gap.

libpq takes what it is not told from `PG*` variables, from password and service files and from
`~/.postgresql`. A connection to a stranger's server must not depend on the account we run as, nor
show that server what belongs to it.
"""

from __future__ import annotations

import ssl
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import certifi
from psycopg import pq

from provision.tls import VERIFYING, raised

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.tenant.host.target import Target

# No file can ever be here, since /dev/null is not a directory. An empty value would mean the one in
# the home directory.
NOWHERE: Final = "/dev/null/none"

_RDS_ROOTS: Final = Path(__file__).parent / "roots" / "aws-rds.pem"


def version() -> int:
    """Return the version of the libpq in use, as it counts itself: 180006 is 18.6."""
    return pq.version()


@contextmanager
def certificate_file(target: Target) -> Iterator[str]:
    """Yield the path of the roots that libpq is told, for as long as it connects.

    Only the verifying modes get a file: with one, `require` would silently become `verify-ca`.
    """
    if target.sslmode not in VERIFYING:
        yield NOWHERE
    elif target.ca_certificate is None:
        yield roots_for(target.host)
    else:
        with tempfile.NamedTemporaryFile("w", prefix="provision-ca-", suffix=".pem") as file:
            file.write(target.ca_certificate)
            file.flush()
            yield file.name


def roots_for(host: str) -> str:
    """Return the roots of RDS for its servers, which AWS signs itself, else this machine's.

    RDS' proxies have public certificates.
    """
    name = host.lower().removesuffix(".")
    if name.endswith((".rds.amazonaws.com", ".rds.amazonaws.com.cn")) and ".proxy-" not in name:
        return str(_RDS_ROOTS)
    return ssl.get_default_verify_paths().cafile or certifi.where()


def keywords(
    target: Target,
    *,
    address: str,
    certificate: str,
    plain_text: bool,
    connect_timeout_s: float,
) -> dict[str, str]:
    """Return all keywords and values for one attempt at one judged address.

    `plain_text`: whether a connection without TLS may be made there at all; where it may not,
    every mode that would settle for one becomes `require`.
    """
    given = {
        "host": target.host,
        "hostaddr": address,
        "port": str(target.port),
        "user": target.user,
        "password": "" if target.client_key else target.password,
        "passfile": NOWHERE,
        "dbname": target.database,
        "connect_timeout": str(max(2, round(connect_timeout_s))),
        "application_name": "provision",
        "client_encoding": "UTF8",
        "options": f"endpoint={target.endpoint}" if target.endpoint else "",
        "require_auth": _methods(target),
        "channel_binding": target.channel_binding or "prefer",
        "target_session_attrs": "any",
        "load_balance_hosts": "disable",
        # Longer than an idle connection lives: no packet ever wakes a sleeping server.
        "keepalives": "1",
        "keepalives_idle": "120",
        "tcp_user_timeout": "10000",
        "sslmode": raised(target.sslmode, plain_text=plain_text),
        "sslnegotiation": "postgres",
        "sslrootcert": certificate,
        "sslcompression": "0",
        "sslcertmode": "disable",
        "sslcert": "",
        "sslkey": "",
        "sslcrl": NOWHERE,
        "sslcrldir": "",
        "sslsni": "1",
        "ssl_min_protocol_version": "TLSv1.2",
        "ssl_max_protocol_version": "",
        "min_protocol_version": "3.0",
        "max_protocol_version": "3.0",
        "requirepeer": "",
        "gssencmode": "disable",
        "krbsrvname": "postgres",
        "gsslib": "",
        "gssdelegation": "0",
    }
    if target.client_key and target.server_key:
        # With these libpq computes nothing for the server, however many rounds it asks for.
        given |= {"scram_client_key": target.client_key, "scram_server_key": target.server_key}
    known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()}
    return {keyword: value for keyword, value in given.items() if keyword in known}


def _methods(target: Target) -> str:
    """Return how the server may ask for the password: as at the first contact, if there was one."""
    if target.is_md5:
        return "md5"
    both = target.allow_md5 and target.client_key is None
    return "scram-sha-256,md5" if both else "scram-sha-256"
