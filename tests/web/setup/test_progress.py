from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from provision.errors import TooManyTestsError
from provision.tenant.probe.progress import Progress
from provision.tenant.probe.report import Stage
from tests.tenant import faulty_servers as faulty
from tests.web.wizard import CONNECTION, paste

if TYPE_CHECKING:
    from tests.web.conftest import Visitor

PROGRESS = f"{CONNECTION}/progress"
DNS = Stage("dns", True, 3, "IPv4: 1 address, IPv6: none; public")


def test_nothing_runs_nothing_is_told(newcomer: Visitor) -> None:
    answer = newcomer.get(PROGRESS, htmx=True)
    assert (answer.status_code, answer.text) == (204, "")


def test_the_rows_fill_in_while_the_test_runs(newcomer: Visitor) -> None:
    with faulty.serving(faulty.silent) as port:
        text = f"postgresql://u:hunter2@127.0.0.1:{port}/d"
        test = threading.Thread(target=paste, args=(newcomer, text))
        test.start()
        until = time.monotonic() + 5
        while "is open" not in (answer := newcomer.get(PROGRESS, htmx=True)).text:
            assert time.monotonic() < until
            time.sleep(0.05)
        test.join()
    assert answer.text.lstrip().startswith('<div class="stack" id="connection-checks">')
    assert "checking" in answer.text
    assert "waiting" in answer.text
    assert "hunter2" not in answer.text
    assert newcomer.get(PROGRESS, htmx=True).status_code == 204


def test_a_person_sees_no_test_but_their_own() -> None:
    progress = Progress(8)
    with progress.test_of("alice") as watch:
        watch(DNS)
        assert progress.of("alice") == (DNS,)
        assert progress.of("bob") is None
    assert progress.of("alice") is None


def test_the_last_to_begin_is_shown_and_outlives_the_one_before() -> None:
    progress = Progress(8)
    with progress.test_of("alice") as second_to_last:
        second_to_last(DNS)
        with progress.test_of("alice"):
            assert progress.of("alice") == ()
        assert progress.of("alice") is None


def test_a_person_runs_two_tests_at_once_and_all_together_no_more_than_there_is_room_for() -> None:
    progress = Progress(3)
    with progress.test_of("ana"), progress.test_of("ana"):
        with pytest.raises(TooManyTestsError), progress.test_of("ana"):
            pass
        with progress.test_of("ben"), pytest.raises(TooManyTestsError), progress.test_of("cleo"):
            pass
    with progress.test_of("ana"):
        assert progress.of("ana") == ()
