"""The parameters of an address: none that the call does not know, none twice, none empty.

What is misspelt would otherwise be taken for unsaid, and a list come back as if nobody had asked
for less of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from flask import request

from provision.errors import ValidationError
from provision.nouns.spelling import MOST_NAMED, suggestion
from provision.web.answer.problem_details import ApiError

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONGEST_NAME: Final = 100


class Parameters:
    """Which parameters each call takes, by endpoint; a call that is not named here takes none."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, ...]] = {}

    def allow(self, endpoint: str, names: Sequence[str]) -> None:
        """Let the calls of `endpoint` take these."""
        self._known[endpoint] = tuple(names)

    def check(self) -> None:
        """Raise ValidationError, naming each parameter of the present request that is wrong."""
        if not request.query_string:
            return
        try:
            sent = parse_qsl(request.query_string.decode(), keep_blank_values=True, errors="strict")
        except UnicodeDecodeError:
            raise ApiError(
                400, "bad_request", "What stands behind the ? of this address is not UTF-8."
            ) from None
        known = self._known.get(request.endpoint or "", ())
        wrong: dict[str, list[str]] = {}
        seen: set[str] = set()
        for name, value in sent:
            if name not in known:
                wrong[name[:_LONGEST_NAME]] = [_unknown(name, known)]
            elif name in seen:
                wrong[name] = ["This is sent more than once; send it once."]
            elif not value.strip():
                wrong[name] = ["This is empty. Leave it out where it shall not count."]
            seen.add(name)
            if len(wrong) == MOST_NAMED:
                break
        if wrong:
            raise ValidationError(wrong)


PARAMETERS: Final = Parameters()


def _unknown(name: str, known: Sequence[str]) -> str:
    if not known:
        return "This call takes no parameters in its address."
    return f"This call has no such parameter.{suggestion(name, known)}"
