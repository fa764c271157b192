"""Tell who hosts a PostgreSQL by its host name, and describe the hosts on the wizard's cards.

Prices are what published sources, the providers' own pages first, said in the month given with
them. They change: each card points to its provider, where the price of today stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Provider:
    """Whoever runs the server; `key` is stable and stored with a connection."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class ProviderCard:
    """One choice in the wizard's first step: what it is, costs, and where its string is found."""

    key: str
    name: str
    tagline: str
    recommended: bool
    steps: tuple[str, ...]
    """How to get there from nothing."""
    string_found: tuple[str, ...]
    """Where the console shows the connection string, click by click."""
    examples: tuple[str, ...]
    free: str
    paid: str
    checked: str
    """The month the prices were checked, or empty where there are none."""
    backups: str
    notes: tuple[str, ...]
    console: str | None
    demo_only: bool = False


NEON: Final = Provider("neon", "Neon")
SUPABASE: Final = Provider("supabase", "Supabase")
RAILWAY: Final = Provider("railway", "Railway")
RENDER: Final = Provider("render", "Render")
AWS_RDS: Final = Provider("aws-rds", "AWS RDS")

_SUPABASE_TRANSACTION_PORT: Final = 6543

_SUFFIXES: Final = (
    ("neon.tech", NEON),
    ("neon.build", NEON),
    ("supabase.co", SUPABASE),
    ("supabase.com", SUPABASE),
    ("supabase.net", SUPABASE),
    ("rlwy.net", RAILWAY),
    ("railway.app", RAILWAY),
    ("railway.internal", RAILWAY),
    ("render.com", RENDER),
    ("rds.amazonaws.com", AWS_RDS),
    ("rds.amazonaws.com.cn", AWS_RDS),
    ("postgres.database.azure.com", Provider("azure", "Azure Database for PostgreSQL")),
    ("aivencloud.com", Provider("aiven", "Aiven")),
    ("db.ondigitalocean.com", Provider("digitalocean", "DigitalOcean")),
    ("sql.goog", Provider("cloud-sql", "Google Cloud SQL")),
    ("db.postgresbridge.com", Provider("crunchy", "Crunchy Bridge")),
    ("compute.amazonaws.com", Provider("aws-ec2", "a server on AWS")),
    ("compute-1.amazonaws.com", Provider("aws-ec2", "a server on AWS")),
    ("elephantsql.com", Provider("elephantsql", "ElephantSQL")),
    ("tsdb.cloud.timescale.com", Provider("timescale", "Tiger Cloud (Timescale)")),
    ("cockroachlabs.cloud", Provider("cockroach", "CockroachDB Cloud")),
    ("yugabyte.cloud", Provider("yugabyte", "YugabyteDB")),
    ("postgres.vercel-storage.com", Provider("vercel", "Vercel Postgres")),
    ("db.prisma.io", Provider("prisma", "Prisma Postgres")),
    ("psdb.cloud", Provider("planetscale", "PlanetScale")),
    ("scw.cloud", Provider("scaleway", "Scaleway")),
    ("postgresql.ovh.net", Provider("ovh", "OVHcloud")),
    ("database.cloud.ovh.net", Provider("ovh", "OVHcloud")),
    ("postgresql.clever-cloud.com", Provider("clever-cloud", "Clever Cloud")),
    ("databases.appdomain.cloud", Provider("ibm", "IBM Cloud")),
    ("nhost.run", Provider("nhost", "Nhost")),
    ("xata.sh", Provider("xata", "Xata")),
    ("koyeb.app", Provider("koyeb", "Koyeb")),
    ("flympg.net", Provider("fly", "Fly.io")),
    ("fly.dev", Provider("fly", "Fly.io")),
)


def recognise(host: str) -> Provider | None:
    """Name the provider that a host name gives away; None for any other host."""
    name = host.lower().removesuffix(".")
    for suffix, provider in _SUFFIXES:
        if name == suffix or name.endswith("." + suffix):
            return provider
    # Render's internal host is a bare id, of use only inside Render.
    if name.startswith("dpg-") and "." not in name:
        return RENDER
    return None


def is_supabase_direct(host: str) -> bool:
    """Return whether it is a Supabase project's own host, by default reached over IPv6 only."""
    name = host.lower()
    return name.startswith("db.") and name.endswith((".supabase.co", ".supabase.com"))


def place_words(host: str, port: int) -> str:
    """Name the provider and which of its ways in this is; empty for a host of nobody's."""
    provider = recognise(host)
    if provider is None:
        return ""
    way = ""
    if provider is NEON:
        way = "pooled host" if "-pooler." in host.lower() else "direct host"
    elif provider is SUPABASE:
        way = "direct host, IPv6 only by default"
        if not is_supabase_direct(host):
            way = "transaction pooler" if port == _SUPABASE_TRANSACTION_PORT else "session pooler"
    elif provider is RAILWAY:
        way = "internal host" if host.lower().endswith(".internal") else "public host"
    elif provider is RENDER:
        way = "external host" if "." in host else "internal host"
    return f"{provider.name}, {way}" if way else provider.name


CARDS: Final = (
    ProviderCard(
        key="neon",
        name="Neon",
        tagline="Free plan, sleeps when idle",
        recommended=True,
        steps=(
            "Sign up at console.neon.tech; no payment card is asked for.",
            "Make a project in the region nearest to your team.",
            "Copy its connection string and paste it in the next step.",
        ),
        string_found=(
            "Open console.neon.tech and pick your project.",
            "Press Connect at the top of the project's dashboard.",
            "Leave Connection pooling on, press Show password, then Copy snippet.",
        ),
        examples=(
            "postgresql://neondb_owner:…@ep-….aws.neon.tech/neondb?sslmode=require",
            "psql 'postgresql://…?sslmode=require&channel_binding=require'",
        ),
        free="$0: 0.5 GB a project",
        paid="Launch: pay for use, $0.106 per compute unit and hour, $0.35 per GB and month",
        checked="May 2026",
        backups="Neon keeps the history of changes: 6 hours on the free plan, up to 7 days on "
        "Launch. Keep a copy of your own for longer.",
        notes=(
            "Sleeps after five idle minutes; the first request then takes about a second more.",
        ),
        console="https://console.neon.tech",
    ),
    ProviderCard(
        key="supabase",
        name="Supabase",
        tagline="Take the session pooler",
        recommended=False,
        steps=(
            "Sign up at supabase.com and make a project; note the database password you choose.",
            "Wait until the project is ready, which takes a minute or two.",
            "Copy the session pooler's string and put your password in.",
        ),
        string_found=(
            "Open your project and press Connect at the top of the page.",
            "Choose the session pooler: its host ends in pooler.supabase.com, its port is 5432.",
            (
                "Replace [YOUR-PASSWORD] by the database password of your project. "
                "A lost one is reset in the project's database settings."
            ),
        ),
        examples=("postgresql://postgres.abcdefgh:…@aws-0-….pooler.supabase.com:5432/postgres",),
        free="$0: 500 MB; a project is paused after a week without use",
        paid="Pro: from $25 a month, 8 GB included",
        checked="May 2026",
        backups="Supabase, daily: the last 7 days can be had on Pro. On the free plan make your "
        "own with its command-line tool or pg_dump.",
        notes=(
            (
                "The direct host (db.….supabase.co) answers over IPv6 only unless the IPv4 add-on "
                "is bought; the session pooler answers over IPv4."
            ),
            "Port 6543 is the transaction pooler; it works here too.",
        ),
        console="https://supabase.com/dashboard",
    ),
    ProviderCard(
        key="railway",
        name="Railway",
        tagline="Take the public address",
        recommended=False,
        steps=(
            "Sign up at railway.com and make a project.",
            "Add a database to it and choose PostgreSQL.",
            "Copy its public connection string, not the private one.",
        ),
        string_found=(
            "Open your project and click the Postgres service.",
            "Open the Variables tab.",
            "Copy the value of DATABASE_PUBLIC_URL; its host ends in rlwy.net.",
        ),
        examples=("postgresql://postgres:…@….proxy.rlwy.net:12345/railway",),
        free="$0 with $1 of use a month, after a trial with $5 of credit",
        paid="Hobby: $5 a month, which covers the first $5 of use",
        checked="October 2026",
        backups="You: backups of the service's volume, by hand or on a schedule, are set up in its "
        "settings. Ask Railway how long each is kept.",
        notes=("A host that ends in railway.internal works only from inside Railway.",),
        console="https://railway.com/dashboard",
    ),
    ProviderCard(
        key="render",
        name="Render",
        tagline="Take the external URL",
        recommended=False,
        steps=(
            "Sign up at render.com.",
            "Press New, then Postgres, and choose a region and an instance type.",
            "When its status is Available, copy the external URL.",
        ),
        string_found=(
            "Open dashboard.render.com and click your database.",
            "Find Connections on its Info page.",
            "Copy External Database URL; its host ends in render.com.",
        ),
        examples=("postgresql://user:…@dpg-…-a.oregon-postgres.render.com/dbname",),
        free="$0 for 30 days; then the database expires",
        paid="Paid by instance type and storage; see render.com/pricing",
        checked="April 2026",
        backups="Render, on paid instances. A free database has none.",
        notes=(
            "A host without a dot (dpg-…-a) is the internal one and works only inside Render.",
            "An access list, when set, must hold the address of this server.",
        ),
        console="https://dashboard.render.com",
    ),
    ProviderCard(
        key="aws-rds",
        name="AWS RDS",
        tagline="Open its security group",
        recommended=False,
        steps=(
            "In the RDS console create a PostgreSQL database and set its initial database name.",
            "Under Connectivity set Public access to Yes, unless this server is in the same VPC.",
            "In its security group allow inbound TCP 5432 from the address of this server.",
        ),
        string_found=(
            "Open the RDS console, then Databases, and click yours.",
            "Copy Endpoint and Port from Connectivity & security.",
            "Put them together with your user, password and database name as in the example.",
        ),
        examples=("postgresql://postgres:…@mydb.abc123.eu-central-1.rds.amazonaws.com:5432/mydb",),
        free="Credits or a free allowance for new AWS accounts; see aws.amazon.com/free",
        paid="From about $12 a month for the smallest instance, storage apart",
        checked="May 2026",
        backups="AWS, automatically: 1 to 35 days, as you set it.",
        notes=(
            "Its certificate is verified against AWS' own roots, which Provision brings along.",
        ),
        console="https://console.aws.amazon.com/rds",
    ),
    ProviderCard(
        key="any",
        name="Any PostgreSQL",
        tagline="13 or later, anywhere",
        recommended=False,
        steps=(
            (
                "Make a role and a database of its own: CREATE ROLE provision LOGIN PASSWORD '…'; "
                "CREATE DATABASE provision OWNER provision;"
            ),
            (
                "Let this server in: listen_addresses and a hostssl line in pg_hba.conf, and the "
                "firewall."
            ),
            "Switch TLS on if the database is reached over the internet.",
        ),
        string_found=("Put it together as in the example: user, password, host, port, database.",),
        examples=(
            "postgresql://provision:…@db.example.com:5432/provision?sslmode=require",
            "host=10.0.0.7 user=provision password=… dbname=provision",
        ),
        free="Yours: no cost beyond the server's",
        paid="Whatever your server or provider costs",
        checked="",
        backups="You: pg_dump to another machine, nightly, and try a restore now and then.",
        notes=("PostgreSQL 13 or later, with scram-sha-256 passwords (its default since 14).",),
        console=None,
    ),
    ProviderCard(
        key="built-in",
        name="Built-in database",
        tagline="On this server, for trying out",
        recommended=False,
        steps=("Press the button: a database of your own is made on this server.",),
        string_found=(),
        examples=(),
        free="$0: it is part of this demo",
        paid="Not offered",
        checked="",
        backups="Nobody. It is for trying out: move to a database of your own for real work.",
        notes=("It lives in the demo's data folder and goes when that folder goes.",),
        console=None,
        demo_only=True,
    ),
)


def cards(*, demo: bool) -> tuple[ProviderCard, ...]:
    """Return the wizard's cards in their order; the built-in one only in a demo."""
    return tuple(card for card in CARDS if demo or not card.demo_only)
