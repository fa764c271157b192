"""Whatever stands in the environment: it starts, or one line says which variable is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast, get_args

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as how
from hypothesis import strategies as st

from provision import assembly
from provision.control.store.engine import make_engine, parse
from provision.errors import SettingsError
from provision.settings import Mode, load_settings
from provision.tenant.probe.progress import Progress

if TYPE_CHECKING:
    from pathlib import Path

    from provision.control.secrets.sealed import SealedSecrets
    from provision.control.store.store import ControlStore
    from provision.settings import Settings

_NAMES = (
    "HOST", "PORT", "DATA_DIR", "ENCRYPTION_KEY", "SECRET_KEY", "CONTROL_URL", "NETWORK_POLICY",
    "ALLOW_NETWORKS", "DENY_NETWORKS", "BUILT_IN_POSTGRES", "REGISTRATION", "MAX_ENGINES",
    "MAX_CONNECTIONS", "TENANT_CONNECTIONS", "ENGINE_IDLE_SECONDS", "THREADS", "WORKERS",
    "CONNECT_TIMEOUT", "QUERY_TIMEOUT", "MAX_RESULT_BYTES", "LIMITS", "RATE_LIMIT_URL",
    "TRUSTED_PROXIES", "PUBLIC_URL", "SESSION_DAYS", "SESSION_IDLE_HOURS", "AUDIT_DAYS",
    "LOG_LEVEL", "METRICS_TOKEN",
)  # fmt: skip
_ODD = (
    "", " ", "0", "-1", "1", "2", "3", "4", "5", "7", "16", "255", "400", "1000000000",
    "999999999999", "9" * 400, "1.5", "0.1", ".5", "1e2", "1_0", "nan", "inf", "-0", "+4", "0x10",
    "\u0661", "\uff11", "\u2460", "\u00b2", "1 2", "1,2", "on", "off", "\u0130", "public", "PUBLIC",
    "10.0.0.0/8", "10.0.0.1/8", "::/0", "::1%lo/128", "fd00::/8,10.0.0.0/33", "/", "/dev/null",
    "/proc/self/mem", "x" * 5000, "\ud800", "\x1b[31m", "a\u2028b", "http://[", "redis://",
    "redis://h:99999/0", "redis://h/\u0661", "redis://h/" + "9" * 30, "rediss://u:p@h/1",
    "postgresql://", "postgres://h:x/d", "postgresql://h/d?a=b&a=c", "postgresql://[::1/d",
    "sqlite:////x/y", "sqlite:///:memory:", "https://p.example.org", "https://u:p@h", "open",
    "example.org", "a..b", ".", "@", "closed,open", "your-secret-key-12345", "k" * 16, "k" * 15,
    "k" * 16 + ",", "localhost", "0.0.0.0", "::", "fe80::1%eth0", "a b", "*",
)  # fmt: skip
_value = st.one_of(
    st.sampled_from(_ODD),
    st.integers(-3, 600).map(str),
    st.text(st.characters(exclude_characters="\0"), max_size=30),
)
_environ = st.dictionaries(st.sampled_from(_NAMES), _value, max_size=6)


# Asked for nothing until a connection is checked out.
_NO_STORE = assembly._SavedTargets(
    cast("Settings", None), cast("ControlStore", None), cast("SealedSecrets", None)
)


def _build(settings: Settings) -> None:
    """Make what is made of settings at a start, but for what opens files and connections."""
    assembly._registry(settings, _NO_STORE, assembly.network_policy(settings)).close()
    assembly._hasher(settings)
    assembly._attempts(settings, cast("ControlStore", None)).close()
    Progress(max(1, settings.threads // 2))
    make_engine(parse(settings.control_url)).dispose()


def _loaded(environ: dict[str, str], folder: Path) -> tuple[Settings | None, str]:
    try:
        return load_settings("serve", environ, folder), ""
    except SettingsError as error:
        return None, str(error)


@how(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(_environ, st.sampled_from(get_args(Mode)))
@example({"MAX_CONNECTIONS": "3"}, "serve")
@example({"MAX_CONNECTIONS": "3", "TENANT_CONNECTIONS": "3", "WORKERS": "4"}, "serve")
@example({"WORKERS": "256"}, "serve")
@example({"THREADS": "1", "WORKERS": "1"}, "demo")
@example({"CONNECT_TIMEOUT": "\u0661"}, "serve")
@example({"DATA_DIR": "a\x00b"}, "serve")
def test_settings_start_or_are_refused_in_one_line(
    tmp_path: Path, values: dict[str, str], mode: Mode
) -> None:
    environ = {f"PROVISION_{name}": value for name, value in values.items()}
    try:
        _build(load_settings(mode, environ, tmp_path))
    except SettingsError as error:
        said = str(error)
        assert "PROVISION_" in said
        assert len(said.splitlines()) == 1, said
        assert any(name in said for name in environ), said


@how(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.fixed_dictionaries(
        {name: st.integers(1, 1000) for name in ("max_engines", "max_connections")}
        | {"tenant_connections": st.integers(1, 40), "workers": st.integers(1, 40)}
    )
)
def test_the_shares_of_the_workers_are_never_nothing_and_never_too_much(
    tmp_path: Path, bounds: dict[str, Any]
) -> None:
    environ = {f"PROVISION_{name.upper()}": str(value) for name, value in bounds.items()}
    settings, refusal = _loaded(environ, tmp_path)
    if settings is None:
        # Never for one number alone: each of these is good where the others leave room for it.
        assert sum(name in refusal for name in environ) == 2
        return
    registry = assembly._registry(settings, _NO_STORE, assembly.network_policy(settings))
    stats, traffic = registry.stats(), registry.tenant_stats("somebody")
    for bound, share in (
        (settings.max_engines, stats["engines_max"]),
        (settings.max_connections, stats["connections_max"]),
        (settings.tenant_connections, traffic.connections_max),
    ):
        assert isinstance(share, int)
        assert share >= 1
        assert bound - settings.workers < share * settings.workers <= bound
    registry.close()


@pytest.mark.parametrize("content", [b"\0", b"PROVISION_PORT", b"=", b"PROVISION_PORT='", b"\xff"])
def test_a_broken_file_is_one_line_too(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ".env").write_bytes(content)
    assert len(_loaded({}, tmp_path)[1].splitlines()) <= 1


@pytest.mark.parametrize("count", ["3", "2", "1"])
def test_the_program_says_which_two_settings_do_not_fit(tmp_path: Path, count: str) -> None:
    from tests.running import call

    done = call("serve", "--port", "0", directory=tmp_path, settings={"MAX_CONNECTIONS": count})
    assert done.returncode == 1
    said = done.stderr.decode()
    assert said.count("\n") == 1
    assert "PROVISION_TENANT_CONNECTIONS is 4" in said
    assert f"PROVISION_MAX_CONNECTIONS is {count}" in said
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_gone_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(SettingsError, match="The working directory is gone"):
        load_settings("serve", {})
