"""`provision workspace`: one account's rows into a file, and into another account's database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from provision import cli
from tests.web.conftest import Visitor
from tests.web.exchange.trail import audited

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flask import Flask

    from tests.conftest import Database

KEY = "the key of these tests alone"


def test_a_workspace_goes_into_a_file_and_back(
    make_app: Callable[..., Flask],
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "data"
    alice = Visitor(make_app(data_dir=folder, encryption_key=KEY))
    alice.register("alice")
    alice.connect(database)
    alice.api("POST", "/api/tasks", {"title": "One"})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PROVISION_ENCRYPTION_KEY", KEY)

    def call(*arguments: str) -> tuple[object, str]:
        with pytest.raises(SystemExit) as end:
            cli.main(["workspace", *arguments])
        printed = capsys.readouterr()
        return end.value.code, printed.out + printed.err

    code, said = call("export", "alice@example.org", "file.json.gz")
    assert code == 0, said
    assert (tmp_path / "file.json.gz").stat().st_mode & 0o777 == 0o600
    code, said = call("import", "alice@example.org", "file.json.gz")
    assert code == 1
    assert "holds work already" in said
    before = alice.rows("SELECT * FROM tasks")
    alice.rows("DELETE FROM tasks RETURNING 1")
    code, said = call("import", "alice@example.org", "file.json.gz")
    assert (code, said) == (0, "Imported 0 projects, 0 people, 1 tasks.\n")
    assert alice.rows("SELECT * FROM tasks") == before
    assert call("export", "nobody@example.org", "x")[0] == 1
    assert call("import", "alice@example.org", "nothing.json")[0] == 1
    operators = {"what": "workspace", "by": "operator"}
    assert audited(alice) == [("imported", operators), ("exported", operators)]
    body = {"connection_string": database.connection_string, "name": "Second"}
    second = alice.api("POST", "/api/workspaces", body).get_json()["workspace"]["id"]
    code, said = call("export", "alice@example.org", "which.json.gz")
    assert code == 1
    assert f"{second} (Second)" in said
    assert not (tmp_path / "which.json.gz").exists()
    assert call("import", "alice@example.org", "file.json.gz", "--workspace", "x")[0] == 1
    code, said = call("export", "alice@example.org", "second.json.gz", "--workspace", second)
    assert code == 0, said
