"""What a pasted connection string says, as the wizard shows it: read here, connected to nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provision.errors import ConnectionStringError
from provision.tenant.dsn import reading as dsn
from provision.tls import MODE_WORDS

if TYPE_CHECKING:
    from provision.tenant.dsn.reading import Reading
    from provision.tenant.network.policy import NetworkPolicy


@dataclass(frozen=True, slots=True)
class ReadAs:
    """The parts that may be shown; the password is none of them, only whether there is one."""

    user: str
    has_password: bool
    database: str
    host: str
    port: int
    is_usual_port: bool
    """Whether the port was not given, so that the usual one was taken."""
    tls: str
    provider: str
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a text is no connection string (yet), and what to do."""

    detail: str
    remedy: str


def read(text: str, policy: NetworkPolicy) -> ReadAs | Unreadable | None:
    """Read what was pasted so far; None when that is nothing."""
    if not text.strip():
        return None
    try:
        return shown(dsn.admit(dsn.parse(text), policy))
    except ConnectionStringError as error:
        return Unreadable(error.detail, error.remedy)


def shown(reading: Reading) -> ReadAs:
    """Return the parts of a reading, without the password."""
    target = reading.target
    return ReadAs(
        user=target.user,
        has_password=bool(target.password),
        database=target.database,
        host=target.host,
        port=target.port,
        is_usual_port=not reading.explicit_port,
        tls=MODE_WORDS[target.sslmode],
        provider=reading.provider.name if reading.provider else "",
        changes=reading.changes,
    )
