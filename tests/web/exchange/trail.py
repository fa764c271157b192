"""What the audit trail says of exports and imports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from provision.control import audit
from provision.web.request.services import EXTENSION, Services

if TYPE_CHECKING:
    from tests.web.conftest import Visitor


def audited(visitor: Visitor) -> list[tuple[str, dict[str, Any]]]:
    store = cast("Services", visitor.app.extensions[EXTENSION]).store
    found = [(each.event, each.detail) for each in audit.listing(store)]
    return [(event, detail) for event, detail in found if event in ("imported", "exported")]
