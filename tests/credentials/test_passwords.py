from __future__ import annotations

import statistics
import threading
import time

import argon2
import pytest

from provision.credentials.passwords import PasswordHasher, password_problems
from provision.errors import TooManySignInsError


@pytest.fixture(scope="module")
def hasher() -> PasswordHasher:
    return PasswordHasher()


def test_verifies_what_it_hashed(hasher: PasswordHasher) -> None:
    stored = hasher.hash("correct horse")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert hasher.verify(stored, "correct horse")
    assert not hasher.verify(stored, "correct house")
    assert not hasher.verify(stored, "")


def test_hashes_the_same_password_differently_each_time(hasher: PasswordHasher) -> None:
    assert hasher.hash("correct horse") != hasher.hash("correct horse")


def test_two_spellings_of_the_same_characters_are_one_password(hasher: PasswordHasher) -> None:
    assert hasher.verify(hasher.hash("caf\u00e9 au lait"), "cafe\u0301 au lait")
    assert hasher.verify(hasher.hash("\uff50assword 123"), "password 123")


def test_a_password_may_hold_any_text(hasher: PasswordHasher) -> None:
    for text in ("with \0 inside it", "half a pair \ud800", "\U0001f511" * 10):
        assert hasher.verify(hasher.hash(text), text)


def test_no_account_is_false_and_takes_as_long(hasher: PasswordHasher) -> None:
    stored = hasher.hash("correct horse")

    def median_s(hash_: str | None) -> float:
        times = []
        for _ in range(15):
            started = time.thread_time()
            assert not hasher.verify(hash_, "wrong password")
            times.append(time.thread_time() - started)
        return statistics.median(times)

    # CPU time of one thread, so that a busy machine does not matter; a hash takes 15 ms or so.
    assert 0.5 < median_s(None) / median_s(stored) < 2


def test_a_text_far_too_long_is_not_hashed(hasher: PasswordHasher) -> None:
    stored = hasher.hash("correct horse")
    started = time.thread_time()
    assert not hasher.verify(stored, "x" * 50_000_000)
    assert time.thread_time() - started < 1


@pytest.mark.parametrize("stored", ["", "plain", "$argon2id$v=19$m=19456,t=2,p=1$AAAA$!!", "$2b$x"])
def test_a_damaged_hash_lets_nobody_in(hasher: PasswordHasher, stored: str) -> None:
    assert not hasher.verify(stored, "correct horse")


def test_an_empty_hash_is_not_the_decoy(hasher: PasswordHasher) -> None:
    assert not hasher.verify("", "")


def test_asks_for_a_new_hash_when_parameters_changed(hasher: PasswordHasher) -> None:
    assert not hasher.needs_rehash(hasher.hash("correct horse"))
    weaker = argon2.PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1)
    assert hasher.needs_rehash(weaker.hash("correct horse"))
    assert hasher.needs_rehash("damaged")


def test_waits_its_turn_when_all_slots_are_taken() -> None:
    hasher = PasswordHasher(max_concurrent=1)
    stored = hasher.hash("correct horse")
    together = threading.Barrier(4)
    results: list[bool] = []

    def verify() -> None:
        together.wait()
        results.append(hasher.verify(stored, "correct horse"))

    threads = [threading.Thread(target=verify) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 4
    with pytest.raises(ValueError, match="at least 1"):
        PasswordHasher(max_concurrent=0)


def test_refuses_at_once_when_all_that_may_wait_do() -> None:
    hasher = PasswordHasher(max_concurrent=1, max_waiting=1)
    stored = hasher.hash("correct horse")
    together = threading.Barrier(8)
    results: list[bool | None] = []

    def verify() -> None:
        together.wait()
        try:
            results.append(hasher.verify(stored, "correct horse"))
        except TooManySignInsError:
            results.append(None)

    threads = [threading.Thread(target=verify) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert None in results
    assert results.count(True) >= 2
    assert hasher.verify(stored, "correct horse")


@pytest.mark.parametrize(
    "text",
    [
        "jk3 vbw9zq",
        "correct horse " * 18 + "mule",
        "grün tee ä",
        "\ufb01ve \ufb02oors",
        "Привет всем",
        "password for the boat",
    ],
)
def test_accepts_passwords_of_10_to_256_characters(text: str) -> None:
    assert password_problems(text) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Choose"),
        ("x" * 9, "at least 10"),
        ("x" * 257, "at most 256"),
        ("x" * 1_000_000, "at most 256"),
        ("e\u0301" * 9, "at least 10"),
        ("\ufdfa" * 20, "at most 256"),
    ],
)
def test_refuses_others_and_says_why(text: str, message: str) -> None:
    [said] = password_problems(text)
    assert message in said
