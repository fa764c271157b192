"""Whose address may have an account here, as PROVISION_REGISTRATION says."""

from __future__ import annotations

from provision.control.accounts.naming import normalized_email
from provision.errors import RegistrationClosedError
from provision.web.request.services import services


def refuse_closed(email: str) -> None:
    """Raise RegistrationClosedError unless this address may register."""
    if services().settings.registration == "closed":
        raise RegistrationClosedError
    refuse_foreign_domain(email)


def refuse_foreign_domain(email: str) -> None:
    """Raise RegistrationClosedError where accounts are for some domains and this is another."""
    domains = services().settings.registration_domains
    if domains and normalized_email(email).rpartition("@")[2] not in domains:
        raise RegistrationClosedError(
            "Accounts here are for addresses at " + ", ".join(sorted(domains)) + "."
        )
