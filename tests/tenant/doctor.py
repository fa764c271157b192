"""The doctor on a real server, within its time and never with the password in what it says."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from provision.tenant.probe.walk import probe
from tests.patience import LONG_S
from tests.tenant.real_servers import PASSWORD
from tests.tenant.targets import LOOPBACK

if TYPE_CHECKING:
    from provision.tenant.probe.report import Report

TIMEOUT_S = 5.0


def check(text: str, *, allow_md5: bool = False, ca_certificate: str | None = None) -> Report:
    begun = time.monotonic()
    report = probe(
        text,
        policy=LOOPBACK,
        timeout_s=TIMEOUT_S,
        allow_md5=allow_md5,
        ca_certificate=ca_certificate,
    )
    assert time.monotonic() - begun < LONG_S
    assert PASSWORD not in report.as_json()
    if not report.ok:
        assert report.detail
        assert report.remedy
    return report


def found(report: Report) -> tuple[str, str]:
    """The code and the stage that failed, the last one if none did."""
    failed = [each.stage for each in report.stages if each.ok is False]
    return report.code, failed[0] if failed else "schema"
