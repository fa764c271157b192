"""Where each person's database is: the visible facts in columns, the string only sealed.

`saved` declares the facts, `keeping` saves, changes and forgets them, `strings` opens and seals
the strings.
"""

from __future__ import annotations

from provision.control.connections.keeping import (
    FORGOTTEN_STEP,
    active,
    forget,
    forget_sealed,
    forgotten,
    held_by_others,
    listing,
    mark_unready,
    mark_verified,
    places,
    rename,
    save,
)
from provision.control.connections.saved import (
    CONNECTION_COLUMNS,
    Kind,
    NewConnection,
    SavedConnection,
    SavedPlace,
    connection_from,
    id_of,
    name_of,
)
from provision.control.connections.strings import (
    PURPOSE,
    bind_workspaces,
    open_secret,
    replace_secret,
)

__all__ = [
    "CONNECTION_COLUMNS",
    "FORGOTTEN_STEP",
    "PURPOSE",
    "Kind",
    "NewConnection",
    "SavedConnection",
    "SavedPlace",
    "active",
    "bind_workspaces",
    "connection_from",
    "forget",
    "forget_sealed",
    "forgotten",
    "held_by_others",
    "id_of",
    "listing",
    "mark_unready",
    "mark_verified",
    "name_of",
    "open_secret",
    "places",
    "rename",
    "replace_secret",
    "save",
]
