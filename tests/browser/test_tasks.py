"""Tasks with and without script: by keys alone, dragged, fought over, and by the hundred."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Route

    from tests.browser.live import Live
    from tests.browser.tab import Tab
    from tests.conftest import Database
    from tests.web.conftest import Visitor


@pytest.fixture
def owner(tab: Tab, live: Live, database: Database) -> Visitor:
    person = live.person(database)
    live.sign_in(tab, person)
    return person


def _made(person: Visitor, titles: str, **fields: str) -> None:
    for title in titles:
        assert person.api("POST", "/api/tasks", {"title": title, **fields}).status_code == 201


def _column(tab: Tab, status: str) -> Locator:
    return tab.page.locator(f"#cards-{status} .card-title")


def _stored(person: Visitor, status: str) -> str:
    rows = person.rows(
        f"SELECT title FROM tasks WHERE status = '{status}'"
        " ORDER BY coalesce(position, extract(epoch FROM created_at)), id"
    )
    return "".join(title for (title,) in rows)


def _drag(tab: Tab, card: Locator, to: Locator) -> None:
    """Drag a card with the mouse and drop it on the upper half of another place."""
    card.hover()
    expect(tab.page.locator(".board-draggable")).to_be_visible()
    begin, end = card.bounding_box(), to.bounding_box()
    assert begin is not None
    assert end is not None
    mouse = tab.page.mouse
    mouse.move(begin["x"] + 40, begin["y"] + 10)
    mouse.down()
    mouse.move(begin["x"] + 50, begin["y"] + 20, steps=3)
    mouse.move(end["x"] + 50, end["y"] + 12, steps=12)
    # The place is looked for some times a second, not at each step of the mouse.
    column = to.locator("xpath=ancestor-or-self::*[contains(@class, 'board-cards')]")
    expect(column.locator(".card-slot")).to_be_visible()
    tab.page.wait_for_timeout(150)
    mouse.up()


def test_twenty_tasks_by_keys_alone(tab: Tab, owner: Visitor) -> None:
    owner.api("POST", "/api/projects", {"name": "Website"})
    tab.go("/dashboard")
    tab.mark()
    keys = tab.page.keyboard
    keys.press("g")
    keys.press("t")
    tab.is_at("/tasks")
    line = tab.page.get_by_label("New task", exact=True)
    while not line.evaluate("each => each === document.activeElement"):
        keys.press("Tab")
    for number in range(1, 21):
        keys.type(f"Task {number:02} #web !high tomorrow")
        keys.press("Enter")
        tab.is_told(f"Task {number:02} is added: To do, Website, High,")
        expect(line).to_have_value("")
    expect(line).to_be_focused()
    expect(tab.page.locator("#count-todo")).to_have_text("20")

    # From the first card two steps down, lifted, carried to the next column, dropped.
    tab.page.locator("#main").focus()
    keys.press("j")
    expect(_column(tab, "todo").first).to_be_focused()
    keys.press("ArrowDown")
    keys.press("ArrowDown")
    keys.press(" ")
    expect(tab.page.locator("#task-said")).to_contain_text("Lifted.")
    keys.press("ArrowRight")
    expect(tab.page.locator("#task-said")).to_have_text("In progress, place 1 of 1.")
    keys.press(" ")
    tab.is_told("Task 03 is in In progress now.")
    expect(_column(tab, "in_progress")).to_have_text("Task 03")
    expect(_column(tab, "in_progress")).to_be_focused()
    # Escape puts it back.
    keys.press(" ")
    keys.press("ArrowRight")
    keys.press("Escape")
    expect(_column(tab, "in_progress")).to_have_text("Task 03")
    expect(_column(tab, "in_progress")).to_be_focused()
    # The form, by its key.
    keys.press("m")
    expect(tab.page.locator("#panel")).to_contain_text("Move to")
    tab.page.locator("#into-done").focus()
    keys.press("Enter")
    keys.press("Tab")
    move = tab.page.get_by_role("button", name="Move to Done")
    move.focus()
    keys.press("Enter")
    tab.is_told("Task 03 is in Done now.")
    expect(_column(tab, "done")).to_have_text("Task 03")

    # In the list: edited where they stand, chosen, changed.
    tab.page.locator("#task-views").get_by_role("link", name="List").focus()
    keys.press("Enter")
    expect(tab.page.locator(".task-table tbody tr[id]")).to_have_count(20)
    tab.page.locator("#main").focus()
    keys.press("j")
    # The keys of the list come with its first touch.
    expect(tab.page.locator(".task-table tbody th a").first).to_be_focused()
    keys.press("e")
    expect(tab.page.locator(".cell-control")).to_be_focused()
    keys.press("ControlOrMeta+a")
    keys.type("Renamed")
    keys.press("Enter")
    tab.is_told("Renamed: Title")
    renamed = tab.page.locator("tr", has_text="Renamed").get_by_role("link")
    expect(renamed).to_be_focused()
    keys.press("x")
    keys.press("j")
    keys.press("x")
    expect(tab.page.locator("[data-chosen]")).to_have_text("2 chosen")
    tab.page.locator("#bulk-status").focus()
    keys.type("Review")
    keys.press("Enter")
    tab.page.get_by_role("button", name="Apply").last.focus()
    keys.press("Enter")
    tab.is_told("2 tasks: Status → Review")
    tab.assert_not_reloaded()
    assert owner.rows(
        "SELECT status, count(*)::int FROM tasks WHERE priority = 'high'"
        " AND due_date = current_date + 1 GROUP BY 1 ORDER BY 2"
    ) == [("done", 1), ("review", 2), ("todo", 17)]


def test_a_lifted_card_is_forgotten_with_its_board(tab: Tab, owner: Visitor) -> None:
    _made(owner, "ab")
    tab.go("/tasks")
    _column(tab, "todo").first.focus()
    tab.page.keyboard.press(" ")
    expect(tab.page.locator("#task-said")).to_contain_text("Lifted.")
    tab.follow("Team", within="nav")
    tab.is_at("/team")
    tab.follow("Tasks", within="nav")
    tab.is_at("/tasks")
    expect(_column(tab, "todo")).to_have_text(["a", "b"])
    tab.page.keyboard.press("ArrowRight")
    expect(tab.page.locator(".board .card")).to_have_count(2)
    tab.page.keyboard.press("j")
    expect(_column(tab, "todo").first).to_be_focused()


def test_cards_are_dragged_within_and_between_columns(tab: Tab, owner: Visitor) -> None:
    _made(owner, "abc")
    _made(owner, "xy", status="review")
    tab.go("/tasks")
    _drag(tab, _column(tab, "todo").nth(2), _column(tab, "todo").nth(0))
    tab.is_told("c is moved.")
    expect(_column(tab, "todo")).to_have_text(["c", "a", "b"])
    assert _stored(owner, "todo") == "cab"
    with tab.page.expect_response("**/move") as moved:
        _drag(tab, _column(tab, "todo").nth(1), _column(tab, "review").nth(1))
    assert moved.value.status == 200
    assert len(moved.value.body()) <= 1024
    expect(_column(tab, "review")).to_have_text(["x", "a", "y"])
    expect(tab.page.locator("#count-todo")).to_have_text("2")
    expect(tab.page.locator("#count-review")).to_have_text("3")
    assert (_stored(owner, "todo"), _stored(owner, "review")) == ("cb", "xay")
    _drag(tab, _column(tab, "review").nth(0), tab.page.locator("#cards-done"))
    tab.is_told("x is in Done now.")
    expect(tab.page.locator("#cards-done .card-done")).to_have_count(1)
    tab.page.reload()
    expect(_column(tab, "review")).to_have_text(["a", "y"])
    expect(_column(tab, "done")).to_have_text("x")


def test_the_first_card_is_dragged_before_the_board_is_ready_for_it(
    tab: Tab, owner: Visitor
) -> None:
    _made(owner, "abc")
    tab.go("/tasks")
    begin = _column(tab, "todo").nth(0).bounding_box()
    end = tab.page.locator("#cards-review").bounding_box()
    assert begin is not None
    assert end is not None
    mouse = tab.page.mouse
    mouse.move(begin["x"] + 30, begin["y"] + 8)
    mouse.down()
    expect(tab.page.locator(".board-draggable")).to_be_visible()
    mouse.move(end["x"] + 60, end["y"] + 20, steps=10)
    mouse.up()
    tab.is_told("a is in Review now.")
    assert (_stored(owner, "todo"), _stored(owner, "review")) == ("bc", "a")


def test_a_finger_drags_after_a_moment_and_scrolls_before(
    new_tab: Callable[..., Tab], live: Live, database: Database
) -> None:
    tab = new_tab(has_touch=True, viewport={"width": 1100, "height": 800})
    person = live.person(database)
    live.sign_in(tab, person)
    _made(person, "abc")
    tab.go("/tasks")
    tab.page.touchscreen.tap(5, 5)
    expect(tab.page.locator(".board-draggable")).to_be_visible()
    begin = _column(tab, "todo").nth(0).bounding_box()
    end = tab.page.locator("#cards-review").bounding_box()
    assert begin is not None
    assert end is not None
    touch = tab.page.context.new_cdp_session(tab.page)

    def send(kind: str, x: float = 0, y: float = 0) -> None:
        points = [] if kind == "touchEnd" else [{"x": x, "y": y}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    x, y = begin["x"] + 30, begin["y"] + 8
    send("touchStart", x, y)
    tab.page.wait_for_timeout(400)
    for step in range(1, 11):
        send("touchMove", x + (end["x"] + 60 - x) * step / 10, y + (end["y"] + 20 - y) * step / 10)
    tab.page.wait_for_timeout(100)
    send("touchEnd")
    tab.is_told("a is in Review now.")
    assert (_stored(person, "todo"), _stored(person, "review")) == ("bc", "a")


def test_two_browsers_fight_over_one_card(
    new_tab: Callable[..., Tab], live: Live, database: Database
) -> None:
    person = live.person(database)
    _made(person, "ab")
    mine, theirs = new_tab(), new_tab()
    for each in (mine, theirs):
        live.sign_in(each, person)
        each.go("/tasks")
    mine.allow(409)
    _drag(theirs, _column(theirs, "todo").nth(0), theirs.page.locator("#cards-done"))
    theirs.is_told("a is in Done now.")
    _drag(mine, _column(mine, "todo").nth(0), mine.page.locator("#cards-review"))
    conflict = mine.page.locator("#panel .conflict")
    expect(conflict).to_contain_text("Changed elsewhere while you were editing.")
    expect(conflict.locator("tbody tr")).to_have_count(1)
    expect(conflict.locator(".mine").last).to_contain_text("Review")
    # Until it is chosen the board shows what is stored.
    expect(_column(mine, "done")).to_have_text("a")
    expect(_column(mine, "review")).to_have_count(0)
    expect(mine.page.locator("#count-todo")).to_have_text("1")
    assert _stored(person, "done") == "a"
    mine.press("Keep mine", "#panel")
    mine.is_told("a: Status")
    expect(_column(mine, "review")).to_have_text("a")
    assert _stored(person, "review") == "a"
    # And what is gone is said, and taken off.
    mine.allow(404)
    person.rows("DELETE FROM tasks WHERE title = 'b' RETURNING 1")
    mine.page.keyboard.press("Escape")
    _drag(mine, _column(mine, "todo").nth(0), mine.page.locator("#cards-review"))
    mine.sees("This task does not exist (any more).", "#problem-region")
    expect(mine.page.locator(".card")).to_have_count(1)


def test_a_column_goes_on_as_it_is_scrolled_also_after_moves(tab: Tab, owner: Visitor) -> None:
    owner.rows(
        "INSERT INTO tasks (user_id, title, status, created_at)"
        " SELECT p.id, 'Task ' || n, 'todo', now() - interval '1 day' + n * interval '1 second'"
        " FROM profiles p, generate_series(1, 60) n RETURNING 1"
    )
    tab.go("/tasks")
    expect(_column(tab, "todo")).to_have_count(25)
    _drag(tab, _column(tab, "todo").nth(0), tab.page.locator("#cards-review"))
    tab.is_told("Task 1 is in Review now.")
    tab.page.locator(".load-more").scroll_into_view_if_needed()
    expect(_column(tab, "todo")).to_have_text([f"Task {number}" for number in range(2, 61)])
    expect(tab.page.locator(".load-more")).to_have_count(0)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_all_that_match_are_changed_at_once(
    new_tab: Callable[..., Tab], live: Live, database: Database, script: bool
) -> None:
    tab, person = new_tab(script=script), live.person(database)
    live.sign_in(tab, person)
    person.rows(
        "INSERT INTO tasks (user_id, title, priority) SELECT p.id, 'Task ' || n,"
        " CASE WHEN n > 12 THEN 'low' ELSE 'high' END"
        " FROM profiles p, generate_series(1, 324) n RETURNING 1"
    )
    tab.go("/tasks?view=list&priority=low")
    bar = tab.page.locator("#bulk")
    expect(bar).to_be_hidden()
    tab.page.locator("tbody input[name=id]").first.check()
    expect(bar).to_be_visible()
    bar.get_by_label("All 312 that match").check()
    bar.get_by_label("Status").select_option("review")
    bar.get_by_role("button", name="Apply").click()
    tab.is_told("312 tasks: Status → Review")
    expect(tab.page.locator("#task-note")).to_contain_text("312 of 324 tasks")
    assert person.rows("SELECT count(*)::int FROM tasks WHERE status = 'review'") == [(312,)]


def test_many_are_chosen_by_shift_and_deleted(tab: Tab, owner: Visitor) -> None:
    _made(owner, "abcdef")
    tab.go("/tasks?view=list&sort=title")
    ticks = tab.page.locator("tbody input[name=id]")
    ticks.nth(1).click()
    expect(tab.page.locator("[data-chosen]")).to_have_text("1 chosen")
    ticks.nth(3).click(modifiers=["Shift"])
    expect(tab.page.locator("[data-chosen]")).to_have_text("3 chosen")
    tab.page.locator("#bulk").get_by_role("link", name="Delete").click()
    tab.page.locator("#delete-chosen").get_by_role("button", name="Delete").click()
    tab.is_told("3 tasks are deleted.")
    expect(tab.page.locator("tbody th a")).to_have_text(["a", "e", "f"])
    everything = tab.page.get_by_label("Choose all on this page")
    everything.check()
    expect(tab.page.locator("[data-chosen]")).to_have_text("3 chosen")
    tab.page.keyboard.press("Escape")
    expect(tab.page.locator("#bulk")).to_be_hidden()


def test_values_are_edited_where_they_stand(tab: Tab, owner: Visitor) -> None:
    owner.api("POST", "/api/team", {"name": "Ana Lindqvist"})
    _made(owner, "ab")
    tab.go("/tasks?view=list&sort=title")
    row = tab.page.locator("tbody tr[id]").first
    for column, choice, shown in [
        ("status", "review", "Review"),
        ("priority", "urgent", "Urgent"),
        ("assignee_id", None, "Ana Lindqvist"),
    ]:
        row.locator(f"[data-edit={column}]").click()
        control = row.locator(".cell-control")
        if choice:
            control.select_option(choice)
        else:
            control.select_option(label=shown)
        tab.is_told("a: ")
        expect(row).to_contain_text(shown)
        tab.page.locator("[data-dismiss]").last.click()
    row.locator("[data-edit=due_date]").click()
    row.locator(".cell-control").fill("2027-03-15")
    tab.page.keyboard.press("Enter")
    expect(row).to_contain_text("15 Mar 2027")
    assert owner.rows(
        "SELECT status, priority, due_date::text, assignee_id IS NULL FROM tasks WHERE title = 'a'"
    ) == [("review", "urgent", "2027-03-15", False)]
    # A cell that is left for another field lets it have the focus.
    row.locator("[data-edit=due_date]").click()
    expect(row.locator(".cell-control")).to_be_focused()
    line = tab.page.get_by_label("New task", exact=True)
    line.click()
    expect(row.locator(".cell-control")).to_have_count(0)
    expect(line).to_be_focused()
    # What cannot be saved opens the whole form with what was typed.
    tab.allow(422)
    row.get_by_role("link").focus()
    tab.page.keyboard.press("e")
    row.locator(".cell-control").fill("")
    tab.page.keyboard.press("Enter")
    expect(tab.page.locator("#panel")).to_contain_text("Title is needed.")


def test_the_line_says_how_it_reads(tab: Tab, owner: Visitor) -> None:
    owner.api("POST", "/api/projects", {"name": "Website"})
    tab.allow(422)
    tab.go("/tasks")
    line = tab.page.get_by_label("New task", exact=True)
    line.press_sequentially("Write report #web !high 15 mar 2027")
    reading = tab.page.locator("#quick-reading")
    for words in ("reads as", "To do", "Website", "High", "15 Mar 2027"):
        expect(reading).to_contain_text(words)
    expect(line).to_be_focused()
    line.fill("Write #nothing")
    line.press("Enter")
    tab.sees("There is no project like #nothing: it stays in the title.", "#quick-add")
    expect(line).to_have_value("Write #nothing")
    expect(line).to_be_focused()
    # While it is mended, what is wrong with it now is said, and that alone.
    line.press_sequentially("s")
    expect(reading).to_contain_text("There is no project like #nothings: it stays in the title.")
    expect(tab.page.locator("#quick-error")).to_be_hidden()
    reading.locator("button[name=make]").click()
    tab.sees("Write is added: To do, nothings", "#toasts")
    assert owner.rows(
        "SELECT t.title, p.name FROM tasks t JOIN projects p ON p.id = t.project_id"
    ) == [("Write", "nothings")]


def test_a_line_typed_while_the_one_before_is_on_its_way_is_not_lost(
    tab: Tab, owner: Visitor
) -> None:
    tab.allow(422)
    tab.go("/tasks")
    line = tab.page.get_by_label("New task", exact=True)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    for first, outcome in [("First", "First is added."), ("More !soon", None)]:
        tab.page.route(f"{tab.url}/tasks", hold, times=1)
        line.fill(first)
        line.press("Enter")
        expect(line).to_have_value("")
        line.type("Second")
        line.press("Enter")
        held.pop().continue_()
        if outcome:
            tab.is_told(outcome)
            tab.is_told("Second is added.")
            expect(line).to_have_value("")
        else:
            # What is refused stands there again, and what was typed since behind it.
            expect(tab.page.locator("#quick-error")).to_be_attached()
            expect(line).to_have_value("More !soon Second")
        expect(line).to_be_focused()
    assert _stored(owner, "todo") == "FirstSecond"


def test_without_script_a_card_is_moved_and_the_line_understood(
    new_tab: Callable[..., Tab], live: Live, database: Database
) -> None:
    tab, person = new_tab(script=False), live.person(database)
    live.sign_in(tab, person)
    _made(person, "ab")
    tab.go("/tasks")
    tab.follow("a", ".card")
    tab.follow("Move to a position")
    tab.follow("Review", "main nav[aria-label=Column]")
    tab.press("Move to the end", "main")
    tab.is_told("a is in Review now.")
    assert _stored(person, "review") == "a"
    tab.page.get_by_label("New task", exact=True).fill("Call !urgent tomorrow")
    tab.press("Add")
    tab.is_told("Call is added: To do, Urgent,")
    tab.page.get_by_label("Due", exact=True).select_option("week")
    tab.press("Apply")
    assert "due=week" in tab.page.url
