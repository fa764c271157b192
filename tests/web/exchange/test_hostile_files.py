"""Whatever a file holds, it is read or refused in words, within bounds."""

from __future__ import annotations

import io
import json
import time
import zipfile
from contextlib import suppress
from datetime import UTC
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provision.errors import ValidationError
from provision.tenant.transfer.arriving import Names
from provision.web.exchange.checking.check import Here, check
from provision.web.exchange.checking.draft import begin, resume
from provision.web.exchange.checking.writing import rows
from provision.web.exchange.columns.kinds import KINDS
from provision.web.exchange.columns.people import Directory, PeopleColumn
from provision.web.exchange.reading import boards
from provision.web.exchange.reading import workbook as reading
from tests.web.exchange.corpus import FILES
from tests.web.exchange.corpus.workbooks import Cell, packed, workbook

HERE = Here(
    {"project": [Names("1", "Site")], "assignee": [Names("2", "Eva Lind", "eva@example.org")]},
    UTC,
    lambda ids, names: [],
)
HEADS = [
    *("Title", "Name", "Status", "Priority", "Due date", "Assignee", "Project", "Budget", "Done"),
    *("Completed At", "Created", "% Complete", "Section/Column", "Workload", "E-mail", "Id"),
    *("TYPE", "CONTENT", "Assignee Email", ""),
]
CELLS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            *("2026-12-04", "03/04/2026", "31.02.2026", "12/2026", "0001-01-01T00:00:00+14:00"),
            *("9999-12-31T23:59:59-14:00", "1765353600000", "4 Dec 26 → 5 Dec 26", "every friday"),
            *("1.234,50 €", "10.000", "1e999", "-5", "NaN", "99999999999", "50%", "9" * 30),
            *("Eva Lind;Karl", "Noe, Karl", "[Eva](x)", "a@b.c", "@eva", "<>", "(((", "[,]", ";"),
            *("done", "✅", "Parked", "x" * 300, "section", "task", "note", "\r\n", "=1+1"),
            *("٣/٤/٢٠٢٦", "²", "\uff11\uff12", "\u2028", "\ud83d", "İ" * 60, "b0b0", "0" * 32),
        ]
    ),
)


def look(content: bytes, kind: str) -> None:
    """Go through an import as the page does; a refusal in words is all that may be raised."""
    with suppress(ValidationError):
        _go_through(content, kind)


def _go_through(content: bytes, kind: str) -> None:
    draft = begin(KINDS[kind], content, "here")
    checked = check(draft, HERE)
    form = {
        "data": draft.source.carried(),
        "reading": draft.reading,
        "heading_row": str(draft.heading_row),
        "leave_out_all": "1",
        **{f"column-{place}": role for place, role in enumerate(draft.columns)},
        **{each.name: each.value or "done" for each in checked.words},
        **{each.name: each.chosen or "day" for each in checked.questions},
    }
    draft = resume(KINDS[kind], form, "here")
    checked = check(draft, HERE)
    if not checked.lacks:
        rows(draft, checked)


@given(
    st.lists(st.sampled_from(HEADS), min_size=1, max_size=8),
    st.lists(st.lists(CELLS, max_size=9), max_size=6),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(list(KINDS)),
    st.sampled_from(["utf-8", "utf-16", "cp1252", "mac_roman"]),
)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_cells_below_any_headings(
    heads: list[str], body: list[list[str]], separator: str, kind: str, encoding: str
) -> None:
    lines = [
        separator.join('"' + cell.replace('"', '""') + '"' for cell in row)
        for row in (heads, *body)
    ]
    look("\n".join(lines).encode(encoding, errors="replace"), kind)


@given(st.binary(max_size=400), st.sampled_from(list(KINDS)))
@settings(max_examples=200, deadline=None)
def test_any_bytes(content: bytes, kind: str) -> None:
    look(content, kind)
    look(b"PK\x03\x04" + content, kind)


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["cards", "lists", "members", "name", "id", "idList", "due", "title", "x"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@given(st.dictionaries(st.sampled_from(["cards", "lists", "members", "x"]), _JSON))
@settings(max_examples=200, deadline=None)
def test_any_json(value: dict[str, Any]) -> None:
    look(json.dumps(value).encode(), "tasks")
    look(json.dumps([value]).encode(), "tasks")


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_damaged_files(data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(FILES)).content)
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    look(bytes(content), "tasks")


def test_json_that_is_nested_without_end_and_numbers_without_end() -> None:
    look(b'{"cards":' + b'[{"a":' * 100_000, "tasks")
    look(b'[{"title": ' + b"9" * 5_000 + b"}]", "tasks")


def _refused(content: bytes) -> str:
    started = time.monotonic()
    with pytest.raises(ValidationError) as refused:
        reading.read(content)
    assert time.monotonic() - started < 20
    return refused.value.errors["file"][0]


def _with_sheet(xml: str, **others: str) -> bytes:
    parts = {}
    with zipfile.ZipFile(io.BytesIO(workbook(("S", [["Title"], ["One"]])))) as archive:
        for name in archive.namelist():
            parts[name] = archive.read(name).decode()
    parts["xl/worksheets/sheet1.xml"] = xml
    return packed(parts | others)


def _elsewhere(content: bytes, path: str) -> bytes:
    """Return the workbook with its sheet in another place, which its links name."""
    parts = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            parts[name] = archive.read(name).decode()
    links = "xl/_rels/workbook.xml.rels"
    parts[links] = parts[links].replace("worksheets/sheet1.xml", path)
    return packed({path.lstrip("/"): parts.pop("xl/worksheets/sheet1.xml"), **parts})


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def _sheet(rows_of: str) -> str:
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{rows_of}</sheetData></worksheet>'


@pytest.mark.parametrize(
    ("rows_of", "word"),
    [
        ('<row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="XFD2"><v>1</v></c></row>', "300"),
        ('<row r="1048576"><c r="A1048576"><v>1</v></c></row>', "50,000 rows"),
        ('<row r="1"><c r="ZZ99999999"><v>1</v></c></row>', "50,000 rows"),
        ('<row r="1"><c r="&#65;1"><v>1</v></c><c r="1A"><v>1</v></c></row>', "cannot be read"),
        ("<row>" + "<c><v>1</v></c>" * 301 + "</row>", "300"),
        ("<row>", "cannot be read"),
    ],
)
def test_a_sheet_that_reaches_too_far_is_refused(rows_of: str, word: str) -> None:
    assert word in _refused(_with_sheet(_sheet(rows_of)))


def test_a_workbook_that_explodes_is_refused() -> None:
    bomb = f'<worksheet xmlns="{_MAIN}"><sheetData>{" " * 40_000_000}</sheetData></worksheet>'
    assert "too large" in _refused(_with_sheet(bomb))
    entities = (
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
        f'<worksheet xmlns="{_MAIN}"><sheetData><row><c><v>&b;</v></c></row></sheetData>'
        "</worksheet>"
    )
    assert "cannot be read" in _refused(_with_sheet(entities))
    many = packed({"xl/workbook.xml": "<x/>", **{f"xl/{n}.xml": "" for n in range(600)}})
    assert "too large" in _refused(many)
    assert "not an Excel workbook" in _refused(packed({"word/document.xml": "<x/>"}))


@pytest.mark.parametrize("name", ["xl/sharedStrings.xml", "xl/SharedStrings.xml"])
@pytest.mark.parametrize("text", ["<t>{}</t>", "<r><t>{}</t></r>", "<x:t>{}</x:t>"])
def test_a_long_text_that_many_cells_share_is_refused(name: str, text: str) -> None:
    """Of 32 kB and 500,000 cells, a file of 33 kB, a reader makes 30 GB."""
    shared = f'<sst xmlns="{_MAIN}" xmlns:x="{_MAIN}"><si>{text.format("x" * 32_000)}</si></sst>'
    rows_of = '<row><c t="s"><v>0</v></c></row>' * 1_000
    assert "more text than one import takes" in _refused(
        _with_sheet(_sheet(rows_of), **{name: shared})
    )
    few = _with_sheet(_sheet(rows_of[: len(rows_of) // 100]), **{name: shared})
    [(_, records)] = reading.read(few)
    assert {len(record[0]) for record in records} == {32_000}


@pytest.mark.parametrize("path", ["worksheets/Sheet1.XML", "other/one.xml", "/xl/deep/er/one.xml"])
def test_a_sheet_is_bounded_wherever_it_lies(path: str) -> None:
    far = _sheet('<row r="1048576"><c r="A1048576"><v>1</v></c></row>')
    full = path if path.startswith("/") else f"/xl/{path}"
    assert "50,000 rows" in _refused(_elsewhere(_with_sheet(far), full))


def test_sheets_are_bounded_together() -> None:
    """Each of them is a table of two million cells, all but one of them empty."""
    empty: list[list[Cell]] = [[] for _ in range(40_000)]
    wide: list[list[Cell]] = [["Title"], *empty, [*[None] * 25, "end"]]
    assert "too large" in _refused(workbook(*((f"S{number}", wide) for number in range(4))))


def test_a_list_of_objects_is_no_larger_than_a_workbook() -> None:
    """One object with many members, and many without any: each row would get a cell for each."""
    wide = {f"c{number}": 1 for number in range(300)}
    with pytest.raises(ValidationError):
        boards.read(json.dumps({"a": [wide, *({} for _ in range(20_000))]}))
    half = [wide, *({} for _ in range(4_000))]
    with pytest.raises(ValidationError):
        boards.read(json.dumps({"a": half, "b": half}))


@pytest.mark.parametrize("text", ["a" * 900_000, " " * 900_000 + "(", "x(" * 400_000])
def test_a_cell_of_any_length_is_read_at_once_as_one_name(text: str) -> None:
    """With the patterns for lists of names each of these takes minutes."""
    directory = Directory("people")
    [named] = PeopleColumn(directory, are_turned=False).read(f"@{text}@")
    assert len(named.name) > 4_000
