"""The pages of a noun: a list, and a page for each row, both with a form.

Projects and the team use them; their modules hold what is special about each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar
from urllib.parse import parse_qsl, urlsplit

from flask import Response, request, url_for
from werkzeug.datastructures import MultiDict

from provision.tenant.queries.statements.paging import MOST_PRINTED
from provision.web.answer.htmx import Made, htmx
from provision.web.answer.partials import done, leave_for, respond
from provision.web.answer.urls import safe_next
from provision.web.format import dates
from provision.web.format.names import named, short
from provision.web.request import undo_note, workspace
from provision.web.rows import row_view, said
from provision.web.rows.editing import Editor, Form

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from flask import Blueprint

    from provision.tenant.queries.statements.collection import Collection
    from provision.web.rows.row_view import Head, RowView

Card = TypeVar("Card")

_ROWS_A_PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class NounPages(Generic[Card]):
    """The declaration of the pages of one noun.

    `word` names a row in templates, blocks and addresses, `rows` several of them. `shown` works out
    what pages say of a card; `detail` reads what the page of one row shows. `heads` are the columns
    of the table. `made`, `saved` and `deleted` are the sentences after a change; `{}` in them is
    the name of the row.
    """

    of: Collection[Card, Card]
    heads: tuple[Head, ...]
    word: str
    rows: str
    sort: str
    filters: tuple[str, ...]
    shown: Callable[[Card, date], Any]
    detail: Callable[[str, date], dict[str, Any]]
    made: str
    saved: str
    deleted: str
    opens_new: bool
    """Whether a plain form leads to the page of the new row."""
    edited: tuple[str, ...]
    """The blocks of a row's page that an edit of the row changes."""
    listed: Callable[[Sequence[Any]], dict[str, Any]] = lambda _: {}
    """What a list says besides its rows."""

    def declare(self, bp: Blueprint) -> None:
        """Put the list, the page of a row, and the forms on `bp`."""
        one = f"/<uuid:{self.word}_id>"
        bp.get("", endpoint="list")(self.show_list)
        bp.post("", endpoint="create")(self.create)
        bp.get(one, endpoint="detail")(self.show)
        bp.post(one, endpoint="edit")(self.edit)
        bp.post(f"{one}/delete", endpoint="delete")(self.delete)

    @property
    def editor(self) -> Editor[Card]:
        return Editor(self.of)

    def show_list(self) -> Response:
        """Show the rows that match the filters; `?new` opens an empty form above them."""
        panel = self.editor.new_form() if "new" in request.args else None
        if htmx and panel:
            return self._form(self._list, panel)
        return self._show_list(panel)

    def create(self) -> Response:
        """Make a row."""
        made = self.editor.create(request.form)
        if isinstance(made, Form):
            return self._form(self._list, made) if htmx else self._show_list(made)
        row: Any = made
        is_listed = urlsplit(htmx.current_url).path in ("", url_for(".list"))
        return done(
            safe_next(request.args.get("back"))
            or (self._url(row.id) if self.opens_new else url_for(".list")),
            self.made.format(short(row.name)),
            self._list,
            self._form_block,
            *((f"{self.word}_added",) if is_listed else ()),
            made=Made(f"{self.word}-{row.id}", "" if is_listed else self._url(row.id)),
            panel=None,
            added=self.shown(made, dates.today()),
            view=self._view(MultiDict(parse_qsl(urlsplit(htmx.current_url).query))),
        )

    def show(self, **where: UUID) -> Response:
        """Show one row on its own page; `?edit` opens the form."""
        (row_id,) = where.values()
        return self._show(row_id)

    def edit(self, **where: UUID) -> Response:
        """Change the fields the form carries."""
        (row_id,) = where.values()
        saved = self.editor.update(row_id, request.form)
        if isinstance(saved, Form):
            if htmx:
                return self._form(self._detail, saved)
            return self._show_list(saved) if saved.is_gone else self._show(row_id, saved)
        row: Any = saved
        return done(
            self._url(row.id),
            said.changed(self.of.noun, row, otherwise=self.saved.format(short(row.name))),
            self._detail,
            f"{self.word}_panel",
            *self.edited,
            panel=None,
            moved=True,
            **{self.word: self.shown(saved, dates.today())},
        )

    def delete(self, **where: UUID) -> Response:
        """Delete a row."""
        (row_id,) = where.values()
        name = workspace.write(self.of.delete, row_id=str(row_id), note=undo_note.note())
        return leave_for(url_for(".list"), self.deleted.format(short(named(name))))

    @property
    def _list(self) -> str:
        return f"{self.of.noun.path}/list.html"

    @property
    def _detail(self) -> str:
        return f"{self.of.noun.path}/detail.html"

    def _url(self, row_id: str) -> str:
        where: dict[str, Any] = {f"{self.word}_id": row_id}
        return url_for(".detail", **where)

    def _form(self, template: str, panel: Form) -> Response:
        return respond(
            template, self._form_block, status=panel.status, panel=panel, **self._choices()
        )

    @property
    def _form_block(self) -> str:
        return f"{self.word}_{'new' if htmx.is_making else 'panel'}"

    def _show_list(self, panel: Form | None) -> Response:
        today = dates.today()
        view = self._view(request.args)
        is_whole = row_view.is_whole()
        cursor = None if is_whole else request.args.get("cursor")
        page = workspace.read(
            self.of.list_page,
            today=today,
            shell=not htmx,
            filters=self.of.filters(**view.wanted),
            sort=view.sort,
            limit=MOST_PRINTED if is_whole else _ROWS_A_PAGE,
            cursor=cursor,
        )
        rows = [self.shown(row, today) for row in page.rows]
        return respond(
            self._list,
            f"{self.word}_list",
            f"{self.word}_views",
            f"{self.word}_lasting",
            status=panel.status if panel else 200,
            shell=page.shell,
            next_cursor=page.next_cursor,
            is_whole=is_whole,
            has_more=bool(page.next_cursor or cursor),
            wanted=view.wanted,
            view=view,
            heads=view.heads(self.heads),
            is_filtered=any(view.wanted.values()),
            panel=panel,
            added=None,
            is_swap=bool(htmx),
            **self._choices(),
            **self.listed(rows),
            **{self.rows: rows},
        )

    def _show(self, row_id: UUID, panel: Form | None = None) -> Response:
        context = self.detail(str(row_id), dates.today())
        if panel is None and "edit" in request.args:
            panel = self.editor.form_of(context[self.word].row)
        return respond(
            self._detail,
            f"{self.word}_panel" if panel else f"{self.word}_page",
            status=panel.status if panel else 200,
            panel=panel,
            moved=False,
            **self._choices(),
            **context,
        )

    def _view(self, args: Mapping[str, str]) -> RowView:
        return row_view.read(args, filters=self.filters, sorts=self.of.sorts, usual=self.sort)

    def _choices(self) -> dict[str, Any]:
        return {"noun": self.of.noun}
