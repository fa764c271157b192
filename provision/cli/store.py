"""The control store as the operator's commands reach it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from provision.errors import NotFoundError, SettingsError
from provision.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.control.store import ControlStore
    from provision.control.users import Person


@contextmanager
def opened_store() -> Iterator[ControlStore]:
    """The control store as it stands; needs no key, since no secret is opened through it."""
    from sqlalchemy.exc import OperationalError

    from provision.control.engine import parse, refusal
    from provision.control.store import ControlStore

    settings = load_settings("operator")
    if settings.control_file is not None and not settings.control_file.exists():
        raise SettingsError(
            f"There is no control store at {settings.control_file}; "
            "run this in the server's working directory, or set PROVISION_DATA_DIR"
        )
    store = ControlStore.open(settings.control_url)
    try:
        yield store
    except OperationalError as error:
        raise refusal(parse(settings.control_url), "does not answer", error) from None
    finally:
        store.dispose()


def account_of(store: ControlStore, email: str) -> Person:
    """The account with this address. Raises NotFoundError."""
    from provision.control import users as accounts

    person = accounts.by_email(store, email)
    if person is None:
        raise NotFoundError(f"There is no account {email!r}; `provision users list` shows all")
    return person
