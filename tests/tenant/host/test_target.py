from __future__ import annotations

import pytest

from provision.tenant.host.target import Target

PASSWORD = "s3cret-of-theirs"
FULL = Target(
    host="db.example.org",
    port=6432,
    database="work",
    user="ada",
    password=PASSWORD,
    sslmode="verify-full",
    channel_binding="require",
    endpoint="ep-cool-1",
    ca_certificate="-----BEGIN CERTIFICATE-----",
    allow_md5=True,
)


@pytest.mark.parametrize("shown", [repr, str, "{}".format, lambda each: repr(each.url)])
def test_no_printed_form_shows_the_password(shown: object) -> None:
    assert callable(shown)
    assert PASSWORD not in shown(FULL)
    assert "db.example.org" in shown(FULL)


def test_what_is_sealed_comes_back_equal() -> None:
    assert Target.from_secret(FULL.to_secret()) == FULL
    plain = Target("h", 5432, "d", "u", "", "disable")
    assert Target.from_secret(plain.to_secret()) == plain


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"host": "h", "password": "s3cret"}', "1"])
def test_other_text_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(ValueError, match=r"^not a sealed target$"):
        Target.from_secret(text)


def test_the_url_names_driver_and_place() -> None:
    url = FULL.url
    assert (url.drivername, url.host, url.port) == ("postgresql+psycopg", "db.example.org", 6432)
    assert (url.username, url.password, url.database) == ("ada", PASSWORD, "work")


def test_a_target_sealed_under_the_former_name_of_a_field_opens() -> None:
    sealed = (
        '{"host": "h", "port": 5432, "database": "d", "user": "u", "password": "p", '
        '"sslmode": "require", "is_unsteady": true}'
    )
    target = Target.from_secret(sealed)
    assert target.changes_salt
    assert Target.from_secret(target.to_secret()) == target
