"""What README and the pages of docs say is so: links, files, and each table that the code knows."""

from __future__ import annotations

import re
from dataclasses import fields
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
from flask import Flask

from provision import close_app, create_app
from provision.control import audit, idempotency
from provision.control.accounts import new_passwords
from provision.credentials import passwords
from provision.errors import AddressRefusedError, TooManyAttemptsError
from provision.settings import Settings, load_settings
from provision.tenant.dsn.parts import MAX_CHARACTERS
from provision.tenant.failures import wording
from provision.tenant.network.policy import NetworkPolicy
from provision.tenant.probe.report import STAGES
from provision.tenant.queries.statements import undo_notes
from provision.tenant.schema.tables import metadata
from provision.web.api.openapi import description
from provision.web.request import limits

if TYPE_CHECKING:
    from collections.abc import Callable

_ROOT = Path(__file__).parent.parent
_PACKAGE = _ROOT / "provision"
_README = _ROOT / "README.md"
_PAGES = (_README, *sorted((_ROOT / "docs").glob("*.md")), _ROOT / "deploy" / "README.md")
_MOST_WORDS = 1_500


def _text(name: str) -> str:
    return (_ROOT / "docs" / name).read_text(encoding="utf-8")


def _rows(text: str, *, first: str) -> list[list[str]]:
    """The cells of the rows of the one table whose heading begins with `first`."""
    lines = text.splitlines()
    (start,) = (n for n, line in enumerate(lines) if line.startswith(f"| {first} |"))
    found = []
    for line in lines[start + 2 :]:
        if not line.startswith("| "):
            break
        found.append([cell.strip() for cell in line.strip("| ").split(" | ")])
    return found


def _codes(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def _slug(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_the_readme_is_short() -> None:
    assert len(_README.read_text(encoding="utf-8").split()) <= _MOST_WORDS


def test_the_readme_lists_every_page() -> None:
    listed = {cell for row in _rows(_README.read_text(), first="page") for cell in row[:1]}
    pages = {page.name for page in (_ROOT / "docs").glob("*.md")}
    assert {f"[docs/{name}](docs/{name})" for name in pages} <= listed


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: str(page.relative_to(_ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        there = (page.parent / path) if path else page
        assert there.exists(), link
        if anchor:
            headings = re.findall(r"^#+ (.*)$", there.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {_slug(heading) for heading in headings}, link


def test_every_setting_is_in_its_table() -> None:
    named = [
        name for row in _rows(_text("settings.md"), first="variable") for name in _codes(row[0])
    ]
    read = [f"PROVISION_{each.name.upper()}" for each in fields(Settings) if each.name != "mode"]
    assert sorted(named) == sorted(read)


def test_every_default_in_the_table_of_settings_changes_nothing(tmp_path: Path) -> None:
    as_it_is = load_settings("serve", {}, tmp_path)
    tried = 0
    for names, default, _ in _rows(_text("settings.md"), first="variable"):
        if not default.startswith("`") or "HOST" in default:
            continue
        values = _codes(default)
        assert len(values) >= len(_codes(names)), names
        for name, value in zip(_codes(names), values, strict=False):
            tried += 1
            assert load_settings("serve", {name: value}, tmp_path) == as_it_is, name
    assert tried > 15


_WHERE = {
    "a public address": "93.184.215.14",
    "a private network": "10.1.2.3",
    "this machine itself (loopback)": "127.0.0.1",
    "link-local, cloud metadata, multicast": "169.254.169.254 fe80::1 224.0.0.1",
}


@pytest.mark.parametrize("mode", ["intranet", "public"])
@pytest.mark.parametrize("place", [*_WHERE, "a network in `PROVISION_DENY_NETWORKS`"])
def test_the_table_of_places_is_the_policys(
    place: str, mode: Literal["intranet", "public"]
) -> None:
    rows = {row[0]: row[1:] for row in _rows(_text("settings.md"), first="where the database is")}
    assert set(rows) == {*_WHERE, "a network in `PROVISION_DENY_NETWORKS`"}
    said = rows[place][mode == "public"]
    denied = place not in _WHERE
    for text in _WHERE.get(place, "93.184.215.14").split():
        network = (ip_network(text),)
        deny = network if denied else ()

        def lets_in(*, listed: bool, loopback: bool = False) -> bool:
            allow = network if listed else ()  # noqa: B023  # called within the loop
            policy = NetworkPolicy(mode, allow=allow, deny=deny, loopback=loopback)  # noqa: B023
            try:
                policy.judge(ip_address(text))  # noqa: B023
            except AddressRefusedError:
                return False
            return True

        assert lets_in(listed=False) == said.startswith("yes")
        assert lets_in(listed=True) == (said != "never")
        assert lets_in(listed=False, loopback=True) == said.startswith(("yes", "in the demo"))
        if said.startswith("yes"):
            policy = NetworkPolicy(mode, loopback=False)
            assert policy.lets_plain_text_pass([text]) == ("also without TLS" in said)
            assert ("with TLS" in said) != policy.lets_plain_text_pass([text])


_LIMITS: dict[str, Callable[[str], None]] = {
    "failed sign-ins, codes and token requests: 10 in 5 minutes per account": (
        lambda _: limits.admit("ana@example.org")
    ),
    "failed sign-ins, codes and token requests: 60 in 5 minutes per address": (
        lambda other: limits.admit(f"{other}@example.org")
    ),
    "wrong six-digit codes: 60 an hour per account": lambda _: limits.admit_code("ana"),
    "registrations: 30 an hour per address": lambda _: limits.admit_registration(),
    "connection tests: 20 a minute per account": lambda _: limits.admit_connection_test("ana"),
    "connection tests: 200 a minute per address": limits.admit_connection_test,
}


@pytest.mark.parametrize("said", _LIMITS)
def test_the_table_of_limits_is_what_is_counted(said: str, tmp_path: Path) -> None:
    what, limit = said.split(": ")
    rows = dict(_rows(_text("settings.md"), first="what"))
    assert set(rows) == {each.split(":")[0] for each in _LIMITS}
    assert limit in rows[what]
    app = create_app(load_settings("serve", {}, tmp_path))
    try:
        for number in range(int(limit.split()[0])):
            with app.test_request_context():
                _LIMITS[said](str(number))
        with app.test_request_context(), pytest.raises(TooManyAttemptsError):
            _LIMITS[said]("one more")
    finally:
        close_app(app)


def test_every_code_of_a_failed_check_is_in_the_table() -> None:
    text = _text("troubleshooting.md")
    named = [code for row in _rows(text, first="code") for code in _codes(row[0])]
    assert sorted(named) == sorted(wording.GENERAL)
    assert ", ".join(f"`{stage}`" for stage in STAGES) in text
    assert f"over {MAX_CHARACTERS:,} characters" in text


def test_what_is_stored_where_is_what_the_code_stores() -> None:
    text = _text("storage.md")
    ours = next(row[1] for row in _rows(text, first="what") if "your database" in row[1])
    assert set(_codes(ours)) == set(metadata.tables)
    assert idempotency.LIFE_S == 24 * 3_600
    assert "for 24 hours" in text
    assert f"newest {audit.MOST_OF_A_PERSON:,} of a person" in _text("settings.md")


def test_every_call_of_the_api_is_in_its_table() -> None:
    text = _text("api.md")
    told = {
        path: {word.lower() for word in _codes(row[1]) if word.isupper()}
        for row in _rows(text, first="address")
        for path in _codes(row[0])
    }
    with Flask(__name__).test_request_context():
        # A copy: the description is made once and kept.
        described = dict(description()["paths"])
    for path in ("/api/docs", "/api/openapi.json"):
        assert described.pop(path)
        assert f"`{path}`" in text
    assert told == {path: set(methods) - {"head"} for path, methods in described.items()}


def test_the_numbers_of_the_other_pages_are_the_programs() -> None:
    using, operate = _text("using.md"), _text("operate.md")
    assert f"offers *Undo* for {undo_notes.SECONDS} seconds" in using
    assert f"up to {undo_notes.MOST_ROWS:,} rows at once" in using
    assert new_passwords.RESET_LIFE_S == 24 * 3_600
    assert "within 24 hours" in operate
    assert f"{passwords.MIN_CHARACTERS} to {passwords.MAX_CHARACTERS} characters" in operate


def test_every_file_that_the_plan_names_is_there() -> None:
    text = _text("architecture.md")
    names = set(re.findall(r"`((?:[\w.]+/)*[\w.]+\.(?:py|html|md)|(?:\w+/)+)`", text))
    assert len(names) > 130
    missing = [
        name for name in names if not (_ROOT / name).exists() and not (_PACKAGE / name).exists()
    ]
    assert missing == []


def test_the_plan_names_every_folder_and_every_module_at_the_top() -> None:
    rows = _rows(_text("architecture.md"), first="folder or module")
    named = [name for row in rows for name in _codes(row[0])]
    folders = {
        f"{path.parent.relative_to(_PACKAGE)}/"
        for path in _PACKAGE.rglob("*.py")
        if path.parent != _PACKAGE
    }
    at_the_top = {path.name for path in _PACKAGE.glob("*.py") if not path.name.startswith("__")}
    assert sorted(named) == sorted(folders | at_the_top)
