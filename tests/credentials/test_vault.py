from __future__ import annotations

import base64
import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.credentials.vault import Vault, read_keys
from provision.errors import SealBrokenError, SettingsError, UnknownKeyError, VaultError

SALT = b"0123456789abcdef"
KEY = bytes(range(32))


@pytest.fixture
def vault() -> Vault:
    return Vault([KEY])


def test_opens_what_it_sealed(vault: Vault) -> None:
    sealed = vault.seal(b"postgresql://", purpose="p", owner="o")
    assert b"postgresql" not in sealed
    assert vault.open(sealed, purpose="p", owner="o") == b"postgresql://"


def test_seals_the_same_text_differently_each_time(vault: Vault) -> None:
    sealed = {vault.seal(b"x", purpose="p", owner="o") for _ in range(100)}
    assert len(sealed) == 100
    assert len({each[9:21] for each in sealed}) == 100


@pytest.mark.parametrize(("purpose", "owner"), [("p", "other"), ("other", "o"), ("o", "p")])
def test_does_not_open_for_another_purpose_or_owner(vault: Vault, purpose: str, owner: str) -> None:
    sealed = vault.seal(b"x", purpose="p", owner="o")
    with pytest.raises(SealBrokenError):
        vault.open(sealed, purpose=purpose, owner=owner)


def test_purpose_and_owner_do_not_run_together(vault: Vault) -> None:
    sealed = vault.seal(b"x", purpose="ab", owner="c")
    with pytest.raises(SealBrokenError):
        vault.open(sealed, purpose="a", owner="bc")


def test_every_flipped_bit_is_noticed(vault: Vault) -> None:
    sealed = vault.seal(b"a secret", purpose="p", owner="o")
    for bit in range(8 * len(sealed)):
        flipped = bytearray(sealed)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(VaultError):
            vault.open(bytes(flipped), purpose="p", owner="o")


def test_every_truncation_is_noticed(vault: Vault) -> None:
    sealed = vault.seal(b"a secret", purpose="p", owner="o")
    for length in range(len(sealed)):
        with pytest.raises(SealBrokenError):
            vault.open(sealed[:length], purpose="p", owner="o")
    with pytest.raises(SealBrokenError):
        vault.open(sealed + b"\0", purpose="p", owner="o")


@given(st.binary(max_size=80))
def test_bytes_nobody_sealed_do_not_open(sealed: bytes) -> None:
    with pytest.raises(VaultError):
        Vault([KEY]).open(sealed, purpose="p", owner="o")


def test_says_when_the_key_is_not_configured(vault: Vault) -> None:
    sealed = Vault([os.urandom(32)]).seal(b"x", purpose="p", owner="o")
    with pytest.raises(UnknownKeyError):
        vault.open(sealed, purpose="p", owner="o")


def test_the_first_key_seals_and_all_open(vault: Vault) -> None:
    old = vault.seal(b"x", purpose="p", owner="o")
    both = Vault([os.urandom(32), KEY])
    new = both.seal(b"y", purpose="p", owner="o")
    assert both.open(old, purpose="p", owner="o") == b"x"
    assert both.open(new, purpose="p", owner="o") == b"y"
    assert both.key_id(new) == both.key_ids[0]
    assert both.key_id(old) == vault.key_ids[0] != both.key_ids[0]
    with pytest.raises(UnknownKeyError):
        vault.open(new, purpose="p", owner="o")


def test_a_key_id_cannot_be_moved_to_another_key() -> None:
    first, second = os.urandom(32), os.urandom(32)
    by_first = Vault([first]).seal(b"x", purpose="p", owner="o")
    by_second = Vault([second]).seal(b"x", purpose="p", owner="o")
    with pytest.raises(SealBrokenError):
        Vault([first, second]).open(by_second[:9] + by_first[9:], purpose="p", owner="o")


@pytest.mark.parametrize("keys", [[], [b"short"], [KEY, KEY + b"x"]])
def test_refuses_keys_of_another_length(keys: list[bytes]) -> None:
    with pytest.raises(ValueError, match="key"):
        Vault(keys)


def test_shows_no_key(vault: Vault) -> None:
    assert KEY.hex() not in repr(vault)
    assert repr(KEY) not in repr(vault)


def test_many_threads_share_one_vault(vault: Vault) -> None:
    def round_trip(number: int) -> bytes:
        text = b"%d" % number
        return vault.open(
            vault.seal(text, purpose="p", owner=str(number)), purpose="p", owner=str(number)
        )

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(round_trip, range(500))) == [b"%d" % each for each in range(500)]


def test_takes_32_bytes_as_they_are() -> None:
    key = b"\xff\xfe" + os.urandom(30)
    for setting in (
        key.hex(),
        key.hex().upper(),
        base64.b64encode(key).decode(),
        base64.urlsafe_b64encode(key).decode(),
        f"  {key.hex()}  ",
    ):
        assert read_keys(setting, SALT) == [key]


def test_stretches_a_phrase_with_the_salt_of_the_installation() -> None:
    phrase = "correct horse battery staple"
    [key] = read_keys(phrase, SALT)
    assert len(key) == 32
    assert read_keys(phrase, SALT) == [key]
    assert read_keys(phrase, b"another salt 123") != [key]


def test_a_phrase_leads_to_the_same_key_in_every_version() -> None:
    # The format: were this to change, no store sealed under a phrase could be opened any more.
    [key] = read_keys("correct horse battery staple", SALT)
    assert key.hex() == "e85a6b6074c5b17927bf067dd98401801052b4ce5840b624aa002af81d322b03"


@pytest.mark.parametrize("text", ["a" * 43, "z" * 64, "b" * 43 + "=", "ä" * 44, "0f " * 21 + "0"])
def test_takes_what_only_looks_like_a_key_for_a_phrase(text: str) -> None:
    [key] = read_keys(text, SALT)
    assert len(key) == 32
    assert key != read_keys(text, b"another salt 123")[0]


def test_keeps_the_order_of_several_keys() -> None:
    keys = [os.urandom(32) for _ in range(3)]
    assert read_keys(", ".join(key.hex() for key in keys), SALT) == keys


def test_refuses_an_empty_key() -> None:
    with pytest.raises(SettingsError, match="PROVISION_ENCRYPTION_KEY"):
        read_keys(f"{KEY.hex()},,", SALT)


def test_takes_bytes_of_the_environment_that_are_not_utf_8() -> None:
    assert len(read_keys("a phrase with \udcff in it", SALT)[0]) == 32
