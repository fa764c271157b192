from __future__ import annotations

import ast
import os
import subprocess
import sys
from dataclasses import fields
from ipaddress import ip_network
from pathlib import Path

import pytest

from provision.errors import SettingsError
from provision.settings import Mode, Settings, forget_libpq_environment, load_settings


def _load(directory: Path, mode: Mode = "serve", /, **values: str) -> Settings:
    environ = {f"PROVISION_{name}": value for name, value in values.items()}
    return load_settings(mode, environ, directory)


def test_nothing_set_gives_what_the_contract_says(tmp_path: Path) -> None:
    settings = _load(tmp_path)
    assert settings == Settings(
        data_dir=tmp_path / "data", control_url=f"sqlite:///{tmp_path}/data/control.db"
    )
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.encryption_key is None
    assert not settings.built_in_postgres
    assert (settings.max_engines, settings.max_connections, settings.tenant_connections) == (
        256,
        400,
        4,
    )
    assert (settings.connect_timeout, settings.query_timeout) == (5.0, 10.0)
    assert settings.max_result_bytes == 67_108_864
    assert settings.limits


def test_demo_offers_the_built_in_server_by_itself(tmp_path: Path) -> None:
    assert _load(tmp_path, "demo").built_in_postgres
    assert not _load(tmp_path, "demo", BUILT_IN_POSTGRES="0").built_in_postgres


def test_every_field_but_the_mode_answers_to_its_variable(tmp_path: Path) -> None:
    values = {
        "HOST": "0.0.0.0",
        "PORT": "9000",
        "DATA_DIR": "elsewhere",
        "ENCRYPTION_KEY": "sixteen characters or more of them",
        "SECRET_KEY": "another one",
        "CONTROL_URL": "postgres://u:p@store.internal/provision",
        "NETWORK_POLICY": "public",
        "ALLOW_NETWORKS": "10.0.0.0/8, fd00::/8",
        "DENY_NETWORKS": "10.1.0.0/16",
        "BUILT_IN_POSTGRES": "yes",
        "REGISTRATION": "example.org, @Example.com",
        "MAX_ENGINES": "21",
        "MAX_CONNECTIONS": "22",
        "TENANT_CONNECTIONS": "13",
        "ENGINE_IDLE_SECONDS": "5",
        "THREADS": "6",
        "WORKERS": "7",
        "CONNECT_TIMEOUT": "0.5",
        "QUERY_TIMEOUT": "8",
        "MAX_RESULT_BYTES": "65536",
        "LIMITS": "off",
        "RATE_LIMIT_URL": "redis://:secret@cache/0",
        "TRUSTED_PROXIES": "1",
        "PUBLIC_URL": "https://provision.example.org/",
        "SESSION_DAYS": "9",
        "SESSION_IDLE_HOURS": "10",
        "AUDIT_DAYS": "11",
        "LOG_LEVEL": "WARNING",
        "METRICS_TOKEN": "let me in",
    }
    assert {name.lower() for name in values} == {each.name for each in fields(Settings)} - {"mode"}
    settings, plain = _load(tmp_path, **values), Settings()
    assert [
        each.name
        for each in fields(Settings)
        if getattr(settings, each.name) == getattr(plain, each.name)
    ] == ["mode"]
    assert settings.data_dir == tmp_path / "elsewhere"
    assert settings.control_url == "postgresql+psycopg://u:p@store.internal/provision"
    assert settings.allow_networks == (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
    assert settings.registration_domains == {"example.org", "example.com"}
    assert settings.public_url == "https://provision.example.org"
    assert settings.log_level == "warning"


def test_no_secret_shows_in_a_repr(tmp_path: Path) -> None:
    shown = repr(
        _load(
            tmp_path,
            ENCRYPTION_KEY="hush-hush-hush-hush",
            SECRET_KEY="hush",
            CONTROL_URL="postgresql://u:hush@h/d",
            RATE_LIMIT_URL="redis://:hush@cache/0",
            METRICS_TOKEN="hush",
        )
    )
    assert "hush" not in shown


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "# ours\nPROVISION_PORT=9001\nexport PROVISION_HOST='::1'\nPROVISION_SECRET_KEY=${HOME}\n"
    )
    settings = _load(tmp_path, PORT="9002")
    assert (settings.host, settings.port) == ("::1", 9002)
    assert settings.secret_key == "${HOME}"


def test_an_empty_variable_counts_as_unset(tmp_path: Path) -> None:
    settings = _load(tmp_path, PORT="", ENCRYPTION_KEY=" ", CONTROL_URL="", DATA_DIR="")
    assert settings.port == 8000
    assert settings.encryption_key is None
    assert settings.control_is_sqlite
    assert settings.data_dir == tmp_path / "data"


def test_a_file_that_is_no_text_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"PROVISION_PORT=\xff\xfe")
    with pytest.raises(SettingsError, match=r"^\.env cannot be read: UnicodeDecodeError$"):
        _load(tmp_path)


def test_the_former_name_of_the_key_is_read_where_ours_is_unset(tmp_path: Path) -> None:
    former = {"SUPABASE_KEYS_ENCRYPTION_KEY": "former-former-former"}
    assert load_settings("serve", former, tmp_path).encryption_key == "former-former-former"
    both = former | {"PROVISION_ENCRYPTION_KEY": "newer-newer-newer-newer"}
    assert load_settings("serve", both, tmp_path).encryption_key == "newer-newer-newer-newer"


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("your-secret-key-12345", "example from the manual"),
        ("a good long key of ours,your-secret-key-12345", "example from the manual"),
        ("fifteen charact", "a key of 15 characters"),
        ("a good long key of ours,short", "a key of 5 characters"),
        ("a good long key of ours,", "a key of 0 characters"),
    ],
)
def test_a_weak_key_is_refused_without_being_shown(tmp_path: Path, key: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says) as caught:
        _load(tmp_path, ENCRYPTION_KEY=key)
    assert str(caught.value).startswith("PROVISION_ENCRYPTION_KEY ")
    assert not any(part and part in str(caught.value) for part in key.split(","))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("PORT", "8000.0"),
        ("PORT", "٨٠٠٠"),
        ("PORT", "0000000000000070000"),
        ("MAX_ENGINES", "0"),
        ("WORKERS", "0"),
        ("THREADS", "99999"),
        ("MAX_RESULT_BYTES", "1"),
        ("CONNECT_TIMEOUT", "0"),
        ("CONNECT_TIMEOUT", "nan"),
        ("QUERY_TIMEOUT", "inf"),
        ("QUERY_TIMEOUT", "ten"),
        ("NETWORK_POLICY", "private"),
        ("ALLOW_NETWORKS", "10.0.0.1/8"),
        ("ALLOW_NETWORKS", "localhost"),
        ("DENY_NETWORKS", "10.0.0.0/33"),
        ("BUILT_IN_POSTGRES", "maybe"),
        ("LIMITS", "2"),
        ("REGISTRATION", "nobody"),
        ("REGISTRATION", "a@b.example"),
        ("REGISTRATION", "example.org,"),
        ("LOG_LEVEL", "verbose"),
        ("TRUSTED_PROXIES", "17"),
        ("SESSION_DAYS", "0"),
        ("RATE_LIMIT_URL", "redis://"),
        ("RATE_LIMIT_URL", "cache:6379"),
        ("RATE_LIMIT_URL", "memory://x"),
        ("RATE_LIMIT_URL", "redis://cache:port"),
        ("RATE_LIMIT_URL", "redis://cache/db"),
        ("RATE_LIMIT_URL", "redis://cache?timeout=0"),
        ("RATE_LIMIT_URL", "redis://[broken"),
        ("CONTROL_URL", "mysql://u:p@h/d"),
        ("CONTROL_URL", "postgresql+asyncpg://h/d"),
        ("CONTROL_URL", "sqlite://"),
        ("CONTROL_URL", "sqlite:///"),
        ("CONTROL_URL", "sqlite:///:memory:"),
        ("CONTROL_URL", "postgresql://"),
        ("CONTROL_URL", "postgresql://h/d\nx"),
        ("PUBLIC_URL", "provision.example.org"),
        ("PUBLIC_URL", "https://"),
        ("PUBLIC_URL", "https:///reset"),
        ("PUBLIC_URL", "https://a b"),
        ("PUBLIC_URL", "https://[broken"),
        ("PUBLIC_URL", "https://example.org:port"),
        ("PUBLIC_URL", "https://example.org?x=1"),
        ("PUBLIC_URL", "javascript:alert(1)"),
    ],
)
def test_a_wrong_value_is_one_line_that_names_the_variable(
    tmp_path: Path, name: str, value: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        _load(tmp_path, **{name: value})
    assert str(caught.value).startswith(f"PROVISION_{name} ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["CONTROL_URL", "RATE_LIMIT_URL", "PUBLIC_URL"])
def test_a_refused_address_does_not_show_its_password(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError) as caught:
        _load(tmp_path, **{name: "gopher://user:hush@host/0"})
    assert "hush" not in str(caught.value)


def test_a_password_that_looks_like_anything_leaves_the_control_url_whole(tmp_path: Path) -> None:
    settings = _load(tmp_path, CONTROL_URL="postgresql://u:p[#?x@h:5433/d")
    assert settings.control_url == "postgresql+psycopg://u:p[#?x@h:5433/d"


@pytest.mark.parametrize(
    ("mode", "values", "may"),
    [
        ("serve", {}, True),
        ("serve", {"HOST": "localhost"}, True),
        ("serve", {"HOST": "::1"}, True),
        ("serve", {"HOST": "127.5.0.1"}, True),
        ("serve", {"HOST": "0.0.0.0"}, False),
        ("serve", {"HOST": "provision.internal"}, False),
        ("serve", {"TRUSTED_PROXIES": "1"}, False),
        ("serve", {"NETWORK_POLICY": "public"}, False),
        ("demo", {"HOST": "0.0.0.0"}, True),
        ("demo", {"NETWORK_POLICY": "public"}, False),
        ("operator", {}, True),
        ("operator", {"HOST": "0.0.0.0"}, False),
        ("operator", {"TRUSTED_PROXIES": "1"}, False),
        ("operator", {"NETWORK_POLICY": "public"}, False),
        ("wsgi", {}, False),
    ],
)
def test_loopback_is_for_tenants_only_where_the_contract_says_so(
    tmp_path: Path, mode: Mode, values: dict[str, str], may: bool
) -> None:
    assert _load(tmp_path, mode, **values).loopback_tenants is may


def test_listening_elsewhere_changes_nothing_else(tmp_path: Path) -> None:
    settings = _load(tmp_path, PORT="9000")
    moved = settings.with_address("0.0.0.0", 0)
    assert (moved.host, moved.port) == ("0.0.0.0", 0)
    assert settings.with_address(None, None) == settings
    assert not moved.loopback_tenants


def test_libpq_is_left_without_a_variable_of_its_own() -> None:
    # In a process of its own: the variables of this one belong to whoever runs the tests.
    script = (
        "import os\nfrom provision.settings import forget_libpq_environment\n"
        "forget_libpq_environment()\n"
        "import ctypes\nc = ctypes.CDLL(None)\nc.getenv.restype = ctypes.c_char_p\n"
        "assert c.getenv(b'KEPT') == b'yes'\nassert c.getenv(b'PGSERVICE') is None\n"
        "print([name for name in os.environ if name.startswith('PG')], os.environ['KEPT'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PGSERVICE": "trap", "PGHOST": "trap", "PGPASSWORD": "trap", "KEPT": "yes"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "[] yes\n", done.stderr


def test_only_settings_reads_the_environment() -> None:
    package = Path(__file__).parent.parent / "provision"
    readers = [
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if _reads_the_environment(ast.parse(path.read_text()))
    ]
    assert readers == ["settings.py"]


def _reads_the_environment(code: ast.Module) -> bool:
    read = {ast.unparse(each) for each in ast.walk(code) if isinstance(each, ast.Attribute)}
    for each in ast.walk(code):
        if isinstance(each, ast.ImportFrom) and each.module == "os":
            read |= {f"os.{name.name}" for name in each.names}
    return bool(read & {"os.environ", "os.environb", "os.getenv", "os.getenvb"})


def test_forgetting_twice_is_harmless() -> None:
    before = {name: value for name, value in os.environ.items() if name.startswith("PG")}
    try:
        forget_libpq_environment()
        forget_libpq_environment()
        assert not [name for name in os.environ if name.startswith("PG")]
    finally:
        os.environ.update(before)


@pytest.mark.parametrize("bound", ["MAX_ENGINES", "MAX_CONNECTIONS", "TENANT_CONNECTIONS"])
def test_each_worker_has_a_share_of_every_bound(bound: str, tmp_path: Path) -> None:
    environ = {"PROVISION_WORKERS": "3", f"PROVISION_{bound}": "2"}
    with pytest.raises(SettingsError, match=f"PROVISION_WORKERS is 3.*PROVISION_{bound} is 2"):
        load_settings("serve", environ, tmp_path)
