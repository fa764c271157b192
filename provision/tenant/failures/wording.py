"""Holds what is said about each thing that can be wrong with a connection, and what to do next.

Plain words for somebody who has never run a database. `translate.explain` fills `{…}` with parts of
the connection string; nothing that a server said comes in here. A test shows what leads to each.
"""

from __future__ import annotations

from typing import Final

MAY_BE_DONE: Final = "It may have been saved all the same: look before you send it again."
"""Stands before the remedy where a write was sent and its answer never came."""

NOT_LET_IN: Final = (
    (
        "This server is not allowed to connect to your database any more: the network policy "
        "refuses the address of its host{where}."
    ),
    "Nothing is lost: your work is in your database.",
)
"""Of a saved connection; before the second sentence stands one of OPERATOR_WORDS."""

OPERATOR_WORDS: Final[dict[str, str]] = {
    "never": (
        "No setting lets such an address in, PROVISION_ALLOW_NETWORKS included. Look where the "
        "host's name leads, and replace the connection string by one with another host."
    ),
    "denied": (
        "Its network is listed in PROVISION_DENY_NETWORKS, which wins over "
        "PROVISION_ALLOW_NETWORKS and PROVISION_NETWORK_POLICY. Ask whoever runs this server to "
        "take it off that list."
    ),
    "intranet": (
        "Ask whoever runs this server to list its network in PROVISION_ALLOW_NETWORKS: "
        "PROVISION_NETWORK_POLICY is intranet, which does not let it in."
    ),
    "loopback under intranet": (
        "PROVISION_NETWORK_POLICY is intranet, which lets in databases on the server itself only "
        "while it listens on 127.0.0.1 alone and PROVISION_TRUSTED_PROXIES is 0. Ask whoever runs "
        "this server to list 127.0.0.0/8 (or ::1/128) in PROVISION_ALLOW_NETWORKS."
    ),
    "public": (
        "PROVISION_NETWORK_POLICY is public, which lets in public addresses only. Ask whoever runs "
        "this server to list its network in PROVISION_ALLOW_NETWORKS."
    ),
    "loopback under public": (
        "PROVISION_NETWORK_POLICY is public, under which no list lets in a database on the server "
        "itself. Ask whoever runs this server to set it to intranet and to list 127.0.0.0/8 (or "
        "::1/128) in PROVISION_ALLOW_NETWORKS."
    ),
}
"""What the operator would have to change, by the rule of the policy that refuses an address."""

GENERAL: Final[dict[str, tuple[str, str]]] = {
    # Before connecting
    "format": (
        "This does not read as a PostgreSQL connection string.",
        (
            "Copy the whole string again from your provider's console. It looks like "
            "postgresql://user:password@host:5432/database."
        ),
    ),
    "scheme": (
        "This is the address of something else than a PostgreSQL database.",
        "Copy the string that begins with postgresql:// or postgres://.",
    ),
    "host_missing": (
        "The connection string names no host.",
        "Put the server's name after the @: postgresql://user:password@HOST:5432/database.",
    ),
    "database_missing": (
        "The connection string names no database.",
        (
            "Put the database's name at the end, after a slash: "
            "postgresql://user:password@host/DATABASE."
        ),
    ),
    "port": (
        "The port is not a number from 1 to 65535.",
        "Write the port after the host and a colon; PostgreSQL's usual one is 5432.",
    ),
    "forbidden_param": (
        "The connection string has a parameter that is not taken here.",
        (
            "Take it out of the string. sslmode, channel_binding and Neon's options=endpoint=… may "
            "stay."
        ),
    ),
    "unix_socket": (
        "This names a socket file on one machine, not a server on the network.",
        "Use the server's name or address and its port in place of the folder.",
    ),
    "too_long": (
        "This is longer than the 2,048 characters a connection string may have.",
        "Paste the connection string alone.",
    ),
    "control_chars": (
        "There are invisible characters or line breaks inside the connection string.",
        "Copy it again as one line, or remove the invisible characters.",
    ),
    "blocked_address": (
        "The host is {where}, where this server makes no connections to.",
        (
            "Use the address under which the database is reached from the internet. If it must be "
            "this one, whoever runs this server can list its network in PROVISION_ALLOW_NETWORKS."
        ),
    ),
    # On connecting
    "dns_failed": (
        "The name {host} does not lead to any address.",
        (
            "Compare the host with your provider's console, letter by letter. Is the database "
            "still there, or paused or deleted?"
        ),
    ),
    "connection_refused": (
        "{host} answers, but nothing listens on port {port}.",
        (
            "Compare the port with your provider's console, and check that the database is running "
            "and listens on its network address (listen_addresses), not on localhost alone."
        ),
    ),
    "unreachable": (
        "There is no way through the network to {host}.",
        (
            "Check that the host is meant to be reached from outside, and that no firewall stands "
            "between."
        ),
    ),
    "connect_timeout": (
        "{host} did not answer in time on port {port}.",
        (
            "A firewall that drops what it does not know does this: let the address of this server "
            "in. If the database sleeps when idle, test again in a few seconds."
        ),
    ),
    "not_postgres": (
        "Something answers on port {port} of {host}, but it is not PostgreSQL.",
        "Compare host and port with your provider's console; PostgreSQL's usual port is 5432.",
    ),
    "tls_required": (
        "The server takes encrypted connections only.",
        "Add ?sslmode=require to the end of the connection string, or replace the sslmode it has.",
    ),
    "tls_unsupported": (
        (
            "The server does not offer encryption (TLS), or none recent enough, and this "
            "connection needs it."
        ),
        (
            "Switch TLS on at the server (ssl = on, with TLS 1.2 or later), or use the host of "
            "your provider that offers it. Without encryption your password would travel in the "
            "open."
        ),
    ),
    "tls_untrusted": (
        (
            "The server's certificate could not be verified: it is expired, made out to another "
            "name, or signed by an authority not known here."
        ),
        (
            "Paste the CA certificate of your provider (a PEM file) beside the string, or use "
            "sslmode=require to go on encrypted but not verified."
        ),
    ),
    "auth_failed": (
        "{name} refused the user {user} with this password.",
        (
            "Copy the string again with the password shown, or reset the password and paste the "
            "new one. The user must be allowed to log in and not be expired."
        ),
    ),
    "auth_method_refused": (
        (
            "The server asks for the password in a way that would give it away (clear text or "
            "md5), or for none at all."
        ),
        (
            "Set password_encryption = 'scram-sha-256' at the server, set the user's password "
            "anew, and use scram-sha-256 in pg_hba.conf. For an old server md5 can be allowed here."
        ),
    ),
    "access_denied": (
        "The server does not let {user} into the database {database} from here.",
        (
            "Add a line to the server's pg_hba.conf: hostssl {database} {user} ADDRESS "
            "scram-sha-256, with the address of this server, and reload it. The user also needs "
            "the right to CONNECT."
        ),
    ),
    "database_not_found": (
        "There is no database {database} on this server.",
        (
            "Compare the name at the end of the string with your provider's console, or create it: "
            "CREATE DATABASE {database_sql};"
        ),
    ),
    "too_many_connections": (
        "The server has no connection to spare.",
        (
            "Wait a moment and test again. Close other programs that use the database, use your "
            "provider's pooled host, or raise its connection limit."
        ),
    ),
    "server_starting": (
        "The server is starting and takes no connections yet.",
        "Wait a few seconds and test again.",
    ),
    "server_shutting_down": (
        "The server is shutting down or being restarted.",
        "Wait a minute and test again. If it stays down, start it in your provider's console.",
    ),
    "server_closed_connection": (
        "The server closed the connection without giving a reason.",
        "Test again. If it repeats, look at the server's log, and at a pooler or firewall between.",
    ),
    "version_unsupported": (
        "The server is older than PostgreSQL 13.",
        "Upgrade it to PostgreSQL 13 or later; a supported version is best.",
    ),
    "connection_failed": (
        "The connection failed in a way that is not known here.",
        "Test again. If it repeats, tell whoever runs this server when it happened.",
    ),
    # Once connected
    "permission_denied": (
        "The user {user} may not do this in the database {database}.",
        (
            "As the owner of the database run: GRANT USAGE, CREATE ON SCHEMA {schema_sql} TO "
            "{user_sql}; Since PostgreSQL 15 only the owner may create tables in public."
        ),
    ),
    "read_only": (
        "The database takes no changes: it is read-only.",
        (
            "Use the host of the primary, not of a replica, and check that the database has space "
            "left and is not set to default_transaction_read_only."
        ),
    ),
    "query_timeout": (
        "The database did not finish its answer in time.",
        "Try again. If it repeats, the database may be overloaded or waiting for a lock.",
    ),
}

VARIANTS: Final[dict[tuple[str, str], tuple[str, str]]] = {
    ("dns_failed", "timeout"): (
        "Looking up the name {host} took too long.",
        "Try again in a moment. If it repeats, the name server of that domain does not answer.",
    ),
    ("dns_failed", "busy"): (
        "Too many names are being looked up at the moment.",
        "Try again in a moment.",
    ),
    ("blocked_address", "loopback"): (
        "The host is this server itself (localhost), where this server makes no connections to.",
        (
            "localhost means the machine Provision runs on (inside a container: the container), "
            "not yours. Use the name or address under which that machine reaches the database. "
            "Whoever runs this server can list it in PROVISION_ALLOW_NETWORKS."
        ),
    ),
    ("blocked_address", "private"): (
        "The host is an address of a private network, which cannot be reached from here.",
        "Use the public (external) address from your provider's console.",
    ),
    ("connection_refused", "loopback"): (
        "Nothing listens on port {port} of the machine Provision runs on.",
        (
            "localhost means that machine, and inside a container the container itself. If "
            "PostgreSQL runs on the host of the container, use host.docker.internal or its network "
            "address."
        ),
    ),
    ("unreachable", "ipv6"): (
        "{host} has an IPv6 address only, and there is no way to it over IPv6 from this server.",
        (
            "Use a host of your provider that has an IPv4 address (a pooler often has one), or "
            "give this server a connection to the IPv6 internet."
        ),
    ),
    ("auth_failed", "no_password"): (
        "The server asks for a password and the connection string has none.",
        "Put it between the user and the @: postgresql://user:PASSWORD@host/database.",
    ),
    ("auth_method_refused", "channel binding"): (
        "The string demands channel binding, which is not to be had on this way to the server.",
        (
            "Take channel_binding=require out of the string. A pooler that ends the encryption "
            "itself does not offer it. If it was there until now, ask your provider first: it "
            "also protects from somebody in between."
        ),
    ),
    ("connect_timeout", "silent"): (
        "{host} takes connections on port {port}, but says nothing.",
        (
            "The way there is open. Check that PostgreSQL is what listens on this port, and that "
            "it is not overloaded; if a proxy or tunnel is in between, that its other end is up."
        ),
    ),
    ("connect_timeout", "login"): (
        "{host} answered on port {port}, but the log-in did not end in time.",
        (
            "No firewall is in the way. If the database sleeps when idle, test again in a few "
            "seconds. If a pooler answers here, check that the database behind it is running; "
            "else look at the server's load and log."
        ),
    ),
    ("server_shutting_down", "pooler"): (
        "The pooler on port {port} of {host} answers, but the database behind it does not.",
        (
            "Start the database in your provider's console, or check the pooler's address, user "
            "and password for it. Then test again."
        ),
    ),
    ("connection_failed", "statement pooling"): (
        "This pooler (statement mode) allows no transactions.",
        (
            "Use a pooler in session or transaction mode (pool_mode in PgBouncer), or the "
            "database's own port in place of the pooler's."
        ),
    ),
    ("tls_required", "pg_hba"): (
        "The server's pg_hba.conf lets {user} into {database} over encrypted connections only.",
        "Add ?sslmode=require to the end of the connection string, or replace the sslmode it has.",
    ),
    ("auth_method_refused", "rounds"): (
        "The server asks for so much computation before it takes a password that it was left.",
        (
            "Set scram_iterations at the server to its usual value (4096) and set the user's "
            "password anew."
        ),
    ),
    ("too_many_connections", "here"): (
        "All the connections kept for this database are in use.",
        "Wait a moment and try again.",
    ),
    ("permission_denied", "row policy"): (
        "A row-level policy of your database refused this row to the user {user}.",
        (
            "Connect as the owner of the tables, or add a policy that lets this user in, for each "
            "table: CREATE POLICY provision ON tasks TO {user_sql} USING (true) WITH CHECK (true);"
        ),
    ),
    ("permission_denied", "policy"): (
        (
            "A row-level policy, trigger or view of your database failed: it asks for a setting "
            "or value that this app does not give, such as current_setting('app.user')."
        ),
        (
            "Connect as a role that the policy does not apply to (the owner of the tables), or "
            "let it do without the setting: current_setting('app.user', true)."
        ),
    ),
    ("permission_denied", "owner"): (
        "Tables of this app are there, but they belong to another role than {user}.",
        (
            "Only their owner can add to them. Connect as the owner, or let the owner run: "
            "ALTER TABLE profiles OWNER TO {user_sql}; and the same for the other tables."
        ),
    ),
    ("permission_denied", "schema"): (
        "The user {user} may not use, or not create tables in, the schema of the tables.",
        "As its owner run: GRANT USAGE, CREATE ON SCHEMA {schema_sql} TO {user_sql};",
    ),
    ("permission_denied", "table"): (
        "The user {user} lacks rights on a table of this app.",
        (
            "As the owner of the tables run: GRANT SELECT, INSERT, UPDATE, DELETE ON profiles, "
            "projects, tasks, team_members TO {user_sql};"
        ),
    ),
    ("permission_denied", "database"): (
        "The user {user} lacks a right on the database {database} itself.",
        "As its owner run: GRANT CONNECT, CREATE ON DATABASE {database_sql} TO {user_sql};",
    ),
    ("permission_denied", "statement"): (
        "The database refused this to the user {user}: a right is missing.",
        (
            "Connect as the owner of the database, or ask its owner which right it is: the "
            "server's log names it."
        ),
    ),
    ("permission_denied", "another schema"): (
        (
            "The user {user} may not create tables in the schema where they would go, but may in "
            "another."
        ),
        "Make that the first of its schemas: ALTER ROLE {user_sql} SET search_path = {schema_sql};",
    ),
    ("permission_denied", "temporary"): (
        (
            "New tables of the user {user} would be temporary, and gone when the connection "
            "closes: its search_path begins with pg_temp."
        ),
        "Run: ALTER ROLE {user_sql} RESET search_path; or set it to the schema that is meant.",
    ),
    ("permission_denied", "no schema"): (
        "The user {user} has no schema to create tables in, in the database {database}.",
        (
            "As the owner of the database run: GRANT USAGE, CREATE ON SCHEMA public TO {user_sql}; "
            "If that changes nothing, the user's search_path leads nowhere: "
            "ALTER ROLE {user_sql} RESET search_path;"
        ),
    ),
    ("connection_failed", "disk_full"): (
        "The database has no space left.",
        "Delete what is not needed or take a bigger plan at your provider.",
    ),
    ("connection_failed", "answer"): (
        "The database answered with something that cannot be read here.",
        "Look for values or columns that were changed by hand, such as dates out of range.",
    ),
}

FOR_PROVIDER: Final[dict[tuple[str, str], str]] = {
    ("dns_failed", "neon"): (
        "In Neon, open your project, press Connect and copy the string again. A deleted project "
        "or branch takes its host name along."
    ),
    ("dns_failed", "supabase"): (
        "In Supabase, check that the project is not paused (a free one is after a week without "
        "use) and restore it if so. Then press Connect and copy the session pooler's string: the "
        "direct host (db.….supabase.co) answers over IPv6 only."
    ),
    ("dns_failed", "railway"): (
        "In Railway, open the Postgres service, then Variables, and copy DATABASE_PUBLIC_URL. A "
        "host ending in railway.internal works inside Railway only."
    ),
    ("dns_failed", "render"): (
        "In Render, open the database and copy the External Database URL. The internal host "
        "(dpg-… without a dot) works inside Render only."
    ),
    ("unreachable", "supabase"): (
        "In Supabase, press Connect and copy the session pooler's string (host ending in "
        "pooler.supabase.com): the direct host answers over IPv6 only, and this server has no "
        "IPv6."
    ),
    ("connect_timeout", "supabase"): (
        "In Supabase, press Connect and copy the session pooler's string (host ending in "
        "pooler.supabase.com): the direct host answers over IPv6 only. Check also that the "
        "project is not paused."
    ),
    ("connect_timeout", "neon"): (
        "A Neon database that slept takes a moment to wake: test again in a few seconds. If the "
        "project has an IP allow list, add the address of this server."
    ),
    ("connect_timeout", "aws-rds"): (
        "In AWS, open the instance's security group and allow inbound TCP {port} from the "
        "address of this server; Public access must be Yes unless both are in one VPC."
    ),
    ("connect_timeout", "azure"): (
        "In Azure, open Networking of the server and add a firewall rule for the address of this "
        "server."
    ),
    ("connect_timeout", "digitalocean"): (
        "In DigitalOcean, open the database's Network Access and add the address of this server "
        "to the trusted sources."
    ),
    ("connect_timeout", "cloud-sql"): (
        "In Google Cloud, add the address of this server to the authorized networks of the "
        "instance."
    ),
    ("connect_timeout", "railway"): (
        "In Railway, open the Postgres service and check under Settings, Networking that it has "
        "a TCP proxy; then copy DATABASE_PUBLIC_URL again."
    ),
    ("connection_refused", "railway"): (
        "In Railway, open the Postgres service, then Variables, and copy DATABASE_PUBLIC_URL "
        "again: the port of the TCP proxy changes when it is made anew."
    ),
    ("connection_refused", "supabase"): (
        "In Supabase, the session pooler's port is 5432, the transaction pooler's 6543. Check "
        "also that the project is not paused."
    ),
    ("tls_untrusted", "aws-rds"): (
        "Download the CA bundle of your region from AWS (a PEM file) and paste it beside the "
        "string, or use sslmode=require to go on encrypted but not verified."
    ),
    ("tls_untrusted", "supabase"): (
        "In Supabase, download the server certificate from the project's database settings and "
        "paste it beside the string, or use sslmode=require to go on encrypted but not verified."
    ),
    ("tls_untrusted", "railway"): (
        "Railway's certificate is signed by itself: use sslmode=require to go on encrypted but "
        "not verified."
    ),
    ("auth_failed", "neon"): (
        "In Neon, press Connect, then Show password, and copy again. Still refused? Under Roles, "
        "reset the password of {user}."
    ),
    ("auth_failed", "supabase"): (
        "With Supabase's pooler the user is postgres.PROJECT, not postgres alone. A forgotten "
        "password is reset in the project's database settings."
    ),
    ("auth_failed", "railway"): (
        "In Railway, open the Postgres service, then Variables, and copy DATABASE_PUBLIC_URL again."
    ),
    ("auth_failed", "render"): (
        "In Render, open the database and copy the External Database URL again."
    ),
    ("auth_failed", "aws-rds"): (
        "In AWS, open the instance, press Modify and set a new master password if this one is lost."
    ),
    ("auth_failed", "azure"): (
        "In Azure, reset the administrator's password on the server's overview page if this one "
        "is lost."
    ),
    ("server_closed_connection", "render"): (
        "In Render, open the database and check its access list: the address of this server must "
        "be in it. Then copy the External Database URL again."
    ),
    ("access_denied", "neon"): (
        "In Neon, check the project's IP allow list, and that its plan has compute time left "
        "this month."
    ),
    ("access_denied", "aws-rds"): (
        "In AWS, rds.force_ssl lets only encrypted connections in: use sslmode=require. Check "
        "the user's right to CONNECT as well."
    ),
    ("database_not_found", "neon"): (
        "In Neon, pick the database in the Connect dialogue and copy the string again; the first "
        "one is called neondb."
    ),
    ("database_not_found", "supabase"): ("In Supabase the database is called postgres."),
    ("database_not_found", "railway"): (
        "In Railway the database is called railway unless you changed it."
    ),
    ("database_not_found", "aws-rds"): (
        "An RDS instance has no database unless an initial name was set: connect to postgres and "
        "run CREATE DATABASE {database_sql};"
    ),
    ("too_many_connections", "supabase"): (
        "Wait a moment and test again, or use the transaction pooler (port 6543), which has room "
        "for more."
    ),
    ("too_many_connections", "neon"): (
        "Wait a moment and test again, or switch Connection pooling on in Neon's Connect "
        "dialogue and copy that string."
    ),
    ("read_only", "neon"): ("Use the host of the primary compute, not of a read replica."),
    ("read_only", "supabase"): (
        "A Supabase project over its disk quota turns read-only: make room or take a bigger "
        "plan, then test again."
    ),
}
