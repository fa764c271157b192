"""Hold where one tenant's PostgreSQL is and how to log in: what a connection string comes to.

`dsn.reading` makes it, `connection.connect` uses it, and between the two it travels sealed as the
text of `to_secret`. No printed form of it shows the password.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

from sqlalchemy import URL

# What `changes_salt` is called in what earlier versions sealed.
_FORMER_NAME: Final = "is_unsteady"


@dataclass(frozen=True, slots=True)
class Target:
    """One server, one database, one login; every part already judged by `dsn.parse`."""

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)
    sslmode: str
    """A libpq mode, never lowered: prefer, require, verify-ca, verify-full, or disable."""
    channel_binding: str | None = None
    endpoint: str | None = None
    """Neon's endpoint id, sent as `options=endpoint=…` for servers that cannot read it off SNI."""
    ca_certificate: str | None = field(default=None, repr=False)
    """PEM text a person pasted; None means the roots of this machine."""
    allow_md5: bool = False
    client_key: str | None = field(default=None, repr=False)
    """SCRAM keys that the first contact led to, in base64: they stand in for the password."""
    server_key: str | None = field(default=None, repr=False)
    is_md5: bool = False
    """Whether the first contact found a server that asks for md5, which must be allowed then."""
    changes_salt: bool = False
    """Whether it found one, mostly a pooler, that makes up another salt for each log-in."""
    versions_by_hash: bool = False
    """Whether the server has no transaction numbers (`xmin`) to tell a row's versions apart by."""
    built_in: bool = False
    """Whether it is our own built-in server, which the network policy does not apply to."""

    def __str__(self) -> str:
        return self.url.render_as_string(hide_password=True)

    @property
    def had_contact(self) -> bool:
        """Return whether a first contact told how to log in (see `first_contact`)."""
        return self.client_key is not None or self.is_md5 or self.changes_salt

    def before_contact(self) -> Target:
        """Return the same as it was before its first contact."""
        return replace(self, client_key=None, server_key=None, is_md5=False, changes_salt=False)

    @property
    def url(self) -> URL:
        """Return the same as a SQLAlchemy URL, which masks its password when printed."""
        return URL.create(
            "postgresql+psycopg",
            username=self.user,
            password=self.password,
            host=self.host,
            port=self.port,
            database=self.database,
            query={"sslmode": self.sslmode},
        )

    def to_secret(self) -> str:
        """Return all of it, password included, as JSON to be sealed; defaults are left out."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return json.dumps(
            {
                name: value
                for name, value in values.items()
                if value is not None and value is not False
            }
        )

    @classmethod
    def from_secret(cls, text: str) -> Target:
        """Read what `to_secret` wrote. Raises ValueError, quoting nothing, for other text."""
        with contextlib.suppress(TypeError, ValueError):
            values: dict[str, Any] = json.loads(text)
            if _FORMER_NAME in values:
                values["changes_salt"] = values.pop(_FORMER_NAME)
            return cls(**values)
        raise ValueError("not a sealed target")
