"""Change or delete many tasks at once: those ticked in the list, or all that match its filters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from provision.errors import RowRefusedError, ValidationError
from provision.nouns.tasks import TASK
from provision.tenant.queries import bulk
from provision.tenant.queries.bulk import ChosenTasks, Outcome
from provision.tenant.queries.statements.undo_notes import MOST_ROWS
from provision.web.request import session, undo_note, workspace
from provision.web.rows import said, typed_text
from provision.web.tasks import listing
from provision.web.tasks import view as task_view
from provision.web.tasks.controls import BulkQuestion
from provision.web.tasks.view import TaskView

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Response
    from werkzeug.datastructures import MultiDict

# The bar's choice that empties a field.
NONE: Final = "none"
_COLUMNS: Final = ("status", "priority", "assignee_id", "project_id", "due_date")
_MOST_DIGITS: Final = 10


def carry_out(sent: MultiDict[str, str]) -> Response:
    """Change or delete all chosen tasks or none, and answer with the list as it is then."""
    view = task_view.at(sent.get("at", "")) or TaskView(view="list")
    chosen, is_delete = _chosen(sent, view), sent.get("action") == "delete"
    try:
        values = {} if is_delete else _values(sent)
        if not chosen.expected:
            raise ValidationError({"id": ["Choose at least one task."]})
        if not is_delete and not values:
            raise ValidationError({"id": ["Choose what to change in the bar below."]})
        if chosen.expected > MOST_ROWS and "for_good" not in sent:
            question = _warn(sent, chosen, is_delete=is_delete)
            return listing.show_list(view, question=question, status=409)
        outcome = _write(chosen, values, is_delete=is_delete)
    except (ValidationError, RowRefusedError) as error:
        return listing.show_list(view, question=BulkQuestion(_sentence(error)), status=422)
    if outcome.done != outcome.found or outcome.found != chosen.expected:
        question = _ask(sent, chosen, outcome, is_delete=is_delete)
        return listing.show_list(view, question=question, status=409)
    tasks = f"{outcome.done:,} {'task' if outcome.done == 1 else 'tasks'}"
    if is_delete:
        text = f"{tasks} {'is' if outcome.done == 1 else 'are'} deleted."
    else:
        text = f"{tasks}: {said.changed_many(TASK, values, outcome.named)}"
    return listing.show_changed_many(view, text)


def _write(chosen: ChosenTasks, values: dict[str, Any], *, is_delete: bool) -> Outcome:
    note = undo_note.note()
    if is_delete:
        return workspace.write(bulk.delete_many, chosen=chosen, note=note)
    return workspace.write(bulk.change_many, chosen=chosen, values=values, note=note)


def _chosen(sent: MultiDict[str, str], view: TaskView) -> ChosenTasks:
    """Return the ticked tasks, or `all` that the filters match; `count` were shown."""
    if "all" in sent:
        return ChosenTasks(_number(sent.get("count", "")), filters=view.filters())
    ids = sorted({text for text in map(task_view.row_id, sent.getlist("id")) if text})
    # After a question, `left` is how many of the ticked tasks are still there.
    return ChosenTasks(_number(sent.get("left", "")) or len(ids), ids=ids)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else 0


def _values(sent: MultiDict[str, str]) -> dict[str, Any]:
    """Return the values to write, of the controls in the bar that were set."""
    given = {}
    for column in _COLUMNS:
        # For the day there are two controls, and the empty one is sent as well.
        said = [text for text in sent.getlist(column) if text]
        if len(said) > 1:
            raise ValidationError({column: ["Choose a day or no date, not both."]})
        if said:
            given[column] = "" if said[0] == NONE else said[0]
    typed = typed_text.understood(TASK, given, session.person().formats)
    return typed.read(TASK, creating=False)


def _ask(
    sent: MultiDict[str, str], chosen: ChosenTasks, outcome: Outcome, *, is_delete: bool
) -> BulkQuestion:
    """Say that the number of tasks has changed, and offer to go on with the new number."""
    verb = "Delete" if is_delete else "Change"
    if chosen.ids is None:
        text = (
            f"The list had {chosen.expected:,} tasks when you chose them; {outcome.found:,} match"
            " now. Nothing was changed."
        )
        button = f"{verb} all {outcome.found:,}"
    else:
        gone = chosen.expected - outcome.found
        text = (
            f"{gone:,} of the {chosen.expected:,} chosen tasks"
            f" {'is' if gone == 1 else 'are'} gone. Nothing was changed."
        )
        button = f"{verb} the other {outcome.found:,}"
    if not outcome.found:
        return BulkQuestion(text)
    expected = ("count" if chosen.ids is None else "left", str(outcome.found))
    return BulkQuestion(text, button, (*_fields(sent, "count", "left"), expected))


def _warn(sent: MultiDict[str, str], chosen: ChosenTasks, *, is_delete: bool) -> BulkQuestion:
    """Ask before a change of more tasks than an undo can take back."""
    verb = "Delete" if is_delete else "Change"
    text = (
        f"{chosen.expected:,} tasks are more than can be undone, which is {MOST_ROWS:,} at once."
        " Nothing was changed yet."
    )
    button = f"{verb} all {chosen.expected:,} for good"
    return BulkQuestion(text, button, (*_fields(sent), ("for_good", "1")))


def _fields(sent: MultiDict[str, str], *skipped: str) -> Iterator[tuple[str, str]]:
    """Yield the fields that were sent, to be sent again, without `skipped` ones."""
    for name, value in sent.items(multi=True):
        if name not in ("csrf_token", *skipped):
            yield name, value


def _sentence(error: ValidationError | RowRefusedError) -> str:
    if isinstance(error, ValidationError):
        return " ".join(text for texts in error.errors.values() for text in texts)
    return str(error)
