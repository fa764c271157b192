from __future__ import annotations

import multiprocessing
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from provision.control.secrets.sealed import SealedSecrets, open_vault, session_signing_key
from provision.control.store.store import ControlStore
from provision.control.store.tables import installation, sealed
from provision.errors import SealBrokenError, SettingsError, UnknownKeyError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Row

PHRASE = "correct horse battery staple"
OTHER = "cd" * 32


def _open(
    store: ControlStore, key: str | None, key_file: Path | None = None, *, generate: bool = False
) -> SealedSecrets:
    return open_vault(
        store,
        encryption_key=key,
        key_file=key_file or Path("/nonexistent/secret.key"),
        allow_generate=generate,
    )


def _put(secrets: SealedSecrets, text: str, *, purpose: str = "p", owner: str = "o") -> str:
    with secrets.store.writing() as conn:
        return secrets.put(conn, purpose=purpose, owner=owner, plaintext=text)


def _get(secrets: SealedSecrets, sealed_id: str, *, purpose: str = "p", owner: str = "o") -> str:
    with secrets.store.reading() as conn:
        return secrets.get(conn, sealed_id, purpose=purpose, owner=owner)


def _row(store: ControlStore, sealed_id: str) -> Row[tuple[str, str, str, bytes, int]]:
    with store.reading() as conn:
        return conn.execute(select(sealed).where(sealed.c.id == sealed_id)).one()


def _alter(store: ControlStore, sealed_id: str, value: bytes) -> None:
    with store.writing() as conn:
        conn.execute(update(sealed).where(sealed.c.id == sealed_id).values(value=value))


def _keys_in_process(arguments: tuple[str, Path, str | None]) -> str:
    url, key_file, key = arguments
    store = ControlStore.open(url)
    secrets = open_vault(store, encryption_key=key, key_file=key_file, allow_generate=key is None)
    signing_key = session_signing_key(secrets, None)
    store.dispose()
    return signing_key


def test_gets_back_what_was_put_until_it_is_deleted(
    store: ControlStore, secrets: SealedSecrets
) -> None:
    sealed_id = _put(secrets, "zażółć hunter2")
    assert _get(secrets, sealed_id) == "zażółć hunter2"
    assert b"hunter2" not in _row(store, sealed_id).value
    with store.writing() as conn:
        secrets.delete(conn, sealed_id)
    with pytest.raises(SealBrokenError):
        _get(secrets, sealed_id)


def test_opens_only_for_its_purpose_and_owner(secrets: SealedSecrets) -> None:
    sealed_id = _put(secrets, "x")
    with pytest.raises(SealBrokenError):
        _get(secrets, sealed_id, purpose="other")
    with pytest.raises(SealBrokenError):
        _get(secrets, sealed_id, owner="other")


def test_rows_of_the_same_purpose_and_owner_cannot_be_swapped(
    store: ControlStore, secrets: SealedSecrets
) -> None:
    first, second = _put(secrets, "first"), _put(secrets, "second")
    values = _row(store, first).value, _row(store, second).value
    _alter(store, first, values[1])
    _alter(store, second, values[0])
    for each in (first, second):
        with pytest.raises(SealBrokenError):
            _get(secrets, each)


def test_altered_and_truncated_values_do_not_open_and_others_do(
    store: ControlStore, secrets: SealedSecrets
) -> None:
    broken, whole = _put(secrets, "broken"), _put(secrets, "whole")
    value = _row(store, broken).value
    for altered in (
        b"",
        value[:-1],
        value[:20],
        value + b"\0",
        value[:-1] + bytes([value[-1] ^ 1]),
        value[:15] + bytes([value[15] ^ 128]) + value[16:],
        b"\x02" + value[1:],
    ):
        _alter(store, broken, altered)
        with pytest.raises(SealBrokenError):
            _get(secrets, broken)
        assert _get(secrets, whole) == "whole"
    _alter(store, broken, value)
    assert _get(secrets, broken) == "broken"


def test_a_value_sealed_under_a_key_we_do_not_have_is_told_apart(
    store: ControlStore, secrets: SealedSecrets
) -> None:
    sealed_id = _put(_open(store, f"{OTHER},{'ab' * 32}"), "x")
    with pytest.raises(UnknownKeyError):
        _get(secrets, sealed_id)


def test_the_first_of_several_keys_seals_and_all_open(store: ControlStore) -> None:
    old = _open(store, PHRASE)
    by_old = _put(old, "old")
    both = _open(store, f"{OTHER}, {PHRASE}")
    by_new = _put(both, "new")
    assert (_get(both, by_old), _get(both, by_new)) == ("old", "new")
    with pytest.raises(UnknownKeyError):
        _get(old, by_new)


def test_a_wrong_key_is_refused_at_the_start_in_one_line(store: ControlStore) -> None:
    _open(store, PHRASE)
    with pytest.raises(SettingsError) as caught:
        _open(store, f"another {PHRASE}")
    line = str(caught.value)
    assert line.startswith("PROVISION_ENCRYPTION_KEY ")
    assert "\n" not in line
    assert PHRASE not in line
    _open(store, PHRASE)


def test_a_phrase_is_salted_for_each_installation(tmp_path: Path) -> None:
    salts = []
    for name in ("one", "two"):
        store = ControlStore.open(f"sqlite:///{tmp_path / name}.db")
        _open(store, PHRASE)
        with store.reading() as conn:
            salts.append(
                conn.execute(
                    select(installation.c.value).where(installation.c.key == "scrypt salt")
                ).scalar_one()
            )
        store.dispose()
    assert salts[0] != salts[1]
    assert all(len(bytes.fromhex(each)) == 16 for each in salts)


def test_shows_no_secret(store: ControlStore, secrets: SealedSecrets) -> None:
    assert "ab" * 32 not in repr((secrets, vars(secrets)))


def test_without_a_key_the_start_is_refused_where_none_may_be_made(
    store: ControlStore, tmp_path: Path
) -> None:
    (tmp_path / "secret.key").write_text(OTHER)
    with pytest.raises(SettingsError, match="PROVISION_ENCRYPTION_KEY is not set"):
        _open(store, None, tmp_path / "secret.key")


@pytest.fixture
def file_store(tmp_path: Path) -> Iterator[ControlStore]:
    opened = ControlStore.open(f"sqlite:///{tmp_path / 'control.db'}")
    yield opened
    opened.dispose()


def test_a_new_store_gets_a_key_of_its_own_that_is_used_again(
    file_store: ControlStore, tmp_path: Path
) -> None:
    key_file = tmp_path / "keys" / "secret.key"
    umask = os.umask(0)
    try:
        sealed_id = _put(_open(file_store, None, key_file, generate=True), "x")
    finally:
        os.umask(umask)
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert [each.name for each in key_file.parent.iterdir()] == ["secret.key"]
    assert _get(_open(file_store, None, key_file, generate=True), sealed_id) == "x"
    # The file's content is a value of the setting like any other.
    assert _get(_open(file_store, key_file.read_text()), sealed_id) == "x"


def test_a_key_file_left_by_a_start_that_was_cut_off_is_used(
    file_store: ControlStore, tmp_path: Path
) -> None:
    (tmp_path / "secret.key").write_text(f"{OTHER}\n")
    (tmp_path / "secret.key.new").write_text("half")
    sealed_id = _put(_open(file_store, None, tmp_path / "secret.key", generate=True), "x")
    assert _get(_open(file_store, OTHER), sealed_id) == "x"


def test_no_key_is_made_for_a_store_that_holds_secrets(
    file_store: ControlStore, tmp_path: Path
) -> None:
    _open(file_store, PHRASE)
    with pytest.raises(SettingsError, match=r"secret\.key is missing"):
        _open(file_store, None, tmp_path / "secret.key", generate=True)
    assert not (tmp_path / "secret.key").exists()


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe"])
def test_a_key_file_without_a_key_is_refused_and_kept(
    file_store: ControlStore, tmp_path: Path, content: bytes
) -> None:
    key_file = tmp_path / "secret.key"
    key_file.write_bytes(content)
    with pytest.raises(SettingsError, match="PROVISION_ENCRYPTION_KEY is not set and"):
        _open(file_store, None, key_file, generate=True)
    assert key_file.read_bytes() == content


def test_a_key_file_that_cannot_be_written_is_told(
    file_store: ControlStore, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="cannot be"):
        _open(file_store, None, tmp_path / "file" / "secret.key", generate=True)


def test_processes_that_start_at_once_agree_on_every_key(empty_url: str, tmp_path: Path) -> None:
    key = None if empty_url.startswith("sqlite") else OTHER
    context = multiprocessing.get_context("spawn")
    with context.Pool(4) as pool:
        work = [(empty_url, tmp_path / "secret.key", key)] * 4
        signing_keys = pool.map(_keys_in_process, work, chunksize=1)
        pool.close()
        pool.join()
    assert len(set(signing_keys)) == 1
    assert len(bytes.fromhex(signing_keys[0])) == 32


def test_the_signing_key_is_made_once_and_outlives_the_sealing_key(store: ControlStore) -> None:
    first = "ab" * 32
    made = session_signing_key(_open(store, first), None)
    assert session_signing_key(_open(store, f"{OTHER},{first}"), None) == made
    assert session_signing_key(_open(store, first), "as configured") == "as configured"


def test_an_altered_signing_key_stops_the_start_and_says_the_way_out(store: ControlStore) -> None:
    secrets = _open(store, OTHER)
    session_signing_key(secrets, None)
    with store.writing() as conn:
        conn.execute(update(sealed).where(sealed.c.purpose == "signing key").values(value=b"x"))
    with pytest.raises(SettingsError, match="PROVISION_SECRET_KEY is not set"):
        session_signing_key(secrets, None)
    assert session_signing_key(secrets, "as configured") == "as configured"
