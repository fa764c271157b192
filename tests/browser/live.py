"""The served app, and ways into it that spare a walk what another walk tries."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from provision.control import connections
from provision.control.accounts import users
from provision.tenant.access import Workspace
from provision.tenant.transfer import sample
from provision.web.request.services import EXTENSION, Services
from tests.web.conftest import Visitor

if TYPE_CHECKING:
    from flask import Flask

    from tests.browser.tab import Tab
    from tests.conftest import Database

_COOKIE = "provision_session"


@dataclass(frozen=True, slots=True)
class Live:
    """The app and its address."""

    app: Flask
    url: str

    def newcomer(self) -> Visitor:
        """A fresh account, signed in, without a workspace."""
        visitor = Visitor(self.app)
        visitor.register(f"nora-{secrets.token_hex(4)}")
        return visitor

    def person(self, database: Database, *, sample_data: bool = False) -> Visitor:
        """A fresh account with a ready workspace in `database`."""
        visitor = self.newcomer()
        visitor.connect(database)
        if sample_data:
            self._fill(visitor)
        return visitor

    def sign_in(self, tab: Tab, visitor: Visitor) -> None:
        """Give the browser of `tab` the session that `visitor` has."""
        cookie = visitor.cookie(_COOKIE)
        tab.page.context.add_cookies([{"name": _COOKIE, "value": cookie, "url": self.url}])

    def _fill(self, visitor: Visitor) -> None:
        services = cast("Services", self.app.extensions[EXTENSION])
        person = users.by_email(services.store, visitor.email())
        assert person is not None
        connection = connections.active(services.store, person.id)
        assert connection is not None
        here = Workspace(connections.name_of(connection), connection.owner_id)
        with services.access.transaction(here) as tenant:
            sample.fill(tenant, owner_id=here.owner_id, now=datetime.now(UTC))
