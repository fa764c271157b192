from __future__ import annotations

import contextlib
import time
from urllib.parse import quote

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from provision.cli.dsn_check import dsn_check_line
from provision.errors import ConnectionStringError
from provision.tenant.dsn import reading
from provision.tenant.network.policy import NetworkPolicy
from tests.tenant.pasted_strings import BAD, GOOD

_POLICY = NetworkPolicy("intranet", loopback=True)

# Pieces that mean something to one parser or another, to be stuck together at random.
_PIECES = st.sampled_from(
    [
        "postgresql://", "postgres://", "jdbc:", "psql", "psql '", "'", '"', "`", "<", ">", "@",
        ":", "/", "?", "#", "%", "%40", "%2F", "%00", "&", "=", ";", ",", "[", "]", "(", ")",
        "host=", "user=", "password=", "dbname=", "port=", "sslmode=require", "sslmode=",
        "options=", "export ", "DATABASE_URL=", "u", "p", "h", "d", "example.com", "127.0.0.1",
        "::1", "5432", "-h", "-U", "-p", "-d", "PGPASSWORD=", "\\", "$", "*", "****", "\u00e9",
        "\uff11", " ", "\n", "\t", "{", "}", "connect(", "url: ", "f\"", "env(", "DB_HOST=",
        "PASSWORD: ", "- ", "${X}", "```", "<a ", "/>", "define('DB_HOST', '", "kind: Secret",
        "data:", "|", ".await?;",
    ]
)  # fmt: skip


@settings(max_examples=600, deadline=None)
@given(st.lists(_PIECES, max_size=24).map("".join) | st.text(max_size=80))
@example("postgresql://[")
@example("host='")
@example("psql \\")
@example("a=" * 300)
def test_refuses_or_reads_but_never_breaks(text: str) -> None:
    with contextlib.suppress(ConnectionStringError):
        normalized = reading.parse(text).normalized
        assert reading.parse(normalized).normalized == normalized


@settings(max_examples=400, deadline=None)
@given(
    password=st.text(min_size=6, max_size=20).filter(lambda each: each.strip() == each),
    form=st.sampled_from(
        [
            "postgresql://u:{}@h.example.com/d",
            "postgresql://u:{}@h.example.com",
            "postgresql://u:{}@h.example.com/d?sslkey=x",
            "postgresql://u:{}",
            "psql 'postgresql://u:{}@h.example.com/d'",
            "host=h.example.com user=u password={} dbname=d",
            "host=h.example.com user=u password='{}' dbname=d",
            "jdbc:postgresql://h.example.com/d?user=u&password={}",
            "PGPASSWORD={} psql -h h.example.com -U u d",
            "Host=h.example.com;Username=u;Password={};Database=d",
            "mysql://u:{}@h/d",
        ]
    ),
)
def test_no_output_ever_holds_the_password(password: str, form: str) -> None:
    # No word of ours has these letters in it, so that any piece of the password shows.
    answer = dsn_check_line(form.format(f"Zq{password}"), _POLICY)
    assert "Zq" not in answer["detail"]
    assert "Zq" not in "".join(answer["changes"])
    assert "Zq" not in (answer["normalized"] or "")


@settings(max_examples=300, deadline=None)
@given(
    user=st.text(min_size=1, max_size=12),
    password=st.text(max_size=12),
    database=st.text(min_size=1, max_size=12),
)
def test_reads_back_whatever_was_escaped_properly(user: str, password: str, database: str) -> None:
    try:
        written = [quote(each, safe="") for each in (user, password, database)]
    except UnicodeEncodeError:
        return
    # A full stop at the end is that of a sentence.
    assume(not database.endswith("."))
    text = "postgresql://{}:{}@h.example.com/{}".format(*written)
    answer = dsn_check_line(text, _POLICY)
    if not answer["ok"]:
        assert answer["code"] in ("control_chars", "format")
        return
    target = reading.parse(text).target
    assert (target.user, target.password, target.database) == (user, password, database)


@pytest.mark.parametrize("row", [*GOOD, *BAD], ids=lambda row: repr(row[0])[:70])
def test_what_is_printed_for_a_line_has_no_password(row: tuple[str, ...]) -> None:
    pasted = str(row[0]).replace("hunter2", "")
    answer = dsn_check_line(pasted.replace("u:p@", "u:hunter2@"), _POLICY)
    assert "hunter2" not in repr(answer)


@pytest.mark.parametrize(
    "piece",
    ["@", "/", "?", "#", "%", ":", "[", "<", "'", '"', "\\", " ", "=", "a=", "&a=", "?a=b",
     "@h/", "@1.1.1.1,", ";a=b", "{", "PGX=1 ", "[a", "%41", "x.", "\u00e9.", "--", "' "],
)  # fmt: skip
@pytest.mark.parametrize(
    "frame", ["{}", "postgresql://u:{}@h/d", "postgresql://u:p@{}/d", "postgresql://u:p@h/d?{}",
              "host={}", "psql {}", "postgresql://{}", "'{}", "X={}"],
)  # fmt: skip
def test_takes_no_longer_for_a_nasty_string(piece: str, frame: str) -> None:
    text = frame.format(piece * (2000 // len(piece)))[:2048]
    begun = time.process_time()
    with contextlib.suppress(ConnectionStringError):
        reading.parse(text)
    # What doubles with each character would take for ever; a collection of garbage takes a second.
    assert time.process_time() - begun < 3.0
