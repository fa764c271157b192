from __future__ import annotations

import threading

from markupsafe import Markup

from provision.web.answer.drawn_rows import DrawnRow, DrawnRows


class _Pen:
    """Draws, and notes what it drew."""

    def __init__(self, size: int = 0) -> None:
        self.drawn: list[bytes] = []
        self._filling = Markup("." * size)

    def __call__(self, text: bytes) -> DrawnRow:
        self.drawn.append(text)
        return DrawnRow(None, Markup.escape(text.decode()) + self._filling)


def test_a_row_is_drawn_once_for_each_manner_and_text() -> None:
    rows, pen = DrawnRows(), _Pen()
    for manner in (("alice",), ("alice",), ("bob",)):
        found = rows.take(manner, [b"1", b"<2>"], pen)
        assert [row.html for row in found] == ["1", "&lt;2&gt;"]
    assert pen.drawn == [b"1", b"<2>"] * 2
    changed = rows.take(("alice",), [b"<2>", b"new", b"1"], pen)
    assert [row.html for row in changed] == ["&lt;2&gt;", "new", "1"]
    assert pen.drawn[4:] == [b"new"]


def test_what_is_kept_stays_below_its_bound() -> None:
    rows, pen = DrawnRows(most_bytes=20_000), _Pen(size=500)
    for number in range(200):
        rows.take(("alice",), [b"often", b"%d" % number], pen)
        assert rows.size_bytes() <= 20_000
    # What each page shows stays, whatever else comes and goes.
    assert pen.drawn.count(b"often") == 1
    rows.take(("alice",), [b"0"], pen)
    assert pen.drawn.count(b"0") == 2


def test_a_row_of_unusual_size_is_not_kept() -> None:
    rows, pen = DrawnRows(), _Pen(size=100_000)
    for _ in range(2):
        rows.take(("alice",), [b"long"], pen)
    assert pen.drawn == [b"long", b"long"]
    assert rows.size_bytes() == 0


def test_what_nobody_looks_at_is_dropped() -> None:
    now = [0.0]
    rows, pen = DrawnRows(clock=lambda: now[0]), _Pen()
    rows.take(("alice",), [b"left", b"used"], pen)
    for now[0] in (700.0, 1400.0):
        rows.take(("alice",), [b"used"], pen)
    rows.take(("alice",), [b"left", b"used"], pen)
    assert pen.drawn == [b"left", b"used", b"left"]


def test_threads_share_it() -> None:
    rows, wrong = DrawnRows(most_bytes=50_000), list[str]()

    def look(person: bytes) -> None:
        def draw(text: bytes) -> DrawnRow:
            return DrawnRow(None, Markup.escape((person + text).decode()))

        for start in range(200):
            texts = [b"%d" % (start + each) for each in range(40)]
            found = rows.take((person,), texts, draw)
            wanted = [(person + text).decode() for text in texts]
            wrong.extend(html for (_, html), due in zip(found, wanted, strict=True) if html != due)

    threads = [threading.Thread(target=look, args=(b"%d " % who,)) for who in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert wrong == []
    assert rows.size_bytes() <= 50_000
