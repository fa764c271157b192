"""What consoles, frameworks and people's notes give for a connection, and what it must be read as.

`READ` and `MORE` hold `(where it is from, pasted, what it says)`; where a part is not given in the last, it is
that of `USUAL`. `NOTED` holds a piece of what must be said to have changed. `REFUSED` holds
`(where it is from, pasted, code, words of the detail or remedy that say which piece is in the way)`.
All names and secrets are made up.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any, Final

# ruff: noqa: E501, RUF001

USUAL: Final[dict[str, Any]] = {
    "host": "db.example.com",
    "port": 5432,
    "user": "app",
    "password": "s3cr3t",
    "database": "shop",
    "sslmode": "require",
}
_URL: Final = "postgresql://app:s3cr3t@db.example.com:5432/shop"
_NEON: Final = "ep-quiet-fjord-a2x7k3-pooler.eu-central-1.aws.neon.tech"
_NEON_DIRECT: Final = "ep-quiet-fjord-a2x7k3.eu-central-1.aws.neon.tech"
_SESSION: Final = "aws-0-eu-central-1.pooler.supabase.com"
_AZURE: Final = "shop-srv.postgres.database.azure.com"
_RDS: Final = "shop.c1abcdefghij.eu-central-1.rds.amazonaws.com"
_DO: Final = "db-postgresql-fra1-1-do-user-1234-0.c.db.ondigitalocean.com"
_AIVEN: Final = "pg-shop-acme.a.aivencloud.com"
_CRUNCHY: Final = "p.abcdefghijklmnopqrstuvwxyz.db.postgresbridge.com"
_HEROKU: Final = "ec2-3-210-1-2.compute-1.amazonaws.com"
_FLY: Final = "shop-db.flycast"
_RENDER: Final = "dpg-cabc123-a.oregon-postgres.render.com"
_LOCAL: Final = {"host": "db", "sslmode": "prefer"}


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode()


READ: Final[tuple[tuple[str, str, dict[str, Any]], ...]] = (
    (
        "env password and a comment",
        "DB_HOST=db.example.com\nDB_USER=app\nDB_PASSWORD=s3cr3t # new\nDB_NAME=shop",
        {},
    ),
    # Neon
    (
        "neon url",
        f"postgresql://app:npg_x1@{_NEON}/neondb?sslmode=require&channel_binding=require",
        {"host": _NEON, "password": "npg_x1", "database": "neondb"},
    ),
    (
        "neon psql",
        f"psql 'postgresql://app:npg_x1@{_NEON}/neondb?sslmode=require&channel_binding=require'",
        {"host": _NEON, "password": "npg_x1", "database": "neondb"},
    ),
    (
        "neon env block",
        f"PGHOST='{_NEON}'\nPGDATABASE='neondb'\nPGUSER='app'\nPGPASSWORD='npg_x1'\nPGSSLMODE='require'\nPGCHANNELBINDING='require'\nENDPOINT_ID='ep-quiet-fjord-a2x7k3'",
        {"host": _NEON, "password": "npg_x1", "database": "neondb"},
    ),
    (
        "neon parameters only",
        f"Host: {_NEON}\nDatabase: neondb\nRole: app\nPassword: npg_x1\nPooled connection: yes",
        {"host": _NEON, "password": "npg_x1", "database": "neondb"},
    ),
    (
        "neon next.js",
        f"# Do not expose your Neon credentials to the browser\nPGHOST='{_NEON}'\nPGDATABASE='neondb'\nPGUSER='app'\nPGPASSWORD='npg_x1'\nPGSSLMODE='require'",
        {"host": _NEON, "password": "npg_x1", "database": "neondb"},
    ),
    (
        "neon prisma",
        f'# Recommended for most uses\nDATABASE_URL="postgresql://app:npg_x1@{_NEON}/neondb?sslmode=require"\n\n# For uses requiring a connection without pgbouncer\nDATABASE_URL_UNPOOLED="postgresql://app:npg_x1@{_NEON_DIRECT}/neondb?sslmode=require"',
        {"host": _NEON, "password": "npg_x1", "database": "neondb"},
    ),
    (
        "neon .net",
        f"Host={_NEON};Database=neondb;Username=app;Password=npg_x1;SSL Mode=VerifyFull;Channel Binding=Require;",
        {"host": _NEON, "password": "npg_x1", "database": "neondb", "sslmode": "verify-full"},
    ),
    (
        "neon jdbc",
        f"jdbc:postgresql://{_NEON}/neondb?user=app&password=npg_x1&sslmode=require&channelBinding=require",
        {"host": _NEON, "password": "npg_x1", "database": "neondb"},
    ),
    (
        "neon django",
        "DATABASES = {\n  'default': {\n    'ENGINE': 'django.db.backends.postgresql',\n    'NAME': 'neondb',\n    'USER': 'app',\n    'PASSWORD': 'npg_x1',\n    'HOST': '"
        + _NEON
        + "',\n    'PORT': 5432,\n    'OPTIONS': {\n      'sslmode': 'require',\n    },\n    'DISABLE_SERVER_SIDE_CURSORS': True,\n  }\n}",
        {"host": _NEON, "password": "npg_x1", "database": "neondb"},
    ),
    (
        "neon go",
        f'connStr := "postgresql://app:npg_x1@{_NEON}/neondb?sslmode=require"',
        {"host": _NEON, "password": "npg_x1", "database": "neondb"},
    ),
    (
        "neon symfony",
        f'DATABASE_URL="postgresql://app:npg_x1@{_NEON}/neondb?sslmode=require&serverVersion=16&charset=utf8"',
        {"host": _NEON, "password": "npg_x1", "database": "neondb"},
    ),
    (
        "neon options",
        f"postgresql://app:npg_x1@{_NEON}/neondb?sslmode=require&options=project%3Dep-quiet-fjord-a2x7k3",
        {"host": _NEON, "password": "npg_x1", "database": "neondb"},
    ),
    # Supabase
    (
        "supabase direct",
        "postgresql://postgres:s3cr3t@db.abcdefghijklmnopqrst.supabase.co:5432/postgres",
        {"host": "db.abcdefghijklmnopqrst.supabase.co", "user": "postgres", "database": "postgres"},
    ),
    (
        "supabase session",
        f"postgresql://postgres.abcdefghijklmnopqrst:s3cr3t@{_SESSION}:5432/postgres",
        {"host": _SESSION, "user": "postgres.abcdefghijklmnopqrst", "database": "postgres"},
    ),
    (
        "supabase transaction",
        f"postgresql://postgres.abcdefghijklmnopqrst:s3cr3t@{_SESSION}:6543/postgres?pgbouncer=true",
        {
            "host": _SESSION,
            "port": 6543,
            "user": "postgres.abcdefghijklmnopqrst",
            "database": "postgres",
        },
    ),
    (
        "supabase parameters",
        f"host:{_SESSION}\n\nport:5432\n\ndatabase:postgres\n\nuser:postgres.abcdefghijklmnopqrst\n\npassword:s3cr3t\n\npool_mode:session",
        {"host": _SESSION, "user": "postgres.abcdefghijklmnopqrst", "database": "postgres"},
    ),
    (
        "supabase python env",
        f"user=postgres.abcdefghijklmnopqrst\npassword=s3cr3t\nhost={_SESSION}\nport=5432\ndbname=postgres",
        {"host": _SESSION, "user": "postgres.abcdefghijklmnopqrst", "database": "postgres"},
    ),
    (
        "supabase psql",
        f"psql -h {_SESSION} -p 6543 -d postgres -U postgres.abcdefghijklmnopqrst",
        {
            "host": _SESSION,
            "port": 6543,
            "user": "postgres.abcdefghijklmnopqrst",
            "database": "postgres",
            "password": "",
        },
    ),
    (
        "supabase .net",
        f'"ConnectionStrings": {{\n  "DefaultConnection": "User Id=postgres.abcdefghijklmnopqrst;Password=s3cr3t;Server={_SESSION};Port=5432;Database=postgres"\n}}',
        {"host": _SESSION, "user": "postgres.abcdefghijklmnopqrst", "database": "postgres"},
    ),
    (
        "supabase jdbc",
        f"jdbc:postgresql://{_SESSION}:5432/postgres?user=postgres.abcdefghijklmnopqrst&password=s3cr3t",
        {"host": _SESSION, "user": "postgres.abcdefghijklmnopqrst", "database": "postgres"},
    ),
    (
        "supabase prisma",
        f'# Connect to Supabase via connection pooling\nDATABASE_URL="postgresql://postgres.abcdefghijklmnopqrst:s3cr3t@{_SESSION}:6543/postgres?pgbouncer=true"\n\n# Direct connection to the database. Used for migrations\nDIRECT_URL="postgresql://postgres.abcdefghijklmnopqrst:s3cr3t@{_SESSION}:5432/postgres"',
        {
            "host": _SESSION,
            "port": 6543,
            "user": "postgres.abcdefghijklmnopqrst",
            "database": "postgres",
        },
    ),
    (
        "supabase sqlalchemy",
        f"DATABASE_URL = postgresql+psycopg2://postgres.abcdefghijklmnopqrst:s3cr3t@{_SESSION}:5432/postgres?sslmode=require",
        {"host": _SESSION, "user": "postgres.abcdefghijklmnopqrst", "database": "postgres"},
    ),
    # Heroku
    (
        "heroku config:get",
        f"postgres://uabc:p1f00@{_HEROKU}:5432/d1bar",
        {"host": _HEROKU, "user": "uabc", "password": "p1f00", "database": "d1bar"},
    ),
    (
        "heroku config",
        f"DATABASE_URL: postgres://uabc:p1f00@{_HEROKU}:5432/d1bar",
        {"host": _HEROKU, "user": "uabc", "password": "p1f00", "database": "d1bar"},
    ),
    (
        "heroku credentials:url",
        f'Connection information for default credential.\nConnection info string:\n   "dbname=d1bar host={_HEROKU} port=5432 user=uabc password=p1f00 sslmode=require"\nConnection URL:\n   postgres://uabc:p1f00@{_HEROKU}:5432/d1bar',
        {"host": _HEROKU, "user": "uabc", "password": "p1f00", "database": "d1bar"},
    ),
    (
        "heroku info string",
        f"dbname=d1bar host={_HEROKU} port=5432 user=uabc password=p1f00 sslmode=require",
        {"host": _HEROKU, "user": "uabc", "password": "p1f00", "database": "d1bar"},
    ),
    (
        "heroku page",
        f"Host\n{_HEROKU}\nDatabase\nd1bar\nUser\nuabc\nPort\n5432\nPassword\np1f00\nURI\npostgres://uabc:p1f00@{_HEROKU}:5432/d1bar\nHeroku CLI\nheroku pg:psql postgresql-round-1 --app shop",
        {"host": _HEROKU, "user": "uabc", "password": "p1f00", "database": "d1bar"},
    ),
    (
        "heroku jdbc",
        f"jdbc:postgresql://{_HEROKU}:5432/d1bar?password=p1f00&sslmode=require&user=uabc",
        {"host": _HEROKU, "user": "uabc", "password": "p1f00", "database": "d1bar"},
    ),
    (
        "heroku json",
        f'{{\n  "DATABASE_URL": "postgres://uabc:p1f00@{_HEROKU}:5432/d1bar",\n  "LANG": "en_US.UTF-8"\n}}',
        {"host": _HEROKU, "user": "uabc", "password": "p1f00", "database": "d1bar"},
    ),
    # Render
    ("render external", f"postgresql://app:s3cr3t@{_RENDER}/shop", {"host": _RENDER}),
    (
        "render label",
        f"External Database URL: postgresql://app:s3cr3t@{_RENDER}/shop",
        {"host": _RENDER},
    ),
    (
        "render label on its own line",
        f"External Database URL\npostgresql://app:s3cr3t@{_RENDER}/shop",
        {"host": _RENDER},
    ),
    (
        "render internal",
        "postgresql://app:s3cr3t@dpg-cabc123-a/shop",
        {"host": "dpg-cabc123-a", "sslmode": "prefer"},
    ),
    (
        "render both",
        f"Internal Database URL\npostgresql://app:s3cr3t@dpg-cabc123-a/shop\nExternal Database URL\npostgresql://app:s3cr3t@{_RENDER}/shop",
        {"host": _RENDER},
    ),
    ("render psql", f"PGPASSWORD=s3cr3t psql -h {_RENDER} -U app shop", {"host": _RENDER}),
    (
        "render page",
        f"Hostname\ndpg-cabc123-a\nPort\n5432\nDatabase\nshop\nUsername\napp\nPassword\ns3cr3t\nInternal Database URL\npostgresql://app:s3cr3t@dpg-cabc123-a/shop\nExternal Database URL\npostgresql://app:s3cr3t@{_RENDER}/shop\nPSQL Command\nPGPASSWORD=s3cr3t psql -h {_RENDER} -U app shop",
        {"host": _RENDER},
    ),
    (
        "render blueprint",
        f"envVars:\n  - key: DATABASE_URL\n    value: postgresql://app:s3cr3t@{_RENDER}/shop",
        {"host": _RENDER},
    ),
    # Railway
    (
        "railway public",
        "postgresql://postgres:AbC@monorail.proxy.rlwy.net:12345/railway",
        {
            "host": "monorail.proxy.rlwy.net",
            "port": 12345,
            "user": "postgres",
            "password": "AbC",
            "database": "railway",
        },
    ),
    (
        "railway raw env",
        'DATABASE_PUBLIC_URL="postgresql://postgres:AbC@monorail.proxy.rlwy.net:12345/railway"\nDATABASE_URL="postgresql://postgres:AbC@postgres.railway.internal:5432/railway"\nPGDATA="/var/lib/postgresql/data/pgdata"\nPGDATABASE="railway"\nPGHOST="postgres.railway.internal"\nPGPASSWORD="AbC"\nPGPORT="5432"\nPGUSER="postgres"\nPOSTGRES_DB="railway"\nPOSTGRES_PASSWORD="AbC"\nPOSTGRES_USER="postgres"\nRAILWAY_DEPLOYMENT_DRAINING_SECONDS="60"\nSSL_CERT_DAYS="820"',
        {
            "host": "monorail.proxy.rlwy.net",
            "port": 12345,
            "user": "postgres",
            "password": "AbC",
            "database": "railway",
        },
    ),
    (
        "railway raw json",
        '{\n  "DATABASE_PUBLIC_URL": "postgresql://postgres:AbC@monorail.proxy.rlwy.net:12345/railway",\n  "DATABASE_URL": "postgresql://postgres:AbC@postgres.railway.internal:5432/railway",\n  "PGDATABASE": "railway"\n}',
        {
            "host": "monorail.proxy.rlwy.net",
            "port": 12345,
            "user": "postgres",
            "password": "AbC",
            "database": "railway",
        },
    ),
    (
        "railway internal first",
        'DATABASE_URL="postgresql://postgres:AbC@postgres.railway.internal:5432/railway"\nDATABASE_PUBLIC_URL="postgresql://postgres:AbC@monorail.proxy.rlwy.net:12345/railway"',
        {
            "host": "monorail.proxy.rlwy.net",
            "port": 12345,
            "user": "postgres",
            "password": "AbC",
            "database": "railway",
        },
    ),
    (
        "railway psql",
        "PGPASSWORD=AbC psql -h monorail.proxy.rlwy.net -U postgres -p 12345 -d railway",
        {
            "host": "monorail.proxy.rlwy.net",
            "port": 12345,
            "user": "postgres",
            "password": "AbC",
            "database": "railway",
        },
    ),
    (
        "railway references filled in",
        'PGUSER="postgres"\nPGPASSWORD="AbC"\nDATABASE_PUBLIC_URL="postgresql://${{PGUSER}}:${{PGPASSWORD}}@monorail.proxy.rlwy.net:12345/railway"',
        {
            "host": "monorail.proxy.rlwy.net",
            "port": 12345,
            "user": "postgres",
            "password": "AbC",
            "database": "railway",
        },
    ),
    # Fly
    (
        "fly attach",
        "The following secret was added to shop:\n  DATABASE_URL=postgres://app:s3cr3t@shop-db.flycast:5432/shop?sslmode=disable",
        {"host": _FLY, "sslmode": "disable"},
    ),
    (
        "fly create",
        "Postgres cluster shop-db created\n  Username:    postgres\n  Password:    s3cr3t\n  Hostname:    shop-db.internal\n  Flycast:     fdaa:0:1::3\n  Proxy port:  5432\n  Postgres port:  5433\n  Connection string: postgres://postgres:s3cr3t@shop-db.flycast:5432/shop",
        {"host": _FLY, "user": "postgres"},
    ),
    # DigitalOcean
    (
        "digitalocean parameters",
        f"username = doadmin\npassword = AVNS_x hide\nhost = {_DO}\nport = 25060\ndatabase = defaultdb\nsslmode = require".replace(
            " hide", ""
        ),
        {
            "host": _DO,
            "port": 25060,
            "user": "doadmin",
            "password": "AVNS_x",
            "database": "defaultdb",
        },
    ),
    (
        "digitalocean string",
        f"postgresql://doadmin:AVNS_x@{_DO}:25060/defaultdb?sslmode=require",
        {
            "host": _DO,
            "port": 25060,
            "user": "doadmin",
            "password": "AVNS_x",
            "database": "defaultdb",
        },
    ),
    (
        "digitalocean flags",
        f"PGPASSWORD=AVNS_x psql -U doadmin -h {_DO} -p 25060 -d defaultdb --set=sslmode=require",
        {
            "host": _DO,
            "port": 25060,
            "user": "doadmin",
            "password": "AVNS_x",
            "database": "defaultdb",
        },
    ),
    (
        "digitalocean pool",
        f"postgresql://doadmin:AVNS_x@{_DO}:25061/pool-1?sslmode=require",
        {"host": _DO, "port": 25061, "user": "doadmin", "password": "AVNS_x", "database": "pool-1"},
    ),
    # Aiven
    (
        "aiven uri",
        f"postgres://avnadmin:AVNS_x@{_AIVEN}:20001/defaultdb?sslmode=require",
        {
            "host": _AIVEN,
            "port": 20001,
            "user": "avnadmin",
            "password": "AVNS_x",
            "database": "defaultdb",
        },
    ),
    (
        "aiven page",
        f"Service URI\npostgres://avnadmin:AVNS_x@{_AIVEN}:20001/defaultdb?sslmode=require\nDatabase name\ndefaultdb\nHost\n{_AIVEN}\nPort\n20001\nUser\navnadmin\nPassword\nAVNS_x\nSSL mode\nrequire\nConnection limit\n20",
        {
            "host": _AIVEN,
            "port": 20001,
            "user": "avnadmin",
            "password": "AVNS_x",
            "database": "defaultdb",
        },
    ),
    (
        "aiven labels without uri",
        f"Database name\ndefaultdb\nHost\n{_AIVEN}\nPort\n20001\nUser\navnadmin\nPassword\nAVNS_x\nSSL mode\nrequire",
        {
            "host": _AIVEN,
            "port": 20001,
            "user": "avnadmin",
            "password": "AVNS_x",
            "database": "defaultdb",
        },
    ),
    (
        "aiven go",
        f'"postgres://avnadmin:AVNS_x@{_AIVEN}:20001/defaultdb?sslmode=require"',
        {
            "host": _AIVEN,
            "port": 20001,
            "user": "avnadmin",
            "password": "AVNS_x",
            "database": "defaultdb",
        },
    ),
    (
        "aiven node",
        f'const config = {{\n    user: "avnadmin",\n    password: "AVNS_x",\n    host: "{_AIVEN}",\n    port: 20001,\n    database: "defaultdb",\n    ssl: {{\n        rejectUnauthorized: true,\n    }},\n}};',
        {
            "host": _AIVEN,
            "port": 20001,
            "user": "avnadmin",
            "password": "AVNS_x",
            "database": "defaultdb",
        },
    ),
    (
        "aiven php",
        f'$uri = "postgres://avnadmin:AVNS_x@{_AIVEN}:20001/defaultdb?sslmode=require";',
        {
            "host": _AIVEN,
            "port": 20001,
            "user": "avnadmin",
            "password": "AVNS_x",
            "database": "defaultdb",
        },
    ),
    # Crunchy Bridge
    (
        "crunchy url",
        f"postgres://application:s3cr3t@{_CRUNCHY}:5432/postgres",
        {"host": _CRUNCHY, "user": "application", "database": "postgres"},
    ),
    (
        "crunchy psql",
        f"psql postgres://application:s3cr3t@{_CRUNCHY}:5432/postgres",
        {"host": _CRUNCHY, "user": "application", "database": "postgres"},
    ),
    # Azure
    (
        "azure ado.net",
        f"Server={_AZURE};Database=shop;Port=5432;User Id=app;Password=s3cr3t;Ssl Mode=VerifyFull;",
        {"host": _AZURE, "sslmode": "verify-full"},
    ),
    (
        "azure jdbc",
        f"jdbc:postgresql://{_AZURE}:5432/shop?user=app&password=s3cr3t&sslmode=require",
        {"host": _AZURE},
    ),
    (
        "azure psql",
        f'psql "host={_AZURE} port=5432 dbname=shop user=app password=s3cr3t sslmode=require"',
        {"host": _AZURE},
    ),
    ("azure psql flags", f"psql -h {_AZURE} -p 5432 -U app shop", {"host": _AZURE, "password": ""}),
    (
        "azure env",
        f'export PGHOST={_AZURE}\nexport PGUSER=app\nexport PGPORT=5432\nexport PGDATABASE=shop\nexport PGPASSWORD="s3cr3t"',
        {"host": _AZURE},
    ),
    (
        "azure python",
        f'cnx = psycopg2.connect(user="app", password="s3cr3t", host="{_AZURE}", port=5432, database="shop")',
        {"host": _AZURE},
    ),
    (
        "azure old python",
        f"dbname='shop' user='app' host='{_AZURE}' password='s3cr3t' port='5432' sslmode='true'",
        {"host": _AZURE},
    ),
    (
        "azure libpq",
        f"host={_AZURE} port=5432 dbname=shop user=app password=s3cr3t sslmode=require",
        {"host": _AZURE},
    ),
    (
        "azure php",
        f'$conn = pg_connect("host={_AZURE} port=5432 dbname=shop user=app password=s3cr3t");',
        {"host": _AZURE},
    ),
    (
        "azure ruby",
        f'connection = PG::Connection.new(user: "app", password: "s3cr3t", dbname: "shop", host: "{_AZURE}", port: "5432")',
        {"host": _AZURE},
    ),
    (
        "azure web app",
        f"Database=shop; Data Source={_AZURE}; User Id=app; Password=s3cr3t",
        {"host": _AZURE},
    ),
    (
        "azure service connector",
        f"AZURE_POSTGRESQL_CONNECTIONSTRING=Server={_AZURE};Database=shop;Port=5432;Ssl Mode=Require;User Id=app;Password=s3cr3t;",
        {"host": _AZURE},
    ),
    (
        "azure connector env",
        f"AZURE_POSTGRESQL_HOST={_AZURE}\nAZURE_POSTGRESQL_DATABASE=shop\nAZURE_POSTGRESQL_USER=app\nAZURE_POSTGRESQL_PASSWORD=s3cr3t\nAZURE_POSTGRESQL_PORT=5432\nAZURE_POSTGRESQL_SSL=require",
        {"host": _AZURE},
    ),
    (
        "azure single server user",
        f"host={_AZURE} port=5432 dbname=shop user=app@shop-srv password=s3cr3t sslmode=require",
        {"host": _AZURE, "user": "app@shop-srv"},
    ),
    (
        "azure app settings",
        f'[\n  {{\n    "name": "DATABASE_URL",\n    "value": "postgresql://app:s3cr3t@{_AZURE}:5432/shop?sslmode=require",\n    "slotSetting": false\n  }}\n]',
        {"host": _AZURE},
    ),
    # AWS
    (
        "rds psql",
        f"psql --host={_RDS} --port=5432 --username=app --password --dbname=shop",
        {"host": _RDS, "password": ""},
    ),
    (
        "rds secret",
        f'{{"username":"app","password":"s3cr3t","engine":"postgres","host":"{_RDS}","port":5432,"dbname":"shop","dbInstanceIdentifier":"shop"}}',
        {"host": _RDS},
    ),
    (
        "rds shell variable",
        f'export RDSHOST="{_RDS}"\npsql "host=$RDSHOST port=5432 dbname=shop user=app password=s3cr3t sslmode=verify-full"',
        {"host": _RDS, "sslmode": "verify-full"},
    ),
    (
        "rds labels",
        f"Endpoint\n{_RDS}\nPort\n5432\nMaster username\napp\nMaster password\ns3cr3t\nDB name\nshop",
        {"host": _RDS},
    ),
    ("rds jdbc", f"jdbc:postgresql://{_RDS}:5432/shop?user=app&password=s3cr3t", {"host": _RDS}),
    (
        "aurora wrapper",
        f"jdbc:aws-wrapper:postgresql://{_RDS}:5432/shop?user=app&password=s3cr3t",
        {"host": _RDS},
    ),
    (
        "rds endpoint with port",
        f"DB_HOST={_RDS}:5432\nDB_NAME=shop\nDB_USER=app\nDB_PASSWORD=s3cr3t",
        {"host": _RDS},
    ),
    (
        "beanstalk",
        f"RDS_HOSTNAME={_RDS}\nRDS_PORT=5432\nRDS_DB_NAME=shop\nRDS_USERNAME=app\nRDS_PASSWORD=s3cr3t",
        {"host": _RDS},
    ),
    (
        "ecs task",
        f'"environment": [\n  {{"name": "PGHOST", "value": "{_RDS}"}},\n  {{"name": "PGUSER", "value": "app"}},\n  {{"name": "PGPASSWORD", "value": "s3cr3t"}},\n  {{"name": "PGDATABASE", "value": "shop"}}\n]',
        {"host": _RDS},
    ),
    # Google Cloud
    (
        "cloud sql address",
        "postgresql+pg8000://app:s3cr3t@34.120.1.2:5432/shop",
        {"host": "34.120.1.2"},
    ),
    (
        "cloud sql env",
        "INSTANCE_HOST=34.120.1.2\nDB_PORT=5432\nDB_NAME=shop\nDB_USER=app\nDB_PASS=s3cr3t",
        {"host": "34.120.1.2"},
    ),
    (
        "cloud sql psql",
        'psql "sslmode=require hostaddr_is_not=1"'.replace(
            " hostaddr_is_not=1", " host=34.120.1.2 port=5432 user=app password=s3cr3t dbname=shop"
        ),
        {"host": "34.120.1.2"},
    ),
    # Others
    (
        "cockroach",
        "postgresql://app:s3cr3t@free-tier.gcp-us-central1.cockroachlabs.cloud:26257/shop-123.defaultdb?sslmode=verify-full",
        {
            "host": "free-tier.gcp-us-central1.cockroachlabs.cloud",
            "port": 26257,
            "database": "shop-123.defaultdb",
            "sslmode": "verify-full",
        },
    ),
    (
        "cockroach command",
        'cockroach sql --url "postgresql://app:s3cr3t@free-tier.cockroachlabs.cloud:26257/defaultdb?sslmode=verify-full"',
        {
            "host": "free-tier.cockroachlabs.cloud",
            "port": 26257,
            "database": "defaultdb",
            "sslmode": "verify-full",
        },
    ),
    (
        "timescale",
        "postgres://tsdbadmin:s3cr3t@abc.def.tsdb.cloud.timescale.com:31234/tsdb?sslmode=require",
        {
            "host": "abc.def.tsdb.cloud.timescale.com",
            "port": 31234,
            "user": "tsdbadmin",
            "database": "tsdb",
        },
    ),
    (
        "timescale psql",
        'psql "postgres://tsdbadmin:s3cr3t@abc.def.tsdb.cloud.timescale.com:31234/tsdb?sslmode=require"',
        {
            "host": "abc.def.tsdb.cloud.timescale.com",
            "port": 31234,
            "user": "tsdbadmin",
            "database": "tsdb",
        },
    ),
    (
        "nile",
        "postgresql://018f:s3cr3t@eu-central-1.db.thenile.dev:5432/shop",
        {"host": "eu-central-1.db.thenile.dev", "user": "018f"},
    ),
    (
        "nile env",
        "NILEDB_HOST=eu-central-1.db.thenile.dev\nNILEDB_USER=018f\nNILEDB_PASSWORD=s3cr3t\nNILEDB_NAME=shop\nNILEDB_POSTGRES_URL=postgres://018f:s3cr3t@eu-central-1.db.thenile.dev:5432/shop",
        {"host": "eu-central-1.db.thenile.dev", "user": "018f"},
    ),
    (
        "xata",
        "postgresql://xata:s3cr3t@abc.eu-central-1.xata.sh/shop?sslmode=require",
        {"host": "abc.eu-central-1.xata.sh", "user": "xata"},
    ),
    (
        "yandex",
        "postgresql://app:s3cr3t@rc1a-abc.mdb.yandexcloud.net:6432/shop?target_session_attrs=read-write&sslmode=verify-full",
        {"host": "rc1a-abc.mdb.yandexcloud.net", "port": 6432, "sslmode": "verify-full"},
    ),
    (
        "yandex psql",
        'psql "host=rc1a-abc.mdb.yandexcloud.net port=6432 sslmode=verify-full dbname=shop user=app password=s3cr3t target_session_attrs=read-write"',
        {"host": "rc1a-abc.mdb.yandexcloud.net", "port": 6432, "sslmode": "verify-full"},
    ),
    (
        "vercel env",
        f'# Created by Vercel CLI\nDATABASE_URL="postgres://app:npg_x1@{_NEON}/neondb?sslmode=require"\nDATABASE_URL_UNPOOLED="postgresql://app:npg_x1@{_NEON_DIRECT}/neondb?sslmode=require"\nPGDATABASE="neondb"\nPGHOST="{_NEON}"\nPGHOST_UNPOOLED="{_NEON_DIRECT}"\nPGPASSWORD="npg_x1"\nPGUSER="app"\nPOSTGRES_DATABASE="neondb"\nPOSTGRES_HOST="{_NEON}"\nPOSTGRES_PASSWORD="npg_x1"\nPOSTGRES_PRISMA_URL="postgres://app:npg_x1@{_NEON}/neondb?connect_timeout=15&sslmode=require"\nPOSTGRES_URL="postgres://app:npg_x1@{_NEON}/neondb?sslmode=require"\nPOSTGRES_URL_NON_POOLING="postgres://app:npg_x1@{_NEON_DIRECT}/neondb?sslmode=require"\nPOSTGRES_URL_NO_SSL="postgres://app:npg_x1@{_NEON}/neondb"\nPOSTGRES_USER="app"',
        {"host": _NEON, "password": "npg_x1", "database": "neondb"},
    ),
    (
        "vercel prisma url",
        f'POSTGRES_PRISMA_URL="postgres://app:npg_x1@{_NEON}/neondb?pgbouncer=true&connect_timeout=15"',
        {"host": _NEON, "password": "npg_x1", "database": "neondb"},
    ),
    (
        "scalingo",
        "postgres://app:s3cr3t@12ab.postgresql.dbs.scalingo.com:31234/shop?sslmode=prefer",
        {"host": "12ab.postgresql.dbs.scalingo.com", "port": 31234, "sslmode": "prefer"},
    ),
    (
        "clever cloud",
        "POSTGRESQL_ADDON_HOST=b1-postgresql.services.clever-cloud.com\nPOSTGRESQL_ADDON_DB=shop\nPOSTGRESQL_ADDON_USER=app\nPOSTGRESQL_ADDON_PORT=5432\nPOSTGRESQL_ADDON_PASSWORD=s3cr3t\nPOSTGRESQL_ADDON_URI=postgresql://app:s3cr3t@b1-postgresql.services.clever-cloud.com:5432/shop",
        {"host": "b1-postgresql.services.clever-cloud.com"},
    ),
    # PHP
    (
        "laravel",
        "DB_CONNECTION=pgsql\nDB_HOST=db.example.com\nDB_PORT=5432\nDB_DATABASE=shop\nDB_USERNAME=app\nDB_PASSWORD=s3cr3t",
        {},
    ),
    (
        "laravel in its .env",
        "APP_NAME=Laravel\nAPP_ENV=local\nAPP_DEBUG=true\nAPP_URL=http://localhost\n\nLOG_CHANNEL=stack\n\nDB_CONNECTION=pgsql\nDB_HOST=db.example.com\nDB_PORT=5432\nDB_DATABASE=shop\nDB_USERNAME=app\nDB_PASSWORD=s3cr3t\n\nREDIS_HOST=127.0.0.1\nREDIS_PASSWORD=null\nREDIS_PORT=6379\n\nMAIL_HOST=mailpit\nMAIL_PORT=1025\nMAIL_USERNAME=null\nMAIL_PASSWORD=null",
        {},
    ),
    (
        "laravel windows lines",
        "DB_CONNECTION=pgsql\r\nDB_HOST=db.example.com\r\nDB_PORT=5432\r\nDB_DATABASE=shop\r\nDB_USERNAME=app\r\nDB_PASSWORD=s3cr3t\r\n",
        {},
    ),
    (
        "laravel url",
        "DB_CONNECTION=pgsql\nDB_URL=postgresql://app:s3cr3t@db.example.com:5432/shop",
        {},
    ),
    (
        "laravel php array",
        "'pgsql' => [\n    'driver' => 'pgsql',\n    'host' => 'db.example.com',\n    'port' => '5432',\n    'database' => 'shop',\n    'username' => 'app',\n    'password' => 's3cr3t',\n    'charset' => 'utf8',\n    'prefix' => '',\n    'search_path' => 'public',\n    'sslmode' => 'require',\n],",
        {},
    ),
    ("symfony", f'DATABASE_URL="{_URL}?serverVersion=16&charset=utf8"', {}),
    (
        "symfony doctrine",
        "doctrine:\n    dbal:\n        driver: pdo_pgsql\n        host: db.example.com\n        port: 5432\n        dbname: shop\n        user: app\n        password: s3cr3t\n        server_version: '16'",
        {},
    ),
    ("pdo", "pgsql:host=db.example.com;port=5432;dbname=shop;user=app;password=s3cr3t", {}),
    (
        "pdo call",
        '$pdo = new PDO("pgsql:host=db.example.com;port=5432;dbname=shop", "app", "s3cr3t");',
        {},
    ),
    (
        "wordpress pg4wp",
        "define('DB_NAME', 'shop');\ndefine('DB_USER', 'app');\ndefine('DB_PASSWORD', 's3cr3t');\ndefine('DB_HOST', 'db.example.com');",
        {},
    ),
    (
        "drupal",
        "$databases['default']['default'] = [\n  'database' => 'shop',\n  'username' => 'app',\n  'password' => 's3cr3t',\n  'host' => 'db.example.com',\n  'port' => '5432',\n  'driver' => 'pgsql',\n];",
        {},
    ),
    # Python
    (
        "django",
        "DATABASES = {\n    'default': {\n        'ENGINE': 'django.db.backends.postgresql',\n        'NAME': 'shop',\n        'USER': 'app',\n        'PASSWORD': 's3cr3t',\n        'HOST': 'db.example.com',\n        'PORT': '5432',\n    }\n}",
        {},
    ),
    (
        "django one line",
        "{'ENGINE': 'django.db.backends.postgresql_psycopg2', 'NAME': 'shop', 'USER': 'app', 'PASSWORD': 's3cr3t', 'HOST': 'db.example.com', 'PORT': 5432, 'CONN_MAX_AGE': 600}",
        {},
    ),
    (
        "dj-database-url",
        f"DATABASES['default'] = dj_database_url.parse('{_URL}', conn_max_age=600)",
        {},
    ),
    (
        "dj-database-url config",
        f"DATABASES = {{\n    'default': dj_database_url.config(\n        default='{_URL}',\n        conn_max_age=600,\n    )\n}}",
        {},
    ),
    (
        "django environ",
        "DATABASE_URL=psql://app:s3cr3t@db.example.com:5432/shop".replace("psql://", "postgis://"),
        {},
    ),
    (
        "sqlalchemy",
        'engine = create_engine("postgresql+psycopg://app:s3cr3t@db.example.com:5432/shop", pool_pre_ping=True)',
        {},
    ),
    (
        "sqlalchemy url create",
        'url = URL.create(\n    "postgresql+psycopg",\n    username="app",\n    password="s3cr3t",\n    host="db.example.com",\n    port=5432,\n    database="shop",\n)',
        {},
    ),
    ("flask", "SQLALCHEMY_DATABASE_URI = 'postgresql://app:s3cr3t@db.example.com/shop'", {}),
    ("alembic.ini", "sqlalchemy.url = postgresql+asyncpg://app:s3cr3t@db.example.com/shop", {}),
    (
        "asyncpg",
        "conn = await asyncpg.connect(user='app', password='s3cr3t',\n                             database='shop', host='db.example.com')",
        {},
    ),
    ("asyncpg url", f"pool = await asyncpg.create_pool('{_URL}', min_size=1)", {}),
    (
        "psycopg string",
        'conn = psycopg.connect("dbname=shop user=app password=s3cr3t host=db.example.com")',
        {},
    ),
    (
        "airflow",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=postgresql+psycopg2://app:s3cr3t@db.example.com/shop",
        {},
    ),
    (
        "pydantic env",
        "POSTGRES_SERVER=db.example.com\nPOSTGRES_PORT=5432\nPOSTGRES_DB=shop\nPOSTGRES_USER=app\nPOSTGRES_PASSWORD=s3cr3t",
        {},
    ),
    (
        "tortoise",
        "TORTOISE_ORM = {'connections': {'default': 'postgres://app:s3cr3t@db.example.com:5432/shop'}}",
        {},
    ),
    # Ruby and Elixir
    (
        "rails database.yml",
        "production:\n  adapter: postgresql\n  encoding: unicode\n  host: db.example.com\n  port: 5432\n  database: shop\n  username: app\n  password: s3cr3t\n  pool: 5",
        {},
    ),
    (
        "rails with default",
        "default: &default\n  adapter: postgresql\n  encoding: unicode\n  pool: 5\n\nproduction:\n  <<: *default\n  host: db.example.com\n  database: shop\n  username: app\n  password: s3cr3t",
        {},
    ),
    ("rails url", f"production:\n  url: {_URL}", {}),
    ("phoenix url", "DATABASE_URL=ecto://app:s3cr3t@db.example.com/shop", {}),
    (
        "phoenix config",
        'config :shop, Shop.Repo,\n  username: "app",\n  password: "s3cr3t",\n  hostname: "db.example.com",\n  database: "shop",\n  pool_size: 10',
        {},
    ),
    # Java
    (
        "spring properties",
        "spring.datasource.url=jdbc:postgresql://db.example.com:5432/shop\nspring.datasource.username=app\nspring.datasource.password=s3cr3t",
        {},
    ),
    (
        "spring with dialect",
        "spring.datasource.url=jdbc:postgresql://db.example.com:5432/shop\nspring.datasource.username=app\nspring.datasource.password=s3cr3t\nspring.datasource.driver-class-name=org.postgresql.Driver\nspring.jpa.hibernate.ddl-auto=update\nspring.jpa.properties.hibernate.dialect=org.hibernate.dialect.PostgreSQLDialect\nserver.port=8080",
        {},
    ),
    (
        "spring yaml",
        "spring:\n  datasource:\n    url: jdbc:postgresql://db.example.com:5432/shop\n    username: app\n    password: s3cr3t\n    driver-class-name: org.postgresql.Driver\nserver:\n  port: 8080",
        {},
    ),
    (
        "spring env",
        "SPRING_DATASOURCE_URL=jdbc:postgresql://db.example.com:5432/shop\nSPRING_DATASOURCE_USERNAME=app\nSPRING_DATASOURCE_PASSWORD=s3cr3t",
        {},
    ),
    (
        "spring r2dbc",
        "spring.r2dbc.url=r2dbc:postgresql://db.example.com:5432/shop\nspring.r2dbc.username=app\nspring.r2dbc.password=s3cr3t",
        {},
    ),
    (
        "quarkus",
        "quarkus.datasource.db-kind=postgresql\nquarkus.datasource.username=app\nquarkus.datasource.password=s3cr3t\nquarkus.datasource.jdbc.url=jdbc:postgresql://db.example.com:5432/shop",
        {},
    ),
    (
        "hikari",
        'config.setJdbcUrl("jdbc:postgresql://db.example.com:5432/shop?user=app&password=s3cr3t");',
        {},
    ),
    (
        "driver manager",
        'Connection c = DriverManager.getConnection("jdbc:postgresql://db.example.com:5432/shop", "app", "s3cr3t");',
        {},
    ),
    (
        "jdbc non validating",
        "jdbc:postgresql://db.example.com/shop?user=app&password=s3cr3t&ssl=true&sslfactory=org.postgresql.ssl.NonValidatingFactory",
        {},
    ),
    (
        "persistence.xml",
        '<property name="javax.persistence.jdbc.url" value="jdbc:postgresql://db.example.com:5432/shop"/>\n<property name="javax.persistence.jdbc.user" value="app"/>\n<property name="javax.persistence.jdbc.password" value="s3cr3t"/>',
        {},
    ),
    (
        "liquibase",
        "url: jdbc:postgresql://db.example.com:5432/shop\nusername: app\npassword: s3cr3t\nchangeLogFile: changes.xml",
        {},
    ),
    # Node
    (
        "prisma .env",
        f'# Environment variables declared in this file are automatically made available to Prisma.\nDATABASE_URL="{_URL}?schema=public"',
        {},
    ),
    (
        "node pool",
        "const pool = new Pool({\n  host: 'db.example.com',\n  port: 5432,\n  user: 'app',\n  password: 's3cr3t',\n  database: 'shop',\n  ssl: { rejectUnauthorized: false },\n})",
        {},
    ),
    (
        "node client url",
        f"const client = new Client({{ connectionString: '{_URL}', ssl: true }});",
        {},
    ),
    (
        "knex",
        "module.exports = {\n  client: 'pg',\n  connection: {\n    host: 'db.example.com',\n    user: 'app',\n    password: 's3cr3t',\n    database: 'shop',\n    charset: 'utf8'\n  },\n  pool: { min: 2, max: 10 }\n}",
        {},
    ),
    ("knex url", f"client: 'pg',\nconnection: '{_URL}',", {}),
    (
        "sequelize",
        "const sequelize = new Sequelize('postgres://app:s3cr3t@db.example.com:5432/shop', {\n  dialect: 'postgres',\n  dialectOptions: { ssl: { require: true, rejectUnauthorized: false } }\n});",
        {},
    ),
    (
        "sequelize config",
        '{\n  "production": {\n    "username": "app",\n    "password": "s3cr3t",\n    "database": "shop",\n    "host": "db.example.com",\n    "dialect": "postgres"\n  }\n}',
        {},
    ),
    (
        "typeorm",
        'new DataSource({\n    type: "postgres",\n    host: "db.example.com",\n    port: 5432,\n    username: "app",\n    password: "s3cr3t",\n    database: "shop",\n    synchronize: true,\n    logging: false,\n    entities: [Post, Category],\n})',
        {},
    ),
    (
        "drizzle",
        f"export default defineConfig({{\n  dialect: 'postgresql',\n  schema: './src/schema.ts',\n  dbCredentials: {{\n    url: '{_URL}',\n  }},\n}});",
        {},
    ),
    ("process.env", f"process.env.DATABASE_URL = '{_URL}'", {}),
    (
        "strapi",
        "DATABASE_CLIENT=postgres\nDATABASE_HOST=db.example.com\nDATABASE_PORT=5432\nDATABASE_NAME=shop\nDATABASE_USERNAME=app\nDATABASE_PASSWORD=s3cr3t\nDATABASE_SSL=true",
        {},
    ),
    (
        "dotenv expand",
        'DB_USER=app\nDB_PASSWORD=s3cr3t\nDB_HOST=db.example.com\nDB_NAME=shop\nDATABASE_URL="postgresql://${DB_USER}:${DB_PASSWORD}@${DB_HOST}:5432/${DB_NAME}"',
        {},
    ),
    (
        "node server beside",
        "HOST=0.0.0.0\nPORT=3000\nNODE_ENV=production\nDB_HOST=db.example.com\nDB_USER=app\nDB_PASSWORD=s3cr3t\nDB_NAME=shop",
        {},
    ),
    # Go, Rust, .NET
    (
        "go lib/pq",
        'connStr := "user=app password=s3cr3t host=db.example.com dbname=shop sslmode=verify-full"',
        {"sslmode": "verify-full"},
    ),
    ("go open", f'db, err := sql.Open("postgres", "{_URL}?sslmode=require")', {}),
    (
        "gorm",
        'dsn := "host=db.example.com user=app password=s3cr3t dbname=shop port=5432 sslmode=require TimeZone=Asia/Shanghai"',
        {},
    ),
    ("pgx pool", f"{_URL}?sslmode=require&pool_max_conns=10", {}),
    ("sqlx", f"DATABASE_URL={_URL}", {}),
    ("go-migrate", f"migrate -database '{_URL}?sslmode=require' -path db up".split("'")[1], {}),
    ("npgsql", "Host=db.example.com;Port=5432;Username=app;Password=s3cr3t;Database=shop", {}),
    (
        "npgsql pooled",
        "User ID=app;Password=s3cr3t;Host=db.example.com;Port=5432;Database=shop;Min Pool Size=0;Max Pool Size=100;Connection Lifetime=0;",
        {},
    ),
    (
        "npgsql quoted semicolon",
        'Host=db.example.com;Username=app;Password="a;b";Database=shop',
        {"password": "a;b"},
    ),
    (
        "npgsql single quotes",
        "Host=db.example.com;Username=app;Password='a;\"b';Database=shop",
        {"password": 'a;"b'},
    ),
    (
        "npgsql quoted quote",
        'Host=db.example.com;Username=app;Password="a"";b";Database=shop',
        {"password": 'a";b'},
    ),
    (
        "npgsql with an equals sign",
        "Host=db.example.com;Username=app;Password=a=b==;Database=shop",
        {"password": "a=b=="},
    ),
    (
        "appsettings",
        '"DefaultConnection": "Host=db.example.com;Database=shop;Username=app;Password=s3cr3t;Trust Server Certificate=true;Include Error Detail=true"',
        {},
    ),
    (
        "appsettings whole",
        '{\n  "ConnectionStrings": {\n    "Default": "Host=db.example.com;Database=shop;Username=app;Password=s3cr3t"\n  },\n  "Logging": { "LogLevel": { "Default": "Information" } }\n}',
        {},
    ),
    (
        "web.config",
        '<add name="Default" connectionString="Server=db.example.com;Port=5432;Database=shop;User Id=app;Password=s3cr3t;" providerName="Npgsql" />',
        {},
    ),
    (
        "use npgsql",
        'options.UseNpgsql("Host=db.example.com;Database=shop;Username=app;Password=s3cr3t");',
        {},
    ),
    (
        "asp env",
        "ConnectionStrings__DefaultConnection=Host=db.example.com;Database=shop;Username=app;Password=s3cr3t",
        {},
    ),
    (
        "odbc",
        "Driver={PostgreSQL Unicode};Server=db.example.com;Port=5432;Database=shop;Uid=app;Pwd=s3cr3t;sslmode=require;",
        {},
    ),
    (
        "odbc braces",
        "Driver={PostgreSQL ANSI(x64)};Server=db.example.com;Port=5432;Database=shop;Uid=app;Pwd={a;b};",
        {"password": "a;b"},
    ),
    # Files of PostgreSQL itself
    ("pgpass", "db.example.com:5432:shop:app:s3cr3t", {}),
    ("pgpass escaped", "db.example.com:5432:shop:app:a\\:b\\\\c", {"password": "a:b\\c"}),
    (
        "pg_service.conf",
        "[shop]\nhost=db.example.com\nport=5432\ndbname=shop\nuser=app\npassword=s3cr3t",
        {},
    ),
    (
        "pg_service.conf with comment",
        "# the shop\n[shop]\nhost=db.example.com\ndbname=shop\nuser=app\npassword=s3cr3t\nsslmode=require",
        {},
    ),
    # Fields of programs
    (
        "dbeaver",
        "Host: db.example.com\nPort: 5432\nDatabase: shop\nUsername: app\nPassword: s3cr3t",
        {},
    ),
    (
        "pgadmin",
        "Host name/address: db.example.com\nPort: 5432\nMaintenance database: shop\nUsername: app\nPassword: s3cr3t\nSSL mode: require",
        {},
    ),
    (
        "one line of labels",
        "Host: db.example.com, Port: 5432, Database: shop, User: app, Password: s3cr3t",
        {},
    ),
    (
        "one line of labels with bars",
        "Host: db.example.com | Port: 5432 | Database: shop | User: app | Password: s3cr3t",
        {},
    ),
    (
        "bulleted labels",
        "- Host: db.example.com\n- Port: 5432\n- Database: shop\n- User: app\n- Password: s3cr3t",
        {},
    ),
    (
        "bold labels",
        "* **Host:** db.example.com\n* **Port:** 5432\n* **Database:** shop\n* **User:** app\n* **Password:** s3cr3t",
        {},
    ),
    (
        "numbered labels",
        "1. Host: db.example.com\n2. Port: 5432\n3. Database: shop\n4. User: app\n5. Password: s3cr3t",
        {},
    ),
    ("tabs", "Host\tdb.example.com\nPort\t5432\nDatabase\tshop\nUser\tapp\nPassword\ts3cr3t", {}),
    (
        "markdown table",
        "| Field | Value |\n|---|---|\n| Host | db.example.com |\n| Port | 5432 |\n| Database | shop |\n| User | app |\n| Password | s3cr3t |",
        {},
    ),
    (
        "german quotes in labels",
        "Host: „db.example.com“\nPort: 5432\nDatabase: „shop“\nUser: „app“\nPassword: „s3cr3t“",
        {},
    ),
    (
        "toml",
        '[database]\nhost = "db.example.com"\nport = 5432\nuser = "app"\npassword = "s3cr3t"\nname = "shop"',
        {},
    ),
    (
        "grafana ini",
        "[database]\ntype = postgres\nhost = db.example.com:5432\nname = shop\nuser = app\npassword = s3cr3t\nssl_mode = require",
        {},
    ),
    (
        "grafana env",
        "GF_DATABASE_TYPE=postgres\nGF_DATABASE_HOST=db.example.com:5432\nGF_DATABASE_NAME=shop\nGF_DATABASE_USER=app\nGF_DATABASE_PASSWORD=s3cr3t\nGF_DATABASE_SSL_MODE=require",
        {},
    ),
    (
        "terraform",
        'host     = "db.example.com"\nport     = 5432\nusername = "app"\npassword = "s3cr3t"\ndatabase = "shop"\nsslmode  = "require"',
        {},
    ),
    (
        "json camel case",
        '{"hostName": "db.example.com", "portNumber": 5432, "userName": "app", "password": "s3cr3t", "databaseName": "shop"}',
        {},
    ),
    (
        "json escaped",
        '{"url": "postgresql:\\/\\/app:s3cr3t@db.example.com:5432\\/shop?sslmode=require\\u0026application_name=x"}',
        {},
    ),
    # Shells
    ("bash", f"psql '{_URL}'", {}),
    ("bash options", "psql -h db.example.com -p 5432 -U app -d shop", {"password": ""}),
    ("export and psql", "export PGPASSWORD='s3cr3t'\npsql -h db.example.com -U app -d shop", {}),
    ("export; psql", "export PGPASSWORD=s3cr3t; psql -h db.example.com -U app -d shop", {}),
    ("&&", "export PGPASSWORD=s3cr3t && psql -h db.example.com -U app -d shop", {}),
    ("env", "env PGPASSWORD=s3cr3t psql -h db.example.com -U app -d shop", {}),
    ("fish", "set -x PGPASSWORD s3cr3t; psql -h db.example.com -U app -d shop", {}),
    ("powershell", '$env:PGPASSWORD="s3cr3t"; psql -h db.example.com -U app -d shop', {}),
    ("powershell lines", "$env:PGPASSWORD = 's3cr3t'\npsql -h db.example.com -U app -d shop", {}),
    (
        "cmd",
        "set PGPASSWORD=s3cr3t&& psql -h db.example.com -U app -d shop".replace(
            "s3cr3t&&", "s3cr3t &&"
        ),
        {},
    ),
    ("cmd quotes", 'set "PGPASSWORD=s3cr3t" && psql -h db.example.com -U app -d shop', {}),
    (
        "windows path",
        '"C:\\Program Files\\PostgreSQL\\16\\bin\\psql.exe" -h db.example.com -U app -d shop "password=s3cr3t"'.replace(
            ' "password=s3cr3t"', ""
        ),
        {"password": ""},
    ),
    ("curly quotes", f"psql ‘{_URL}’", {}),
    ("curly double quotes", f"psql “{_URL}”", {}),
    ("curly quotes in settings", "PGPASSWORD=‘s3cr3t’ psql -h db.example.com -U app -d shop", {}),
    (
        "continued lines",
        "psql \\\n  -h db.example.com \\\n  -U app \\\n  -d shop",
        {"password": ""},
    ),
    (
        "powershell continued",
        "psql `\n  -h db.example.com `\n  -U app `\n  -d shop",
        {"password": ""},
    ),
    ("prompt", f"$ psql {_URL}", {}),
    ("root prompt", f"root@srv:~# psql {_URL}", {}),
    ("powershell prompt", f"PS C:\\Users\\me> psql {_URL}", {}),
    ("sudo", "sudo -u postgres psql -h db.example.com -U app shop", {"password": ""}),
    ("psql with a command", f"psql {_URL} -c 'SELECT version();'", {}),
    ("psql and a file", f"psql {_URL} < schema.sql", {}),
    ("psql variables", f"psql -v ON_ERROR_STOP=1 -q {_URL}", {}),
    ("pg_dump", f"pg_dump {_URL} > dump.sql", {}),
    (
        "pg_dump options",
        "PGPASSWORD=s3cr3t pg_dump -Fc -v -h db.example.com -p 5432 -U app -d shop -f dump.bak",
        {},
    ),
    ("pg_isready", "pg_isready -h db.example.com -p 5432 -U app -d shop -t 3", {"password": ""}),
    ("connect", "\\c shop app db.example.com 5432", {"password": ""}),
    (
        "docker psql",
        "docker run -it --rm -e PGPASSWORD=s3cr3t postgres:16 psql -h db.example.com -U app -d shop",
        {},
    ),
    ("docker psql url", f"docker run --rm -it postgres:16-alpine psql '{_URL}'", {}),
    (
        "kubectl psql",
        "kubectl run pg --rm -it --image=postgres:16 --env=PGPASSWORD=s3cr3t -- psql -h db.example.com -U app -d shop",
        {},
    ),
    ("docker app", f"docker run -e DATABASE_URL={_URL} -p 3000:3000 acme/shop", {}),
    (
        "docker app of parts",
        "docker run -d -e DB_HOST=db.example.com -e DB_USER=app -e DB_PASSWORD=s3cr3t -e DB_NAME=shop acme/shop",
        {},
    ),
    # Containers
    (
        "compose list",
        f"services:\n  web:\n    image: acme/shop\n    environment:\n      - DATABASE_URL={_URL}\n      - NODE_ENV=production",
        {},
    ),
    ("compose quoted item", f'- "DATABASE_URL={_URL}"', {}),
    (
        "compose map",
        "environment:\n  DB_HOST: db.example.com\n  DB_PORT: 5432\n  DB_USER: app\n  DB_PASSWORD: s3cr3t\n  DB_NAME: shop",
        {},
    ),
    (
        "compose whole",
        'services:\n  web:\n    build: .\n    ports:\n      - "3000:3000"\n    environment:\n      DATABASE_URL: postgres://app:s3cr3t@db:5432/shop\n  db:\n    image: postgres:16\n    environment:\n      POSTGRES_USER: app\n      POSTGRES_PASSWORD: s3cr3t\n      POSTGRES_DB: shop',
        _LOCAL,
    ),
    (
        "kubernetes env",
        "env:\n  - name: PGHOST\n    value: db.example.com\n  - name: PGUSER\n    value: app\n  - name: PGPASSWORD\n    value: s3cr3t\n  - name: PGDATABASE\n    value: shop",
        {},
    ),
    (
        "kubernetes secret",
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\ntype: Opaque\ndata:\n"
        + "".join(
            f"  {name}: {_base64(value)}\n"
            for name, value in (
                ("host", "db.example.com"),
                ("port", "5432"),
                ("username", "app"),
                ("password", "s3cr3t"),
                ("dbname", "shop"),
            )
        ),
        {},
    ),
    (
        "kubernetes secret url",
        f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\ndata:\n  DATABASE_URL: {_base64(_URL)}\n",
        {},
    ),
    (
        "kubernetes stringData",
        f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  DATABASE_URL: {_URL}\n",
        {},
    ),
    ("base64 alone", _base64(_URL), {}),
    (
        "configmap",
        'apiVersion: v1\nkind: ConfigMap\ndata:\n  DB_HOST: db.example.com\n  DB_PORT: "5432"\n  DB_USER: app\n  DB_PASSWORD: s3cr3t\n  DB_NAME: shop',
        {},
    ),
    # What stands around
    ("zero width at both ends", f"\u200b{_URL}\u200b", {}),
    ("zero width behind the name", f"DATABASE_URL=\u200b{_URL}", {}),
    ("byte-order mark", f"\ufeffDATABASE_URL={_URL}\r\n", {}),
    (
        "no-break blanks",
        "host=db.example.com\u00a0user=app\u00a0password=s3cr3t\u00a0dbname=shop",
        {},
    ),
    ("two closing quotes", f"”{_URL}”", {}),
    ("low quotes", f"„{_URL}“", {}),
    ("guillemets", f"«{_URL}»", {}),
    ("bullet", f"• {_URL}", {}),
    ("dash", f"– {_URL}", {}),
    ("numbered", f"1. {_URL}", {}),
    ("label in words", f"Connection string: {_URL}", {}),
    ("label in bold", f"**Connection string:** `{_URL}`", {}),
    ("label without a colon", f"Connection string {_URL}", {}),
    ("my url is", f"the url is {_URL}", {}),
    ("url and semicolon", f"{_URL};", {}),
    ("quoted, comma", f'"{_URL}",', {}),
    ("html", f"<code>{_URL}</code>", {}),
    ("fence with a language", f"```bash\nexport DATABASE_URL={_URL}\n```", {}),
    ("trailing comment", f"DATABASE_URL={_URL}   # pooled", {}),
    ("sslrootcert=system", f"{_URL}?sslrootcert=system", {"sslmode": "verify-full"}),
    ("gssencmode", f"{_URL}?gssencmode=disable", {}),
    (
        "password with dollar",
        "postgresql://app:$ecret1@db.example.com:5432/shop",
        {"password": "$ecret1"},
    ),
    (
        "env password with signs",
        "DB_HOST=db.example.com\nDB_USER=app\nDB_PASSWORD=a(b)#c{d}\nDB_NAME=shop",
        {"password": "a(b)#c{d}"},
    ),
    (
        "env password quoted",
        'DB_HOST=db.example.com\nDB_USER=app\nDB_PASSWORD="a b # c"\nDB_NAME=shop',
        {"password": "a b # c"},
    ),
    (
        "env password with an equals sign",
        "DB_HOST=db.example.com\nDB_USER=app\nDB_PASSWORD=abc==\nDB_NAME=shop",
        {"password": "abc=="},
    ),
    (
        "yaml password with a colon",
        "host: db.example.com\nuser: app\npassword: a:b@c\ndatabase: shop",
        {"password": "a:b@c"},
    ),
    (
        "labels, password with a comma at its end",
        "Host: db.example.com\nUser: app\nPassword: abc,\nDatabase: shop",
        {"password": "abc,"},
    ),
)

MORE: Final[tuple[tuple[str, str, dict[str, Any]], ...]] = (
    (
        "more 1",
        'DATABASE_URL="postgresql://app:s3cr3t@db.example.com:5432/shop?schema=public&connection_limit=5&pool_timeout=10"',
        {},
    ),
    (
        "more 2",
        "export DATABASE_URL='postgresql://app:s3cr3t@db.example.com:5432/shop'\nexport REDIS_URL='redis://x:y@h:6379'",
        {},
    ),
    (
        "more 3",
        "DATABASE_URL=postgresql://app:s3cr3t@db.example.com:5432/shop\nSHADOW_DATABASE_URL=postgresql://app:s3cr3t@db.example.com:5432/shadow",
        {},
    ),
    (
        "more 4",
        "DATABASE_URL=postgresql://app:s3cr3t@db.example.com:5432/shop\nTEST_DATABASE_URL=postgresql://app:s3cr3t@db.example.com:5432/test",
        {},
    ),
    (
        "more 5",
        "DATABASE_URL=postgresql://app:s3cr3t@db.example.com:5432/shop\nREPLICA_URL=postgresql://app:s3cr3t@ro.example.com:5432/shop",
        {},
    ),
    ("more 6", "DATABASE_URL postgresql://app:s3cr3t@db.example.com:5432/shop", {}),
    ("more 7", "DATABASE_URL\npostgresql://app:s3cr3t@db.example.com:5432/shop", {}),
    ("more 8", "DATABASE_URL :  postgresql://app:s3cr3t@db.example.com:5432/shop", {}),
    ("more 9", "“DATABASE_URL”: “postgresql://app:s3cr3t@db.example.com:5432/shop”", {}),
    ("more 10", "DATABASE_URL=’postgresql://app:s3cr3t@db.example.com:5432/shop’", {}),
    ("more 11", "`DATABASE_URL=postgresql://app:s3cr3t@db.example.com:5432/shop`", {}),
    ("more 12", "> psql postgresql://app:s3cr3t@db.example.com:5432/shop", {}),
    ("more 13", "me@mac ~ % psql postgresql://app:s3cr3t@db.example.com:5432/shop", {}),
    ("more 14", "[me@srv ~]$ psql postgresql://app:s3cr3t@db.example.com:5432/shop", {}),
    ("more 15", "% psql postgresql://app:s3cr3t@db.example.com:5432/shop", {}),
    ("more 16", "postgres=# \\c postgresql://app:s3cr3t@db.example.com:5432/shop", {}),
    ("more 17", "psql -U app -h db.example.com -d shop -W", {"password": ""}),
    ("more 18", "psql -U app -h db.example.com -d shop -p5432 sslmode=require", {"password": ""}),
    ("more 19", 'psql "postgresql://app@db.example.com/shop"', {"password": ""}),
    (
        "more 20",
        'PGPASSWORD=s3cr3t psql "sslmode=require host=db.example.com dbname=shop user=app"',
        {},
    ),
    (
        "more 21",
        "PGPASSWORD='s3cr3t' psql --host db.example.com --username app --dbname shop --port 5432",
        {},
    ),
    ("more 22", 'PGPASSWORD="s3cr3t" pgcli -h db.example.com -u app -d shop', {}),
    ("more 23", "SET PGPASSWORD=s3cr3t\npsql -h db.example.com -U app -d shop", {}),
    (
        "more 24",
        'set PGPASSWORD=s3cr3t\r\n"C:\\Program Files\\PostgreSQL\\16\\bin\\psql.exe" -h db.example.com -U app -d shop',
        {},
    ),
    (
        "more 25",
        "$Env:PGPASSWORD='s3cr3t'; & 'C:\\Program Files\\PostgreSQL\\16\\bin\\psql.exe' -h db.example.com -U app -d shop",
        {},
    ),
    ("more 26", 'set -gx DATABASE_URL "postgresql://app:s3cr3t@db.example.com:5432/shop"', {}),
    ("more 27", "setenv DATABASE_URL postgresql://app:s3cr3t@db.example.com:5432/shop", {}),
    (
        "more 28",
        "heroku config:set DATABASE_URL=postgresql://app:s3cr3t@db.example.com:5432/shop -a shop",
        {},
    ),
    (
        "more 29",
        "fly secrets set DATABASE_URL=postgresql://app:s3cr3t@db.example.com:5432/shop",
        {},
    ),
    (
        "more 31",
        "kubectl create secret generic db --from-literal=DATABASE_URL=postgresql://app:s3cr3t@db.example.com:5432/shop",
        {},
    ),
    (
        "more 33",
        "docker run --rm -e PGPASSWORD=s3cr3t postgres psql -h db.example.com -U app shop",
        {},
    ),
    (
        "more 35",
        "Server=db.example.com;Port=5432;Database=shop;User Id=app;Password=s3cr3t;Timeout=30;Command Timeout=60;Keepalive=30;",
        {},
    ),
    (
        "more 36",
        "Host=db.example.com; Port=5432; Database=shop; Username=app; Password=s3cr3t; SslMode=Require; Trust Server Certificate=true",
        {},
    ),
    ("more 37", '"Host=db.example.com;Database=shop;Username=app;Password=s3cr3t"', {}),
    ("more 38", "Data Source=db.example.com;Initial Catalog=shop;User ID=app;Password=s3cr3t", {}),
    ("more 39", "USER ID=app;PASSWORD=s3cr3t;HOST=db.example.com;PORT=5432;DATABASE=shop", {}),
    (
        "more 40",
        "Host=db.example.com:5433;Database=shop;Username=app;Password=s3cr3t",
        {"port": 5433},
    ),
    (
        "more 42",
        "Provider=PostgreSQL OLE DB Provider;Data Source=db.example.com;location=shop;User ID=app;password=s3cr3t;timeout=1000;",
        {},
    ),
    (
        "more 43",
        "Dsn=PostgreSQL35W;database=shop;server=db.example.com;port=5432;uid=app;pwd=s3cr3t",
        {},
    ),
    (
        "more 44",
        "XpoProvider=Postgres;Server=db.example.com;User ID=app;Password=s3cr3t;Database=shop;Encoding=UNICODE",
        {},
    ),
    (
        "more 46",
        "spring.datasource.hikari.jdbc-url=jdbc:postgresql://db.example.com:5432/shop\nspring.datasource.hikari.username=app\nspring.datasource.hikari.password=s3cr3t",
        {},
    ),
    (
        "more 47",
        "hibernate.connection.url=jdbc:postgresql://db.example.com:5432/shop\nhibernate.connection.username=app\nhibernate.connection.password=s3cr3t",
        {},
    ),
    (
        "more 48",
        "jdbc.url=jdbc:postgresql://db.example.com:5432/shop\njdbc.user=app\njdbc.password=s3cr3t",
        {},
    ),
    (
        "more 49",
        "<url>jdbc:postgresql://db.example.com:5432/shop</url>\n<username>app</username>\n<password>s3cr3t</password>",
        {},
    ),
    (
        "more 50",
        'dataSource.setUrl("jdbc:postgresql://db.example.com:5432/shop");\ndataSource.setUsername("app");\ndataSource.setPassword("s3cr3t");',
        {},
    ),
    (
        "more 52",
        "micronaut:\n  application:\n    name: demo\ndatasources:\n  default:\n    url: jdbc:postgresql://db.example.com:5432/shop\n    username: app\n    password: s3cr3t",
        {},
    ),
    (
        "more 54",
        "jdbc:postgresql://db.example.com:5432/shop?user=app&password=s3cr3t&currentSchema=public&ssl=true&sslmode=require&tcpKeepAlive=true&reWriteBatchedInserts=true",
        {},
    ),
    ("more 55", "jdbc:postgresql://db.example.com/shop;user=app;password=s3cr3t", {}),
    (
        "more 56",
        "DB_CONNECTION=pgsql DB_HOST=db.example.com DB_PORT=5432 DB_DATABASE=shop DB_USERNAME=app DB_PASSWORD=s3cr3t",
        {},
    ),
    (
        "more 57",
        'DB_CONNECTION="pgsql"\nDB_HOST="db.example.com"\nDB_PORT="5432"\nDB_DATABASE="shop"\nDB_USERNAME="app"\nDB_PASSWORD=\'s3cr3t\'\nDB_SSLMODE=require',
        {},
    ),
    (
        "more 58",
        "DB_DSN=pgsql:host=db.example.com;port=5432;dbname=shop\nDB_USER=app\nDB_PASS=s3cr3t",
        {},
    ),
    (
        "more 59",
        "'db' => [\n  'class' => 'yii\\db\\Connection',\n  'dsn' => 'pgsql:host=db.example.com;dbname=shop',\n  'username' => 'app',\n  'password' => 's3cr3t',\n]",
        {},
    ),
    (
        "more 60",
        "$conn = pg_connect('host=db.example.com dbname=shop user=app password=s3cr3t');",
        {},
    ),
    (
        "more 61",
        "$db['default']['hostname'] = 'db.example.com';\n$db['default']['username'] = 'app';\n$db['default']['password'] = 's3cr3t';\n$db['default']['database'] = 'shop';\n$db['default']['dbdriver'] = 'postgre';",
        {},
    ),
    (
        "more 62",
        "database.default.hostname = db.example.com\ndatabase.default.database = shop\ndatabase.default.username = app\ndatabase.default.password = s3cr3t\ndatabase.default.DBDriver = Postgre\ndatabase.default.port = 5432",
        {},
    ),
    (
        "more 63",
        'DATABASES = {\n    "default": {\n        "ENGINE": "django.db.backends.postgresql",\n        "NAME": "shop",\n        "USER": "app",\n        "PASSWORD": "s3cr3t",  # change me\n        "HOST": "db.example.com",\n        "PORT": "",\n    }\n}',
        {},
    ),
    (
        "more 64",
        "os.environ['DATABASE_URL'] = 'postgresql://app:s3cr3t@db.example.com:5432/shop'",
        {},
    ),
    (
        "more 65",
        "os.environ.setdefault('DATABASE_URL', 'postgresql://app:s3cr3t@db.example.com:5432/shop')",
        {},
    ),
    (
        "more 66",
        "engine = create_async_engine(\n    'postgresql+asyncpg://app:s3cr3t@db.example.com/shop',\n    echo=True,\n)",
        {},
    ),
    (
        "more 68",
        'conn = psycopg2.connect(\n    dbname="shop",\n    user="app",\n    password="s3cr3t",\n    host="db.example.com",\n    port="5432",\n    sslmode="require",\n)',
        {},
    ),
    (
        "more 69",
        "psycopg.connect('postgresql://app:s3cr3t@db.example.com/shop', sslmode='require')",
        {},
    ),
    (
        "more 70",
        "pool = AsyncConnectionPool(conninfo='host=db.example.com dbname=shop user=app password=s3cr3t')",
        {},
    ),
    (
        "more 71",
        "config = {'host': 'db.example.com', 'port': 5432, 'user': 'app', 'password': 's3cr3t', 'dbname': 'shop'}",
        {},
    ),
    (
        "more 72",
        "{ host: 'db.example.com', port: 5432, user: 'app', password: 's3cr3t', database: 'shop', ssl: 'require' }",
        {},
    ),
    (
        "more 73",
        "const sql = postgres('postgresql://app:s3cr3t@db.example.com:5432/shop', { ssl: 'require' })",
        {},
    ),
    (
        "more 74",
        'const client = new pg.Client("postgresql://app:s3cr3t@db.example.com:5432/shop");',
        {},
    ),
    (
        "more 75",
        "import { Pool } from 'pg';\nconst pool = new Pool({ connectionString: 'postgresql://app:s3cr3t@db.example.com:5432/shop' });",
        {},
    ),
    (
        "more 77",
        "module.exports = { development: { client: 'postgresql', connection: 'postgresql://app:s3cr3t@db.example.com:5432/shop' } }",
        {},
    ),
    (
        "more 79",
        'datasource db {\n  provider = "postgresql"\n  url      = "postgresql://app:s3cr3t@db.example.com:5432/shop"\n}',
        {},
    ),
    (
        "more 81",
        "ActiveRecord::Base.establish_connection(adapter: 'postgresql', host: 'db.example.com', username: 'app', password: 's3cr3t', database: 'shop')",
        {},
    ),
    ("more 82", "DB = Sequel.connect('postgres://app:s3cr3t@db.example.com/shop')", {}),
    ("more 83", 'config :shop, Shop.Repo, url: "ecto://app:s3cr3t@db.example.com/shop"', {}),
    (
        "more 84",
        'db, err := gorm.Open(postgres.Open("host=db.example.com user=app password=s3cr3t dbname=shop port=5432 sslmode=require"), &gorm.Config{})',
        {},
    ),
    (
        "more 85",
        'conn, err := pgx.Connect(context.Background(), "postgresql://app:s3cr3t@db.example.com:5432/shop")',
        {},
    ),
    ("more 86", 'dsn = "host=db.example.com port=5432 user=app password=s3cr3t dbname=shop"', {}),
    (
        "more 87",
        'let pool = PgPoolOptions::new().connect("postgresql://app:s3cr3t@db.example.com:5432/shop").await?;',
        {},
    ),
    (
        "more 88",
        "Name: shop-db\nHost: db.example.com\nPort: 5432\nDatabase: shop\nUsername: app\nPassword: s3cr3t",
        {},
    ),
    ("more 89", "Server: db.example.com\nDatabase: shop\nUser: app\nPassword: s3cr3t", {}),
    (
        "more 90",
        "Hostname: db.example.com\r\nPort: 5432\r\nDB: shop\r\nLogin: app\r\nPassword: s3cr3t\r\n",
        {},
    ),
    (
        "more 91",
        "host      | db.example.com\nport      | 5432\ndatabase  | shop\nuser      | app\npassword  | s3cr3t",
        {},
    ),
    (
        "more 92",
        "Host:\ndb.example.com\nPort:\n5432\nDatabase:\nshop\nUser:\napp\nPassword:\ns3cr3t",
        {},
    ),
    (
        "more 93",
        "Host: db.example.com; Port: 5432; Database: shop; User: app; Password: s3cr3t",
        {},
    ),
    (
        "more 94",
        "Host - db.example.com\nPort - 5432\nDatabase - shop\nUser - app\nPassword - s3cr3t",
        {},
    ),
    (
        "more 95",
        "Host = db.example.com\nPort = 5432\nDatabase = shop\nUsername = app\nPassword = s3cr3t\nSSL Mode = Require",
        {},
    ),
    ("more 96", "host: db.example.com port: 5432 dbname: shop user: app password: s3cr3t", {}),
    ("more 97", "host=db.example.com, port=5432, dbname=shop, user=app, password=s3cr3t", {}),
    ("more 99", 'host="db.example.com" port="5432" dbname="shop" user="app" password="s3cr3t"', {}),
    (
        "more 100",
        "host=db.example.com\nport=5432\ndbname=shop\nuser=app\npassword=s3cr3t\nsslmode=verify-full\nsslrootcert=system",
        {"sslmode": "verify-full"},
    ),
    (
        "more 101",
        "dbname=shop host=db.example.com user=app password=s3cr3t target_session_attrs=read-write connect_timeout=10 application_name=x keepalives=1 keepalives_idle=30",
        {},
    ),
    (
        "more 102",
        'POSTGRES_HOST: db.example.com\nPOSTGRES_PORT: "5432"\nPOSTGRES_DB: shop\nPOSTGRES_USER: app\nPOSTGRES_PASSWORD: s3cr3t',
        {},
    ),
    ("more 105", "Connection URL: postgresql://app:s3cr3t@db.example.com:5432/shop (internal)", {}),
    ("more 106", "The database is at postgresql://app:s3cr3t@db.example.com:5432/shop", {}),
    (
        "more 107",
        "Hi! Here is the string you asked for:\n\npostgresql://app:s3cr3t@db.example.com:5432/shop\n\nBest, Tom",
        {},
    ),
    ("more 108", "postgresql://app:s3cr3t@db.example.com:5432/shop .", {}),
    ("more 109", "postgresql://app:s3cr3t@db.example.com:5432/shop\\", {}),
    ("more 110", "<postgresql://app:s3cr3t@db.example.com:5432/shop>", {}),
    ("more 111", "(postgresql://app:s3cr3t@db.example.com:5432/shop)", {}),
    ("more 112", "[link](postgresql://app:s3cr3t@db.example.com:5432/shop)", {}),
    ("more 116", "postgresql://app:s3cr3t@db.example.com:5432/shop?sslmode=require,", {}),
    ("more 117", 'postgresql://app:s3cr3t@db.example.com:5432/shop?sslmode=require"', {}),
    ("more 118", "'postgresql://app:s3cr3t@db.example.com:5432/shop", {}),
    (
        "more 122",
        'postgresql://app:s3cr3t@db.example.com:5432/shop?ssl={"rejectUnauthorized":true}',
        {},
    ),
)

NOTED: Final[tuple[tuple[str, str], ...]] = (
    ("env password and a comment", "What follows the password after a blank"),
    ("neon env block", "ENDPOINT_ID was left out"),
    ("railway raw env", "DATABASE_PUBLIC_URL was taken"),
    ("railway raw json", "DATABASE_PUBLIC_URL was taken"),
    ("railway internal first", "DATABASE_PUBLIC_URL was taken"),
    ("render both", "External Database URL was taken"),
    ("digitalocean flags", "--set sslmode was read"),
    ("npgsql pooled", "Min Pool Size was left out"),
    ("symfony", "serverversion was left out"),
    ("sslrootcert=system", "sslrootcert=system was read as sslmode=verify-full"),
    ("zero width at both ends", "Invisible characters around it"),
    ("byte-order mark", "Invisible characters around it"),
    ("kubernetes secret", "decoded from base64"),
    ("base64 alone", "decoded from base64"),
    ("rds endpoint with port", "The port was read from the host"),
    ("laravel in its .env", "were left out"),
    ("psql with a command", "The option -c was left out"),
    ("trailing comment", "The comment at the end was taken off"),
)

REFUSED: Final[tuple[tuple[str, str, str, str], ...]] = (
    (
        "template of a program",
        'SQLALCHEMY_DATABASE_URL = f"postgresql://{user}:{password}@{host}/{db}"',
        "format",
        "placeholder",
    ),
    (
        "prisma schema",
        'datasource db {\n  provider = "postgresql"\n  url      = env("DATABASE_URL")\n}',
        "format",
        "looked up elsewhere",
    ),
    ("blank after the @", "postgresql://u:p@ db.example.com/d", "format", "blank after the @"),
    ("slashes forgotten", "postgresql//u:p@db.example.com/d", "format", "postgresql://"),
    ("several hosts with ports", "postgresql://u:p@h1:5432,h2:5432/d", "format", "several hosts"),
    (
        "several hosts in jdbc",
        "jdbc:postgresql://h1:5432,h2:5432/d?user=u&password=p",
        "format",
        "several hosts",
    ),
    (
        "several hosts in .net",
        "Host=h1,h2;Username=u;Password=p;Database=d",
        "format",
        "several hosts",
    ),
    (
        "several hosts in .net with ports",
        "Host=h1:5432,h2:5433;Username=u;Password=p;Database=d",
        "format",
        "several hosts",
    ),
    (
        "several hosts in env",
        "PGHOST=h1,h2\nPGUSER=u\nPGPASSWORD=p\nPGDATABASE=d",
        "format",
        "several hosts",
    ),
    (
        "several hosts, odd password",
        "postgresql://u:p@ss@h1:5432,h2:5432/d",
        "format",
        "several hosts",
    ),
    ("several hosts in psql", "psql -h h1,h2 -U u d", "format", "several hosts"),
    (
        ".net, unknown setting",
        "Host=db.example.com;Username=app;Password=tr0ub4dor hunter2=x;Foo Bar=1",
        "forbidden_param",
        "Setting 4",
    ),
    (
        ".net, password with a semicolon",
        "Host=db.example.com;Username=app;Password=a;b;Database=shop",
        "format",
        "Setting 4",
    ),
    (
        "jdbc, unknown parameter",
        "jdbc:postgresql://db.example.com/db?user=u&password=abc&hunter2=1",
        "forbidden_param",
        "Parameter 1",
    ),
    (
        "azure placeholder",
        f"Server={_AZURE};Database=shop;Port=5432;User Id=app;Password={{your_password}};Ssl Mode=VerifyFull;",
        "format",
        "where the password should be",
    ),
    (
        "azure env placeholder",
        f'export PGHOST={_AZURE}\nexport PGUSER=app\nexport PGPORT=5432\nexport PGDATABASE=shop\nexport PGPASSWORD="{{your-password}}"',
        "format",
        "where the password should be",
    ),
    (
        "supabase placeholder",
        f"postgresql://postgres.abc:[YOUR-PASSWORD]@{_SESSION}:5432/postgres",
        "format",
        "where the password should be",
    ),
    (
        "a whole placeholder",
        "postgresql://USER:PASSWORD@HOST:PORT/DATABASE",
        "format",
        "placeholder",
    ),
    (
        "railway references",
        'DATABASE_PUBLIC_URL="postgresql://${{PGUSER}}:${{POSTGRES_PASSWORD}}@${{RAILWAY_TCP_PROXY_DOMAIN}}:${{RAILWAY_TCP_PROXY_PORT}}/${{PGDATABASE}}"',
        "format",
        "placeholder",
    ),
    (
        "laravel config",
        "'host' => env('DB_HOST', '127.0.0.1'),\n'port' => env('DB_PORT', '5432'),\n'database' => env('DB_DATABASE', 'forge'),\n'username' => env('DB_USERNAME', 'forge'),\n'password' => env('DB_PASSWORD', ''),",
        "format",
        "looked up elsewhere",
    ),
    (
        "django environ",
        "DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': os.environ['DB_NAME'], 'USER': os.environ['DB_USER'], 'PASSWORD': os.environ['DB_PASSWORD'], 'HOST': os.environ['DB_HOST']}}",
        "format",
        "looked up elsewhere",
    ),
    (
        "rds without database",
        f'{{"username":"app","password":"s3cr3t","engine":"postgres","host":"{_RDS}","port":5432}}',
        "database_missing",
        "database",
    ),
    (
        "rds root certificate",
        f'psql "host={_RDS} port=5432 dbname=shop user=app sslmode=verify-full sslrootcert=/certs/global-bundle.pem"',
        "forbidden_param",
        "sslrootcert",
    ),
    (
        "cloud sql socket",
        "postgresql+psycopg2://app:s3cr3t@/shop?host=/cloudsql/acme:europe-west1:shop",
        "unix_socket",
        "socket",
    ),
    (
        "cloud sql pg8000 socket",
        "postgresql+pg8000://app:s3cr3t@/shop?unix_sock=/cloudsql/acme:europe-west1:shop/.s.PGSQL.5432",
        "unix_socket",
        "socket",
    ),
    (
        "cockroach cluster",
        "postgresql://app:s3cr3t@free-tier.cockroachlabs.cloud:26257/defaultdb?sslmode=verify-full&options=--cluster%3Dshop-123",
        "forbidden_param",
        "cluster",
    ),
    (
        "mysql laravel",
        "DB_CONNECTION=mysql\nDB_HOST=127.0.0.1\nDB_PORT=3306\nDB_DATABASE=shop\nDB_USERNAME=root\nDB_PASSWORD=s3cr3t",
        "scheme",
        "another database",
    ),
    ("mysql url", "DATABASE_URL=mysql://root:s3cr3t@localhost:3306/shop", "scheme", "MySQL"),
    (
        "sql server",
        "Server=tcp:shop.database.windows.net,1433;Initial Catalog=shop;Persist Security Info=False;User ID=app;Password=s3cr3t;MultipleActiveResultSets=False;Encrypt=True;",
        "scheme",
        "Microsoft SQL Server",
    ),
    ("pdo mysql", "mysql:host=localhost;dbname=shop", "scheme", "MySQL"),
    (
        "supabase api",
        "https://abcdefghijklmnopqrst.supabase.co",
        "scheme",
        "connection string of the database itself",
    ),
    (
        "supabase keys",
        "NEXT_PUBLIC_SUPABASE_URL=https://abcdefghijklmnopqrst.supabase.co\nNEXT_PUBLIC_SUPABASE_ANON_KEY=eyJhbGciOi",
        "scheme",
        "connection string of the database itself",
    ),
    ("no scheme", "app:s3cr3t@db.example.com:5432/shop", "format", "postgresql://"),
    ("host alone", "db.example.com", "format", "host alone"),
    ("host and port", "db.example.com:5432", "format", "host alone"),
    (
        "heroku command",
        "heroku pg:psql postgresql-round-1 --app shop",
        "format",
        "looks the connection string up",
    ),
    ("railway command", "railway connect postgres", "format", "looks the connection string up"),
    (
        "docker server",
        "docker run --name pg -e POSTGRES_PASSWORD=s3cr3t -e POSTGRES_USER=app -e POSTGRES_DB=shop -p 5432:5432 -d postgres:16",
        "host_missing",
        "container",
    ),
    (
        "compose server",
        "services:\n  db:\n    image: postgres:16\n    environment:\n      POSTGRES_USER: app\n      POSTGRES_PASSWORD: s3cr3t\n      POSTGRES_DB: shop",
        "host_missing",
        "container",
    ),
    (
        "psql inside of a container",
        "docker exec -it pg psql -U app -d shop",
        "host_missing",
        "container",
    ),
    (
        "two strings",
        f"{_URL}\npostgresql://app:s3cr3t@other.example.com/shop",
        "format",
        "several connection strings",
    ),
    (
        "two named strings",
        f"DEV_DB={_URL}\nPROD_DB=postgresql://app:s3cr3t@other.example.com/shop",
        "format",
        "several databases",
    ),
    (
        "rails, three of them",
        "development:\n  host: a.example.com\n  database: dev\n  username: app\n  password: x\nproduction:\n  host: b.example.com\n  database: prod\n  username: app\n  password: y",
        "format",
        "several databases",
    ),
    ("blank in the host", "postgresql://u:p@safe.example%20/app", "format", "blank in the host"),
    ("line break in it", "postgresql://u:p@db.exam\nple.com/d", "control_chars", "line break"),
    ("zero width inside", "postgresql://u:p\u200b@db.example.com/d", "control_chars", "U+200B"),
    ("tab inside", "postgresql://u:p\t@db.example.com/d", "control_chars", "tab"),
    ("psql, unknown option", "psql -h db.example.com --hunter2=x -U app shop", "format", "Word 3"),
    ("psql, socket", "psql -h /var/run/postgresql -U app shop", "unix_socket", "socket"),
    (
        "search_path option",
        f"{_URL}?options=-c%20search_path%3Dapp",
        "forbidden_param",
        "ALTER ROLE",
    ),
    ("pg service", "service=shop", "forbidden_param", "service"),
    ("pgpass with a star", "db.example.com:5432:*:app:s3cr3t", "database_missing", "database"),
    ("unknown scheme", "hunter2://u:p@db.example.com/d", "scheme", "before ://"),
    (
        "password of env with a reference",
        "PGHOST=db.example.com\nPGUSER=app\nPGDATABASE=shop\nPGPASSWORD=$(cat /run/secrets/pw)",
        "format",
        "password",
    ),
)
