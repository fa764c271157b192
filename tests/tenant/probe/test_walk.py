from __future__ import annotations

import json
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql

from provision.tenant.dsn import reading
from provision.tenant.network.policy import JudgedAddresses, NetworkPolicy
from provision.tenant.probe.report import STAGES, Report, Stage, address_words
from provision.tenant.probe.walk import probe
from provision.tenant.schema import state as schema
from tests.tenant.targets import LOOPBACK, target_of

if TYPE_CHECKING:
    from tests.conftest import Database, Server


def _probe(text: str, policy: NetworkPolicy = LOOPBACK) -> Report:
    return probe(text, policy=policy, timeout_s=5)


def _failed_stage(report: Report) -> str:
    return next(each.stage for each in report.stages if each.ok is False)


def test_all_nine_stages_tick_on_an_empty_database(database: Database) -> None:
    report = _probe(database.connection_string)
    assert report.ok
    assert report.code == "ok"
    assert [each.stage for each in report.stages] == list(STAGES)
    assert all(each.ok and each.ms is not None for each in report.stages)
    assert report.can_create_tables
    assert report.schema is not None
    assert report.schema.state == "missing"
    assert report.server_version is not None
    assert report.server_version.startswith("18.")
    assert report.latency_ms is not None
    assert report.tls == "plain"
    assert report.workspaces == ()


def test_the_target_demands_the_level_that_was_reached(database: Database) -> None:
    report = _probe(database.connection_string)
    assert report.target is not None
    assert report.target.sslmode == "disable"
    assert report.target.password == database.password
    assert probe(report.target, policy=LOOPBACK, timeout_s=5).ok


def test_stages_are_told_as_they_end(database: Database) -> None:
    seen: list[Stage] = []
    report = probe(database.connection_string, policy=LOOPBACK, timeout_s=5, watch=seen.append)
    assert tuple(seen) == report.stages


def test_nothing_is_left_open_and_nothing_written(server: Server, database: Database) -> None:
    _probe(database.connection_string)
    with database.connect() as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        ).fetchone()
    assert row == (0,)


def test_the_json_is_ascii_and_has_the_keys_of_the_contract(database: Database) -> None:
    text = _probe(database.connection_string).as_json()
    assert text.isascii()
    assert "\n" not in text
    assert database.password not in text
    answer = json.loads(text)
    assert list(answer) == [
        "ok", "code", "detail", "remedy", "stages", "server_version", "latency_ms", "tls",
        "can_create_tables", "schema",
    ]  # fmt: skip
    assert set(answer["stages"][0]) == {"stage", "ok", "ms", "detail"}
    assert set(answer["schema"]) == {"state", "version", "problems"}


def test_a_string_that_cannot_be_read_reaches_nothing() -> None:
    report = _probe("mysql://u:p@h/d")
    assert (report.ok, report.code) == (False, "scheme")
    assert report.stages[0].ok is False
    assert all(each.ok is None and each.ms is None for each in report.stages[1:])
    assert json.loads(report.as_json())["schema"] is None


def test_the_mask_is_not_tried_as_a_password(database: Database) -> None:
    report = _probe(reading.parse(database.connection_string).normalized)
    assert report.code == "format"
    assert "masked" in report.detail


def test_a_refused_address_is_not_connected_to(database: Database) -> None:
    report = _probe(database.connection_string, NetworkPolicy("intranet", loopback=False))
    assert report.code == "blocked_address"
    assert _failed_stage(report) == "parse"
    named = database.connection_string.replace("127.0.0.1", "ip6-localhost.invalid")
    assert _probe(named).code == "dns_failed"


def test_the_built_in_server_is_exempt_from_the_policy(database: Database) -> None:
    target = target_of(database.url)
    built_in = type(target).from_secret(
        json.dumps(json.loads(target.to_secret()) | {"built_in": True})
    )
    assert probe(built_in, policy=NetworkPolicy("public", loopback=False), timeout_s=5).ok


def test_a_wrong_password_stops_at_login(database: Database) -> None:
    report = _probe(database.connection_string.replace(database.password, "hunter2"))
    assert report.code == "auth_failed"
    assert _failed_stage(report) == "login"
    assert report.remedy
    assert "hunter2" not in report.as_json()


def test_a_missing_database_stops_at_database(database: Database) -> None:
    report = _probe(database.connection_string.replace(f"/{database.name}", "/no_such_one"))
    assert report.code == "database_not_found"
    assert _failed_stage(report) == "database"
    assert "no_such_one" in report.detail


def test_an_unknown_role_and_one_that_may_not_log_in(server: Server, database: Database) -> None:
    string = database.connection_string
    assert _probe(string.replace(database.user, "nobody_here")).code == "auth_failed"
    server.execute(sql.SQL("ALTER ROLE {} NOLOGIN").format(sql.Identifier(database.user)))
    assert _probe(string).code == "auth_failed"


def test_an_expired_password_is_refused(server: Server, database: Database) -> None:
    role = sql.Identifier(database.user)
    server.execute(sql.SQL("ALTER ROLE {} VALID UNTIL '2020-01-01'").format(role))
    assert _probe(database.connection_string).code == "auth_failed"


def test_a_role_without_the_right_to_connect(server: Server, database: Database) -> None:
    name = server.create_database()
    server.execute(
        sql.SQL("REVOKE CONNECT ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name))
    )
    report = _probe(database.connection_string.replace(f"/{database.name}", f"/{name}"))
    server.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))
    assert report.code == "access_denied"


def test_a_role_without_room_for_another_connection(server: Server, database: Database) -> None:
    role = sql.Identifier(database.user)
    server.execute(sql.SQL("ALTER ROLE {} CONNECTION LIMIT 0").format(role))
    assert _probe(database.connection_string).code == "too_many_connections"


def test_a_role_that_may_not_create_tables_gets_the_statement_to_run(
    server: Server, database: Database
) -> None:
    user, password = server.create_role()
    string = database.connection_string.replace(database.user, user)
    report = _probe(string.replace(database.password, password))
    assert report.code == "permission_denied"
    assert _failed_stage(report) == "rights"
    assert f"GRANT USAGE, CREATE ON SCHEMA public TO {user};" in report.remedy
    assert report.can_create_tables is False
    with database.connect() as owner:
        owner.execute(schema.create_sql().encode())
        owner.execute(
            sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}")
            .format(sql.Identifier(user))
        )  # fmt: skip
    report = _probe(string.replace(database.password, password))
    assert report.ok
    assert report.can_create_tables is False
    with database.connect() as owner:
        owner.execute("DROP SCHEMA public CASCADE")
    server.drop("no_such_database", user)


def test_a_read_only_database_is_said_so(server: Server, database: Database) -> None:
    server.execute(
        sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = on").format(
            sql.Identifier(database.name)
        )
    )
    report = _probe(database.connection_string)
    assert report.code == "read_only"
    assert _failed_stage(report) == "rights"


@pytest.mark.parametrize(("version", "state"), [(1, "outdated"), (2, "ready")])
def test_tables_and_workspaces_that_are_there_are_found(
    database: Database, version: int, state: str
) -> None:
    owner_id = "7f3b1c8e-8f0a-4b39-9b6e-1f6d0a1c2d3e"
    with database.connect() as connection:
        connection.execute(schema.create_sql(version).encode())
        connection.execute(
            "INSERT INTO profiles (id, email, name) VALUES (%s, 'a@example.com', 'Ana')",
            (owner_id,),
        )
        connection.execute(
            "INSERT INTO projects (user_id, name) VALUES (%s, 'Website')", (owner_id,)
        )
    report = _probe(database.connection_string)
    assert report.ok
    assert report.schema is not None
    assert report.schema.state == state
    assert [(each.name, each.projects) for each in report.workspaces] == [("Ana", 1)]


def test_a_table_of_another_shape_is_reported_not_refused(database: Database) -> None:
    with database.connect() as connection:
        connection.execute("CREATE TABLE projects (id int)")
    report = _probe(database.connection_string)
    assert report.ok
    assert report.schema is not None
    assert report.schema.state == "conflict"
    assert json.loads(report.as_json())["schema"]["problems"]


def test_a_search_path_that_leads_nowhere(server: Server, database: Database) -> None:
    server.execute(
        sql.SQL("ALTER ROLE {} SET search_path = nowhere").format(sql.Identifier(database.user))
    )
    assert _probe(database.connection_string).code == "permission_denied"


def test_a_password_of_the_old_kind_needs_a_choice(server: Server, database: Database) -> None:
    with psycopg.connect(
        host=server.host,
        port=server.port,
        user=server.admin_user,
        password=server.admin_password,
        dbname="postgres",
        autocommit=True,
    ) as admin:
        admin.execute("SET password_encryption = 'md5'")
        admin.execute(
            sql.SQL("ALTER ROLE {} PASSWORD {}").format(
                sql.Identifier(database.user), sql.Literal(database.password)
            )
        )
    report = _probe(database.connection_string)
    # The test server asks for scram, for which a role with an md5 password has no key.
    assert report.code == "auth_failed"


def test_the_words_tell_both_families_of_addresses_and_what_is_left() -> None:
    assert address_words(JudgedAddresses(("10.0.0.1", "10.0.0.2"), plain_text=True)) == (
        "IPv4: 2 addresses, IPv6: none; private"
    )
    assert address_words(JudgedAddresses(("2606:4700::1",), plain_text=False)) == (
        "IPv4: none, IPv6: 1 address; public"
    )


def test_the_version_comes_with_the_room_there_is(server: Server, database: Database) -> None:
    role = sql.Identifier(database.user)
    server.execute(sql.SQL("ALTER ROLE {} CONNECTION LIMIT 2").format(role))
    stages = {each.stage: each.detail for each in _probe(database.connection_string).stages}
    assert stages["dns"] == "IPv4: 1 address, IPv6: none; private"
    assert stages["tcp"] == f"port {server.port} is open, over IPv4"
    assert stages["version"].endswith("; 1 more connection is free")
    assert "pooler" not in stages["version"]
