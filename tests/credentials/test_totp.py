from __future__ import annotations

import base64
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest

from provision.credentials import totp

# RFC 6238, appendix B: the SHA-1 rows, whose eight digits end in the six an app shows.
SECRET = base64.b32encode(b"12345678901234567890").decode()
VECTORS = {
    59: "287082",
    1111111109: "081804",
    1111111111: "050471",
    1234567890: "005924",
    2000000000: "279037",
    20000000000: "353130",
}
FULL_WIDTH = "\uff12\uff18\uff17\uff10\uff18\uff12"
ARABIC_INDIC = "\u0662\u0668\u0667\u0660\u0668\u0662"


@pytest.mark.parametrize(("at", "code"), VECTORS.items())
def test_the_rfcs_own_codes_are_of_their_steps(at: int, code: str) -> None:
    assert totp.step_of(SECRET, code, at=at) == at // 30


@pytest.mark.parametrize("skew", [-2, -1, 0, 1, 2])
def test_one_step_of_skew_is_taken_and_two_are_not(skew: int) -> None:
    at = 1_800_000_000
    code = pyotp.TOTP(SECRET).at(at + skew * 30)
    assert totp.step_of(SECRET, code, at=at) == (at // 30 + skew if abs(skew) <= 1 else None)


def test_a_new_secret_has_160_bits_and_is_never_the_same() -> None:
    secrets = {totp.new_secret() for _ in range(50)}
    assert len(secrets) == 50
    assert all(len(base64.b32decode(each)) == 20 for each in secrets)


def test_the_address_in_the_qr_code_names_the_issuer_and_the_account() -> None:
    parts = urlsplit(totp.uri(SECRET, account="ana+work@example.org"))
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert parts.path == "/Provision:ana%2Bwork%40example.org"
    assert parse_qs(parts.query) == {"secret": [SECRET], "issuer": ["Provision"]}


@pytest.mark.parametrize(
    "typed",
    [
        "287082",
        " 287 082 ",
        "287-082",
        "287\N{NO-BREAK SPACE}082",
        "\uff12\uff18\uff17\uff10\uff18\uff12",
    ],
)
def test_six_digits_are_read_however_they_are_typed(typed: str) -> None:
    assert totp.code_from(typed) == "287082"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "28708",
        "2870821",
        "28708a",
        "\u0662\u0668\u0667\u0660\u0668\u0662",
        "1" * 10_000,
        "²²²²²²x",
        "\ud800" * 6,
    ],
)
def test_anything_else_is_no_code(typed: str) -> None:
    assert totp.code_from(typed) is None
