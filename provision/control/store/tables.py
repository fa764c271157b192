"""The control store's tables; `migrations_control` makes the same ones, held equal by a test.

Types both backends share: ids are text UUIDs, times whole unix seconds, JSON is text. Text that
others choose has no length here, because PostgreSQL would answer a longer one with an error.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

ID_CHARACTERS: Final = 36
_DIGEST_CHARACTERS: Final = 64  # SHA-256 in hex

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _of_a_user() -> Column[str]:
    """Return the column of the person whose row it is; the row is deleted with the account."""
    return Column(
        "user_id",
        String(ID_CHARACTERS),
        ForeignKey("users.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    )


# Facts about this installation: the salt, which sealed value checks the key, and the like.
installation = Table(
    "installation",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

# Purpose and owner are kept so that every value can be sealed again under another key.
sealed = Table(
    "sealed",
    metadata,
    Column("id", String(ID_CHARACTERS), primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("value", LargeBinary, nullable=False),
    Column("sealed_at", BigInteger, nullable=False),
)

users = Table(
    "users",
    metadata,
    Column("id", String(ID_CHARACTERS), primary_key=True),
    Column("email", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("is_enabled", Boolean, nullable=False),
    Column("totp_secret_id", String(ID_CHARACTERS), ForeignKey("sealed.id")),
    Column("setup_step", String(20), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    # The newest time step a code was accepted for; only later ones are (RFC 6238, 5.2).
    Column("totp_last_step", BigInteger),
    Column("password_changed_at", BigInteger),
    # See `accounts/formats`. No time zone: the server's own.
    Column("time_zone", String(64)),
    Column("week_start", String(64), nullable=False, server_default="monday"),
    Column("date_format", String(64), nullable=False, server_default="day_month"),
    Column("number_format", String(64), nullable=False, server_default="comma_point"),
)

# A secret whose first code has not been seen yet: no second factor until then.
two_factor_setups = Table(
    "two_factor_setups",
    metadata,
    Column(
        "user_id",
        String(ID_CHARACTERS),
        ForeignKey("users.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("sealed_id", String(ID_CHARACTERS), ForeignKey("sealed.id"), nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("id", String(ID_CHARACTERS), primary_key=True),
    _of_a_user(),
    Column("code_hash", String(_DIGEST_CHARACTERS), nullable=False),
    Column("used_at", BigInteger),
)

# Password given, second factor still to come; known to one browser by the value hashed here.
half_sign_ins = Table(
    "half_sign_ins",
    metadata,
    Column("id_hash", String(_DIGEST_CHARACTERS), primary_key=True),
    _of_a_user(),
    Column("failures", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

# The operator's one-time links to choose a new password.
password_resets = Table(
    "password_resets",
    metadata,
    Column("id_hash", String(_DIGEST_CHARACTERS), primary_key=True),
    _of_a_user(),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id_hash", String(_DIGEST_CHARACTERS), primary_key=True),
    _of_a_user(),
    Column("address", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("idle_s", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("last_seen_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", String(ID_CHARACTERS), primary_key=True),
    _of_a_user(),
    Column("name", Text, nullable=False),
    Column("secret_hash", String(_DIGEST_CHARACTERS), nullable=False, unique=True),
    Column("read_only", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("last_used_at", BigInteger),
    # The one workspace that it reaches; none means all that its person may enter.
    Column("workspace_id", String(ID_CHARACTERS)),
)

connections = Table(
    "connections",
    metadata,
    Column("id", String(ID_CHARACTERS), primary_key=True),
    _of_a_user(),
    Column("name", Text, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("host", Text, nullable=False),
    Column("port", Integer, nullable=False),
    Column("database", Text, nullable=False),
    Column("username", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("tls", String(20), nullable=False),
    Column("owner_id", String(ID_CHARACTERS), nullable=False, index=True),
    Column("server_version", Text, nullable=False),
    Column("schema_version", Integer),
    Column("verified_at", BigInteger),
    Column("is_active", Boolean, nullable=False),
    Column("sealed_id", String(ID_CHARACTERS), ForeignKey("sealed.id"), nullable=False),
    Column("created_at", BigInteger, nullable=False),
)
Index(
    "uq_connections_active",
    connections.c.owner_id,
    unique=True,
    sqlite_where=text("is_active = 1"),
    postgresql_where=text("is_active"),
)

# Who may enter the workspace of that `owner_id`, and as what: see `workspaces/roles`.
memberships = Table(
    "memberships",
    metadata,
    Column("id", String(ID_CHARACTERS), primary_key=True),
    Column(
        "user_id",
        String(ID_CHARACTERS),
        ForeignKey("users.id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("workspace_id", String(ID_CHARACTERS), nullable=False, index=True),
    Column("role", String(20), nullable=False),
    Column("joined_at", BigInteger, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    UniqueConstraint("user_id", "workspace_id"),
)

# What calls with an `Idempotency-Key` stand for, for a day. The answer is kept once there is one.
idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("key_hash", String(_DIGEST_CHARACTERS), primary_key=True),
    Column(
        "user_id",
        String(ID_CHARACTERS),
        ForeignKey("users.id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("request_hash", String(_DIGEST_CHARACTERS), nullable=False),
    Column("row_id", String(ID_CHARACTERS), nullable=False),
    Column("sealed_id", String(ID_CHARACTERS), ForeignKey("sealed.id")),
    Column("answer_bytes", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False, index=True),
    # Both, so that what a person holds is counted from the index alone.
    Index("ix_idempotency_keys_user_id_answer_bytes", "user_id", "answer_bytes"),
)

# See `import_words`: one row a person, the words as JSON.
import_words = Table(
    "import_words",
    metadata,
    Column(
        "user_id",
        String(ID_CHARACTERS),
        ForeignKey("users.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("words", Text, nullable=False),
)

# Places taken in the budgets of `attempts`, each gone by itself after a while.
attempts = Table(
    "attempts",
    metadata,
    Column("id", String(ID_CHARACTERS), primary_key=True),
    Column("budget", String(_DIGEST_CHARACTERS), nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Index("ix_attempts_budget_expires_at", "budget", "expires_at"),
)

# No foreign key: the line stays when the account is deleted.
audit_events = Table(
    "audit_events",
    metadata,
    # SQLite numbers rows by itself only where the type is exactly INTEGER.
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("at", BigInteger, nullable=False, index=True),
    Column("event", String(40), nullable=False),
    Column("user_id", String(ID_CHARACTERS)),
    Column("address", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index("ix_audit_events_user_id_at", "user_id", "at"),
)
