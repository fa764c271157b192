"""Which versions of the rows here a person was shown, and which rows were changed since.

Of each row that the file names by its id the form carries a part of a hash of its version:
thousands of them are to fit beside the file.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING, Any, Final

from provision.web.exchange.checking.result import Meanwhile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from provision.tenant.transfer.arriving import Names
    from provision.web.exchange.checking.draft import Draft
    from provision.web.exchange.checking.result import Changed, Checked

# Of a changed row one in 16 million is taken for the same; four characters of the form a row.
_HASH_BYTES: Final = 3
_NOUNS: Final = ("project", "assignee")


def shown(draft: Draft, checked: Checked) -> str:
    """Return the hidden field that says which rows are shown; empty for none."""
    hashes = b"".join(each for _, each in _hashed(checked))
    return f"{_place(draft)}.{base64.urlsafe_b64encode(hashes).decode()}" if hashes else ""


def are_shown(draft: Draft, checked: Checked) -> bool:
    """Tell whether the page before showed the rows that this column of ids names."""
    return not checked.by_id or draft.seen.partition(".")[0] == _place(draft)


def deleted(draft: Draft, checked: Checked) -> int:
    """Return how many of the rows that were shown are not here any more; at least that many."""
    return max(0, len(_seen(draft)) - len(checked.by_id))


def meanwhile(
    draft: Draft, checked: Checked, known: Mapping[str, Sequence[Names]]
) -> list[Meanwhile]:
    """Return the rows to change that were changed here since they were shown.

    `known` are the projects and people here.
    """
    before, now = _seen(draft), _hashed(checked)
    if len(before) == len(now):
        others = {row_id for (row_id, each), held in zip(now, before, strict=True) if each != held}
    else:
        others = {row_id for row_id, each in now if each not in set(before)}
    names = {each.id: each.name for rows in known.values() for each in rows}
    title = draft.kind.columns[0][0]
    return [
        Meanwhile(each.number, str(each.stored[title]), tuple(_differences(draft, each, names)))
        for each in checked.changed
        if each.stored["id"] in others
    ]


def _differences(
    draft: Draft, changed: Changed, names: Mapping[str, str]
) -> list[tuple[str, str, str]]:
    found = []
    for name, value in changed.values.items():
        if name in _NOUNS:
            here = names.get(str(changed.stored[f"{name}_id"]), "")
            found.append((draft.kind.label(name), here, str(value.name or "")))
        else:
            here = _in_words(draft, name, changed.stored.get(name))
            found.append((draft.kind.label(name), here, _in_words(draft, name, value)))
    return found


def _in_words(draft: Draft, name: str, value: Any) -> str:
    return "" if value is None else str(draft.kind.shown(name, value))


def _hashed(checked: Checked) -> list[tuple[str, bytes]]:
    """Return the rows that the file names, by id, in their order."""
    return [(row_id, _hash(row_id, checked.by_id[row_id])) for row_id in sorted(checked.by_id)]


def _hash(row_id: str, row: Mapping[str, Any]) -> bytes:
    text = f"{row_id} {row['version']}"
    return hashlib.blake2s(text.encode(), digest_size=_HASH_BYTES).digest()


def _seen(draft: Draft) -> list[bytes]:
    """Return what the form says was shown; nothing for what no form of ours says."""
    try:
        hashes = base64.urlsafe_b64decode(draft.seen.partition(".")[2])
    except (binascii.Error, ValueError):
        return []
    return [hashes[at : at + _HASH_BYTES] for at in range(0, len(hashes), _HASH_BYTES)]


def _place(draft: Draft) -> str:
    """Return which column holds the ids."""
    return ",".join(map(str, draft.places("id")))
