from __future__ import annotations

import pytest

from provision.errors import DatabaseBusyError, DatabaseTimeoutError, TenantError, UnreachableError
from provision.tenant.pool.breaker import Breakers


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


REFUSED = UnreachableError("connection_refused", "Nothing listens there.", "Start it.")
SILENT = DatabaseTimeoutError("query_timeout", "It said nothing.", "Wait.")
WRONG_PASSWORD = UnreachableError("auth_failed", "The password is wrong.", "Copy it again.")


def fail(breakers: Breakers, error: TenantError, times: int = 1, name: str = "a") -> None:
    for _ in range(times):
        call = breakers.admit(name)
        call.failed(error)
        call.end()


def refusal(breakers: Breakers, name: str = "a") -> TenantError:
    with pytest.raises(TenantError) as caught:
        breakers.admit(name)
    return caught.value


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breakers(clock: Clock) -> Breakers:
    return Breakers(trouble_slots=2, tenant_slots=2, clock=clock)


def test_three_failures_in_a_row_open_it(breakers: Breakers) -> None:
    fail(breakers, REFUSED, 3)
    refused = refusal(breakers)
    assert (type(refused), refused.code) == (UnreachableError, "connection_refused")
    assert refused.retry_after_s == 1
    breakers.admit("another").end()


def test_an_answer_in_between_starts_the_count_afresh(breakers: Breakers) -> None:
    for _ in range(3):
        fail(breakers, REFUSED, 2)
        call = breakers.admit("a")
        call.succeeded()
        call.end()
    breakers.admit("a").end()


def test_one_probe_is_let_through_after_the_back_off(breakers: Breakers, clock: Clock) -> None:
    fail(breakers, REFUSED, 3)
    clock.now += 1.0
    probe = breakers.admit("a")
    assert refusal(breakers).retry_after_s == 1
    probe.succeeded()
    probe.end()
    breakers.admit("a").end()


def test_a_probe_that_finds_out_nothing_leaves_it_to_the_next(
    breakers: Breakers, clock: Clock
) -> None:
    fail(breakers, REFUSED, 3)
    clock.now += 1.0
    breakers.admit("a").end()
    breakers.admit("a").end()


def test_a_server_that_refuses_is_looked_at_every_second(breakers: Breakers, clock: Clock) -> None:
    fail(breakers, REFUSED, 3)
    for _ in range(20):
        clock.now += 1.0
        fail(breakers, REFUSED)
        assert refusal(breakers).retry_after_s == 1


def test_a_server_that_costs_time_is_given_longer_back_offs_each_time(
    breakers: Breakers, clock: Clock
) -> None:
    fail(breakers, SILENT, 3)
    waits = []
    for _ in range(8):
        wait_s = refusal(breakers).retry_after_s
        assert wait_s is not None
        waits.append(wait_s)
        clock.now += wait_s
        fail(breakers, SILENT)
    assert waits == [1, 2, 4, 8, 16, 30, 30, 30]


def test_what_trying_cannot_mend_is_not_tried(breakers: Breakers, clock: Clock) -> None:
    fail(breakers, WRONG_PASSWORD)
    assert refusal(breakers).code == "auth_failed"
    clock.now += 29.0
    assert refusal(breakers).retry_after_s == 1
    clock.now += 1.0
    fail(breakers, WRONG_PASSWORD)
    assert refusal(breakers).retry_after_s == 60


def test_a_changed_string_starts_afresh(breakers: Breakers) -> None:
    fail(breakers, WRONG_PASSWORD)
    breakers.forget("a")
    breakers.admit("a").end()


def test_calls_for_tenants_that_timed_out_share_the_trouble_slots(breakers: Breakers) -> None:
    for name in ("a", "b", "c"):
        fail(breakers, SILENT, name=name)
    first, second = breakers.admit("a"), breakers.admit("b")
    refused = refusal(breakers, "c")
    assert (type(refused), refused.code) == (DatabaseBusyError, "query_timeout")
    breakers.admit("not contacted yet").end()
    first.end()
    breakers.admit("c").end()
    second.end()
    assert breakers.stats()["trouble_slots_taken"] == 0


def test_a_slow_call_may_stay_only_while_there_are_slots(breakers: Breakers) -> None:
    calls = [breakers.admit(name) for name in "abc"]
    assert [each.may_stay() for each in calls] == [True, True, False]
    assert calls[0].may_stay()
    calls[0].end()
    assert calls[2].may_stay()
    for each in calls[1:]:
        each.end()
    assert breakers.stats()["trouble_slots_taken"] == 0


def test_no_more_calls_begin_while_a_tenants_calls_are_slow(breakers: Breakers) -> None:
    slow = [breakers.admit("a"), breakers.admit("a")]
    assert slow[0].may_stay()
    # A slot is taken by every further call as long as one is slow, and then there is none left.
    third = breakers.admit("a")
    refused = refusal(breakers)
    assert (type(refused), refused.code) == (DatabaseBusyError, "query_timeout")
    assert refused.at_once
    breakers.admit("another").end()
    for each in (*slow, third):
        each.end()
    breakers.admit("a").end()
    assert breakers.stats()["trouble_slots_taken"] == 0


def test_one_tenants_slow_calls_leave_slots_to_others(clock: Clock) -> None:
    breakers = Breakers(trouble_slots=4, tenant_slots=2, clock=clock)
    slow = [breakers.admit("a") for _ in range(2)]
    assert all(each.may_stay() for each in slow)
    assert refusal(breakers).at_once
    other = breakers.admit("b")
    assert other.may_stay()
    for each in (*slow, other):
        each.end()


def test_opening_and_closing_is_one_line_each(
    breakers: Breakers, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    fail(breakers, REFUSED, 3)
    for _ in range(5):
        refusal(breakers)
        clock.now += 1.0
        fail(breakers, REFUSED)
    clock.now += 1.0
    breakers.admit("a").succeeded()
    assert [record.getMessage() for record in caplog.records] == [
        "tenant database fails, backing off 1 s at first: cause=connection_refused connection=a",
        "tenant database answers again: connection=a",
    ]


def test_stats_name_codes_and_no_tenant(breakers: Breakers) -> None:
    fail(breakers, REFUSED, 3, name="secret-id")
    refusal(breakers, "secret-id")
    assert breakers.stats() == {
        "tenants_failing": 1,
        "breakers_open": 1,
        "breaker_refusals_total": 1,
        "trouble_slots_taken": 0,
        "trouble_slots_max": 2,
        "failures_total": {"connection_refused": 3},
    }
