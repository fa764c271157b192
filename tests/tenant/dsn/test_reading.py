from __future__ import annotations

import pytest

from provision.errors import ConnectionStringError
from provision.tenant.dsn import reading as dsn
from tests.tenant.pasted_strings import BAD, GOOD, Good


@pytest.mark.parametrize("row", GOOD, ids=lambda row: repr(row[0])[:70])
def test_is_understood_as_it_was_meant(row: Good) -> None:
    pasted, host, port, user, password, database, sslmode = row
    target = dsn.parse(pasted).target
    assert (target.host, target.port, target.user, target.database, target.sslmode) == (
        host, port, user, database, sslmode,
    )  # fmt: skip
    assert target.password == password


@pytest.mark.parametrize(("pasted", "code"), BAD, ids=lambda each: repr(each)[:70])
def test_is_refused_for_the_right_reason(pasted: str, code: str) -> None:
    with pytest.raises(ConnectionStringError) as refused:
        dsn.parse(pasted)
    assert refused.value.code == code
    assert refused.value.detail
    assert refused.value.remedy


@pytest.mark.parametrize("row", GOOD, ids=lambda row: repr(row[0])[:70])
def test_normalises_to_itself(row: Good) -> None:
    first = dsn.parse(row[0])
    again = dsn.parse(first.normalized)
    assert again.normalized == first.normalized
    assert again.provider == first.provider


def test_normalized_keeps_all_but_the_password() -> None:
    reading = dsn.parse(
        "postgres://u%40x:hunter2@DB.example.com/my%20db?channel_binding=require"
        "&options=endpoint%3Dep-1-2&application_name=x"
    )
    assert reading.normalized == (
        "postgresql://u%40x:****@db.example.com:5432/my%20db"
        "?sslmode=require&channel_binding=require&options=endpoint%3Dep-1-2"
    )


@pytest.mark.parametrize(
    ("pasted", "change"),
    [
        ("postgres://u:p@h.example.com/d", "postgres:// is written postgresql://"),
        ("postgresql://u:p@h.example.com/d", "Port 5432 was added, none was given"),
        ("postgresql://u:p@h.example.com/d", "sslmode=require was added, none was given"),
        (
            "postgresql://u:p@ss@h.example.com/d",
            "The password held characters that had to be escaped",
        ),
        (
            "postgresql://u:p@h.example.com/d?pgbouncer=true",
            "pgbouncer was left out: it is for another program",
        ),
        (
            "postgresql://u:p@h.example.com/d?connect_timeout=3",
            "connect_timeout was replaced by our own",
        ),
        ("psql 'postgresql://u:p@h.example.com/d'", "The psql command around it was taken off"),
        ("DATABASE_URL=postgresql://u:p@h.example.com/d", "DATABASE_URL= in front was taken off"),
        ("'postgresql://u:p@h.example.com/d'", "The quotes around it were taken off"),
        ("postgresql://u@h.example.com/d", "No password was given"),
    ],
)
def test_says_what_was_changed(pasted: str, change: str) -> None:
    assert change in dsn.parse(pasted).changes


def test_says_nothing_of_what_was_not_changed() -> None:
    assert dsn.parse("postgresql://u:p@h.example.com:5432/d?sslmode=require").changes == ()


def test_keeps_what_the_allow_list_lets_through() -> None:
    target = dsn.parse(
        "postgresql://u:p@h.example.com/d?channel_binding=require&options=endpoint%3Dep-1-2"
    ).target
    assert target.channel_binding == "require"
    assert target.endpoint == "ep-1-2"


@pytest.mark.parametrize(
    "name", ["sslkey", "passfile", "service", "sslkeylogfile", "conninfo", "autocommit"]
)
def test_names_a_forbidden_parameter_but_never_its_value(name: str) -> None:
    with pytest.raises(ConnectionStringError) as refused:
        dsn.parse(f"postgresql://u:p@h.example.com/d?{name}=hunter2")
    assert name in refused.value.detail
    assert "hunter2" not in refused.value.detail + refused.value.remedy


def test_tells_an_unknown_parameter_by_its_place_alone() -> None:
    with pytest.raises(ConnectionStringError) as refused:
        dsn.parse("postgresql://u:p@h.example.com/d?sslmode=require&foo=bar")
    assert refused.value.code == "forbidden_param"
    assert "Parameter 2" in refused.value.detail
    assert "foo" not in refused.value.detail + refused.value.remedy


@pytest.mark.parametrize(
    "pasted",
    [
        "host=h.example.com user=u password=hun hunter2=x dbname=d",
        "postgresql://u:p@ss?hunter2=1@h.example.com/d",
        "jdbc:postgresql://h.example.com/d?user=u&password=hun&hunter2=1&",
        "postgresql://h.example.com/d?hunter2=x@y",
    ],
)
def test_never_names_what_may_be_a_piece_of_the_password(pasted: str) -> None:
    try:
        shown = repr(dsn.parse(pasted))
    except ConnectionStringError as refused:
        shown = refused.detail + refused.remedy
    assert "hunter2" not in shown


def test_names_the_scheme_that_was_pasted() -> None:
    with pytest.raises(ConnectionStringError, match="mysql"):
        dsn.parse("mysql://u:p@h/d")


def test_knows_the_mask_for_what_it_is() -> None:
    assert dsn.parse("postgresql://u:****@h.example.com/d").masked
    assert not dsn.parse("postgresql://u:p@h.example.com/d").masked


def test_tells_a_port_that_was_given_from_the_default() -> None:
    assert dsn.parse("postgresql://u:p@h.example.com:5432/d").explicit_port
    assert not dsn.parse("postgresql://u:p@h.example.com/d").explicit_port


def test_nothing_printed_shows_the_password() -> None:
    reading = dsn.parse("postgresql://u:hunter2@h.example.com/d")
    shown = f"{reading!r} {reading} {reading.normalized} {reading.target!r} {reading.changes}"
    assert "hunter2" not in shown
