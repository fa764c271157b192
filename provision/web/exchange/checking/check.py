"""The check of a whole draft: its columns first, then its rows."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from uuid import UUID

from provision.nouns.fields import Choice, FieldError
from provision.web.exchange.checking import losses, present
from provision.web.exchange.checking.present import Stored
from provision.web.exchange.checking.result import BadCell, BadRow, Checked, ReadyRow
from provision.web.exchange.checking.row_reading import Readers, RowReader
from provision.web.exchange.columns import amounts, choices, days, people
from provision.web.exchange.columns.kinds import AMOUNTS, DAYS, REPEATABLE, TASKS
from provision.web.exchange.columns.people import Directory, Named
from provision.web.exchange.columns.questions import Aside, filled
from provision.web.exchange.words import folding, yes_no

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

    from provision.tenant.transfer.arriving import Names
    from provision.web.exchange.checking.draft import Draft
    from provision.web.exchange.checking.row_reading import RowReading

_WHAT: Final = {"project": "project", "assignee": "person"}
_CLOSING: Final = ("completed_at", "is_done", "progress")


Lookup = Callable[[list[str], list[str]], list[Stored]]


@dataclass(frozen=True, slots=True)
class Here:
    """What an import is held against: names that are known, and habits of the person.

    `known` are the `project` and `assignee` that are here; `lookup` finds rows of the kind by their
    ids, or by their names or titles; `words` what words meant last time;
    `language` is what the browser asks for.
    """

    known: Mapping[str, Sequence[Names]]
    zone: tzinfo
    lookup: Lookup
    words: Mapping[tuple[str, str], str] = field(default_factory=dict)
    language: str = ""


def check(draft: Draft, here: Here) -> Checked:
    """Return what every row of a draft is: new, here already, changed, to be mended or left out."""
    needed, label = draft.kind.columns[0]
    if needed not in draft.columns:
        return Checked(lacks=f"Choose the column that holds the {label.lower()}.")
    named = [name for name in draft.columns if name and name not in REPEATABLE]
    twice = {name for name in named if named.count(name) > 1}
    if twice:
        labels = ", ".join(sorted(draft.kind.label(name) for name in twice))
        return Checked(lacks=f"Two columns are both taken as {labels}. Choose one.")
    checked = Checked()
    directories = _directories(here)
    readers = _readers(draft, here, directories, checked)
    unanswered = [each.label for each in checked.questions if not each.chosen]
    undecided = [each.shown for each in checked.words if not each.value]
    if unanswered:
        checked.lacks = f"Say above how these are meant: {unanswered[0]} …"
    elif undecided:
        checked.lacks = f"Say above what these words mean: {', '.join(undecided[:8])}."
    else:
        checked.by_id = stored = _named_by_id(draft, here)
        _rows(draft, checked, readers, directories, stored)
        _sort_out(draft, checked, here, stored)
    return checked


def _named_by_id(draft: Draft, here: Here) -> dict[str, Stored]:
    """Read the rows that the file names by our own ids; return them by id."""
    places = draft.places("id")
    ids = (
        {text.lower() for text in filled(draft.cells(places[0])) if _is_id(text)} if places else ()
    )
    return {str(row["id"]): row for row in here.lookup(sorted(ids), [])} if ids else {}


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def _sort_out(draft: Draft, checked: Checked, here: Here, stored: Mapping[str, Stored]) -> None:
    """Set apart what is here already."""
    name = draft.kind.columns[0][0]
    new = [row for row in checked.ready if row.values.get("id") not in stored]
    seal = draft.seal
    ids = [present.id_of(seal, row.number) for row in new]
    rows = here.lookup(ids, [str(row.values[name]) for row in new]) if new else []
    present.sort_out(draft, checked, rows, stored)


def _directories(here: Here) -> dict[str, Directory]:
    found = {noun: Directory(what) for noun, what in _WHAT.items()}
    for noun, directory in found.items():
        for row in here.known.get(noun, ()):
            directory.enter(row)
    return found


def _readers(
    draft: Draft, here: Here, directories: Mapping[str, Directory], checked: Checked
) -> Readers:
    """Return the readers of the columns; add what only the person can say to `checked`."""
    readers = Readers(zone=here.zone)
    places = draft.places(*DAYS)
    order = days.usual_order(draft.language, draft.separator, here.language)
    readers.days, asked = days.columns(
        {place: draft.headings[place] for place in places},
        {place: draft.cells(place) for place in places},
        here.zone,
        draft.answers,
        order,
    )
    checked.questions += asked
    for place in draft.places(*AMOUNTS):
        column, question = amounts.column(
            place, draft.headings[place], draft.cells(place), draft.answers
        )
        readers.amounts[place] = column
        checked.questions += [question] if question else []
    for place in draft.places("project"):
        readers.projects[place] = people.project_column(draft.cells(place), directories["project"])
    for place in draft.places("assignee"):
        reader, question = people.people_column(
            place, draft.headings[place], draft.cells(place), directories["assignee"], draft.answers
        )
        readers.people[place] = reader
        checked.questions += [question] if question else []
    _choices(draft, here, readers, checked)
    for place in draft.places("progress"):
        readers.is_of_one = _is_of_one(draft.cells(place))
    return readers


def _choices(draft: Draft, here: Here, readers: Readers, checked: Checked) -> None:
    chosen = {**here.words, **draft.words}
    for place, role in enumerate(draft.columns):
        rule = draft.kind.fields.get(role)
        if role != "stage" and not isinstance(rule, Choice):
            continue
        reader, words = choices.column(
            draft.kind,
            role,
            draft.headings[place],
            draft.cells(place),
            chosen,
            fallback=_fallback(draft, role),
        )
        readers.choices[place] = reader
        checked.words += words


def _fallback(draft: Draft, role: str) -> str:
    """Return the choice preselected for an unknown word; empty if the person has to choose.

    A word that might say that a task is done is never taken for an open one, unless another column
    tells the done ones.
    """
    if role == "priority":
        return "medium"
    if draft.kind is not TASKS:
        return "available" if draft.kind.key == "team" else ""
    if role == "stage" and "status" in draft.columns:
        return choices.SKIPPED
    if role == "status" and _has_category(draft):
        return choices.SKIPPED
    return "todo" if any(draft.places(each) for each in _CLOSING) else ""


def _has_category(draft: Draft) -> bool:
    """Tell whether another column holds the category of each status."""
    return any(
        folding.heading(draft.headings[each]) == "statuscategory" for each in draft.places("stage")
    )


def _is_of_one(cells: Sequence[str]) -> bool:
    """Tell whether a column of progress counts to 1: some sheets store 40 % as 0.4."""
    texts = filled(cells)
    values = [value for each in texts if (value := yes_no.percent(each, of_one=False)) is not None]
    return bool(values) and max(values) <= 1 and not any("%" in each for each in texts)


def _rows(
    draft: Draft,
    checked: Checked,
    readers: Readers,
    directories: Mapping[str, Directory],
    stored: Mapping[str, Stored],
) -> None:
    aside = Aside()
    reader = RowReader(draft.kind, draft.columns, draft.headings, readers, aside, draft.kind.fields)
    width = len(draft.headings)
    for number, record in draft.body:
        aside.begin()
        found = reader.read(record)
        _settle(draft, found, directories, aside, stored)
        extra = any(cell.strip() for cell in record[width:])
        if found.wrong or extra or number in draft.left_out:
            message = "It has more cells than there are headings." if extra else ""
            row = BadRow(number, tuple(found.wrong), message)
            is_left = draft.leaves_out_all or number in draft.left_out
            (checked.dropped if is_left else checked.bad).append(row)
            if is_left:
                continue
        else:
            aside.settle()
            checked.ready.append(ReadyRow(number, found.values))
        # A row that stays behind makes no project and no person.
        for noun in ("project", "assignee"):
            if noun in found.values:
                directories[noun].ask_for(found.values[noun])
    checked.unknown = {noun: tuple(each.unknown.values()) for noun, each in directories.items()}
    checked.said = losses.sentences(draft, aside)


def _settle(
    draft: Draft,
    found: RowReading,
    directories: Mapping[str, Directory],
    aside: Aside,
    stored: Mapping[str, Stored],
) -> None:
    """Put together what several columns say, and keep in the description what has no place."""
    if draft.kind is TASKS:
        _settle_progress(draft, found, aside)
        _settle_names(draft, found, directories, aside, stored)
    here = stored.get(str(found.values.get("id") or ""), {})
    described = found.values.get("description", here.get("description")) or ""
    # What a file brings again stands there already.
    if kept := "\n".join(each for each in aside.kept if each not in described):
        text = f"{described}\n\n{kept}" if described else kept
        try:
            found.values["description"] = draft.kind.fields["description"].read(text)
        except FieldError as error:
            places = draft.places("description") or draft.places(draft.kind.columns[0][0])
            found.wrong.append(BadCell(places[0], "Description", "", str(error)))


def _settle_progress(draft: Draft, found: RowReading, aside: Aside) -> None:
    evidence = found.evidence
    status = evidence.settled(str(draft.kind.noun.defaults["status"]))
    found.values["status"] = status
    found.values["completed_at"] = min(evidence.completed_at, default=None)
    if evidence.is_contradictory:
        aside.note("contradiction", "", evidence.status_word)


def _settle_names(
    draft: Draft,
    found: RowReading,
    directories: Mapping[str, Directory],
    aside: Aside,
    stored: Mapping[str, Stored],
) -> None:
    """Find the first project and the first person; the others are named in the description."""
    if draft.places("assignee", "assignee_email"):
        named = found.people or ([Named(found.email, found.email)] if found.email else [])
        if found.people and found.email and len(found.people) == 1 and not named[0].email:
            named = [Named(named[0].name, found.email)]
        _first(draft, found, directories["assignee"], "assignee", named, aside=aside, stored=stored)
    projects = found.projects
    if not projects and draft.default_project and "id" not in found.values:
        projects = [Named(draft.default_project)]
    if projects or draft.places("project"):
        _first(
            draft, found, directories["project"], "project", projects, aside=aside, stored=stored
        )


def _first(
    draft: Draft,
    found: RowReading,
    directory: Directory,
    noun: str,
    named: Sequence[Named],
    *,
    aside: Aside,
    stored: Mapping[str, Stored],
) -> None:
    place = (draft.places(noun) or draft.places(f"{noun}_email") or [0])[0]
    found.values[noun] = Named()
    if named:
        held = stored.get(str(found.values.get("id") or ""), {})
        if named[0].guessed_by:
            aside.note("guessed", draft.headings[place], f"{named[0].guessed_by}: {named[0].name}")
        try:
            found.values[noun] = directory.find(named[0], held.get(f"{noun}_id"))
        except FieldError as error:
            label = draft.kind.label(noun)
            found.wrong.append(BadCell(place, label, named[0].name, str(error)))
    if len(named) > 1:
        others = ", ".join(_in_words(each, directory) for each in named[1:])
        aside.keep("Also assigned" if noun == "assignee" else "Also in", others)
        what = "people" if noun == "assignee" else "projects"
        aside.note(what, draft.headings[place], named[0].name + ", " + others)


def _in_words(named: Named, directory: Directory) -> str:
    with suppress(FieldError):
        if known := directory.find(named).id:
            return directory.names[known]
    if named.email and named.email != named.name:
        return f"{named.name} <{named.email}>"
    return named.name
