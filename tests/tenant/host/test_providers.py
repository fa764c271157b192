from __future__ import annotations

import re

import pytest

from provision.errors import ConnectionStringError
from provision.tenant.dsn import reading
from provision.tenant.host.providers import (
    CARDS,
    ProviderCard,
    cards,
    is_supabase_direct,
    place_words,
    recognise,
)


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("ep-x-pooler.eu-central-1.aws.neon.tech", "neon"),
        ("db.abcdefgh.supabase.co", "supabase"),
        ("aws-0-eu-central-1.pooler.supabase.com", "supabase"),
        ("monorail.proxy.rlwy.net", "railway"),
        ("postgres.railway.internal", "railway"),
        ("dpg-x-a.oregon-postgres.render.com", "render"),
        ("dpg-x-a", "render"),
        ("mydb.abc.eu-central-1.rds.amazonaws.com", "aws-rds"),
        ("MYDB.abc.eu-central-1.RDS.amazonaws.com.", "aws-rds"),
        ("srv.postgres.database.azure.com", "azure"),
        ("pg-1.aivencloud.com", "aiven"),
        ("x.db.ondigitalocean.com", "digitalocean"),
        ("ec2-1-2-3-4.compute-1.amazonaws.com", "aws-ec2"),
    ],
)
def test_a_host_gives_its_provider_away(host: str, key: str) -> None:
    provider = recognise(host)
    assert provider is not None
    assert provider.key == key


@pytest.mark.parametrize(
    "host", ["db.example.com", "neon.tech.example.com", "notneon.tech", "10.0.0.1", "localhost"]
)
def test_other_hosts_are_nobodys(host: str) -> None:
    assert recognise(host) is None


def test_supabase_direct_hosts_are_told_from_poolers() -> None:
    assert is_supabase_direct("db.abcdefgh.supabase.co")
    assert not is_supabase_direct("aws-0-eu-central-1.pooler.supabase.com")


def test_the_cards_are_those_of_the_wizard() -> None:
    assert [card.key for card in cards(demo=True)] == [
        "neon", "supabase", "railway", "render", "aws-rds", "any", "built-in",
    ]  # fmt: skip
    assert "built-in" not in [card.key for card in cards(demo=False)]
    assert [card.key for card in CARDS if card.recommended] == ["neon"]


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.key)
def test_a_card_says_what_it_costs_and_who_makes_the_backups(card: ProviderCard) -> None:
    assert all((card.tagline, card.steps, card.free, card.paid, card.backups))
    if "$" in card.paid:
        assert re.fullmatch(r"[A-Z][a-z]+ 20\d\d", card.checked)


@pytest.mark.parametrize(
    "example", [example for card in CARDS for example in card.examples], ids=lambda each: each[:40]
)
def test_an_example_is_a_string_we_would_read(example: str) -> None:
    filled = example.replace("password=…", "password=p").replace(":…@", ":p@")
    filled = filled.replace("…?", "u:p@h.example.com/d?").replace("…", "x")
    try:
        reading.parse(filled)
    except ConnectionStringError as refused:
        pytest.fail(refused.detail)


@pytest.mark.parametrize(
    ("host", "port", "words"),
    [
        ("ep-a-1.eu-central-1.aws.neon.tech", 5432, "Neon, direct host"),
        ("ep-a-1-pooler.eu-central-1.aws.neon.tech", 5432, "Neon, pooled host"),
        ("db.abc.supabase.co", 5432, "Supabase, direct host, IPv6 only by default"),
        ("aws-0-eu.pooler.supabase.com", 5432, "Supabase, session pooler"),
        ("aws-0-eu.pooler.supabase.com", 6543, "Supabase, transaction pooler"),
        ("x.proxy.rlwy.net", 1234, "Railway, public host"),
        ("postgres.railway.internal", 5432, "Railway, internal host"),
        ("dpg-abc-a", 5432, "Render, internal host"),
        ("dpg-abc-a.oregon-postgres.render.com", 5432, "Render, external host"),
        ("x.rds.amazonaws.com", 5432, "AWS RDS"),
        ("db.example.org", 5432, ""),
    ],
)
def test_the_way_in_that_a_host_stands_for(host: str, port: int, words: str) -> None:
    assert place_words(host, port) == words
