"""Rules for names and e-mail addresses, and the one spelling under which each is kept."""

from __future__ import annotations

import unicodedata
from typing import Final

MAX_NAME_CHARACTERS: Final = 200
MAX_EMAIL_CHARACTERS: Final = 254  # RFC 5321 section 4.5.3.1.3, as corrected by erratum 1690

# Control characters, half surrogate pairs, line and paragraph separators.
_REFUSED_CATEGORIES: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})


def normalized_email(text: str) -> str:
    """Return the spelling under which an address is kept: trimmed, lower case, composed."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text.strip()).lower())


def normalized_name(text: str) -> str:
    return unicodedata.normalize("NFC", text.strip())


def email_problems(email: str) -> list[str]:
    """Return messages on what is wrong with a normalised address; empty when nothing is."""
    if not email:
        return ["Enter your e-mail address."]
    if len(email) > MAX_EMAIL_CHARACTERS:
        return [f"An e-mail address has at most {MAX_EMAIL_CHARACTERS} characters."]
    if any(each.isspace() for each in email):
        return ["An e-mail address has no spaces in it."]
    if not email.isprintable():
        return ["This holds characters that no e-mail address has."]
    local, _, domain = email.partition("@")
    if not local or not domain or "@" in domain:
        return ["This is not an e-mail address; it looks like name@example.org."]
    return []


def name_problems(name: str) -> list[str]:
    """Return messages on what is wrong with a normalised name; empty when nothing is."""
    if len(name) > MAX_NAME_CHARACTERS:
        return [f"Use at most {MAX_NAME_CHARACTERS} characters."]
    if any(unicodedata.category(each) in _REFUSED_CATEGORIES for each in name):
        return ["Use letters, digits and signs only, on one line."]
    if not any(each.isprintable() and not each.isspace() for each in name):
        return ["Enter a name."]
    return []
