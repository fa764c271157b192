"""An authenticator app in the hands of a test."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pyotp

from provision.control.accounts import users
from provision.control.second_factor import enrolment
from provision.web.request.services import EXTENSION, Services
from tests.control.conftest import CLIENT

if TYPE_CHECKING:
    from flask import Flask

    from tests.web.conftest import Visitor


class Authenticator:
    """Holds one person's secret, and the hands of the app's clock, which stands still meanwhile."""

    def __init__(self, app: Flask, secret: str) -> None:
        self._services: Services = app.extensions[EXTENSION]
        self._totp = pyotp.TOTP(secret)
        self._now = time.time()
        self._services.store._clock = lambda: self._now

    def code(self, *, steps: int = 0) -> str:
        """What the app shows now; `steps` is how far its own clock goes wrong."""
        return self._totp.at(self._now + 30 * steps)

    def next_code(self) -> str:
        """What the app shows after the present code, once that has passed."""
        self.pass_s(30)
        return self.code()

    def wrong_code(self) -> str:
        """Six digits that are not the code of any time near."""
        near = {self.code(steps=steps) for steps in range(-3, 4)}
        return next(code for code in map("{:06}".format, range(100)) if code not in near)

    def pass_s(self, seconds: float) -> None:
        self._now += seconds


def enrol(app: Flask, visitor: Visitor) -> tuple[Authenticator, list[str]]:
    """Turn this person's two-factor on; gives their authenticator and their recovery codes."""
    services: Services = app.extensions[EXTENSION]
    person = users.by_email(services.store, visitor.email())
    assert person is not None
    secret = enrolment.begin(services.store, services.secrets, person.id)
    assert secret is not None
    authenticator = Authenticator(app, secret)
    codes = enrolment.turn_on(
        services.store, services.secrets, person.id, authenticator.code(), client=CLIENT
    )
    return authenticator, codes
