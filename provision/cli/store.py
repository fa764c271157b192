"""The control store as the operator's commands reach it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from provision.errors import NotFoundError, SettingsError
from provision.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.control.accounts.users import Person
    from provision.control.store.store import ControlStore
    from provision.settings import Settings


@contextmanager
def opened_store() -> Iterator[ControlStore]:
    """Open the control store as it is, without a key, since no secret is opened through it."""
    from sqlalchemy.exc import OperationalError

    from provision.control.store.engine import parse, refusal
    from provision.control.store.store import ControlStore

    settings = load_settings("operator")
    require_store(settings)
    store = ControlStore.open(settings.control_url)
    try:
        yield store
    except OperationalError as error:
        raise refusal(parse(settings.control_url), "does not answer", error) from None
    finally:
        store.dispose()


def require_store(settings: Settings) -> None:
    """Raise SettingsError where no control store is: a command must not make one by looking."""
    from provision.control.store.store import ControlStore

    if not ControlStore.is_there(settings.control_url):
        raise SettingsError(
            f"There is no control store at {place(settings)}; run this in the server's working "
            "directory with the server's settings, or set PROVISION_DATA_DIR or "
            "PROVISION_CONTROL_URL"
        )


def place(settings: Settings) -> str:
    """Return where the settings say that the control store is."""
    from provision.control.store.engine import parse, place_of

    return place_of(parse(settings.control_url))


def account_of(store: ControlStore, email: str) -> Person:
    """Return the account with this address. Raises NotFoundError."""
    from provision.control.accounts import users as accounts

    person = accounts.by_email(store, email)
    if person is None:
        raise NotFoundError(f"There is no account {email!r}; `provision users list` shows all")
    return person
