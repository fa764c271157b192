"""What spreadsheets of all countries write is read, and what we write runs in none of them."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.errors import ValidationError
from provision.web.exchange.reading import csv_text, delimited
from provision.web.exchange.reading.source import Source, opened, resumed

ROWS = [["Title", "Fällig"], ["Café „Früh“", "28.11.2026"]]


def read(content: bytes) -> list[list[str]]:
    source = opened(content)
    return source.read(source.encoding())[0][1]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_encodings_and_separators_are_told_from_the_content(encoding: str, separator: str) -> None:
    content = "\r\n".join(separator.join(row) for row in ROWS).encode(encoding)
    assert read(content) == ROWS


def test_a_separator_within_quotation_marks_does_not_count() -> None:
    content = b'Title;Notes\r\n"a, b, c";"line one\nline two, still ""it"""\r\n'
    assert read(content)[1] == ["a, b, c", 'line one\nline two, still "it"']


def test_excels_own_line_about_the_separator_is_believed() -> None:
    assert read(b"sep=|\r\na,b|c\r\n") == [["a,b", "c"]]
    assert read(b'"sep=|"\na,b|c\n') == [["a,b", "c"]]
    assert read(b"SEP= \ra b,c\r") == [["a", "b,c"]]


@pytest.mark.parametrize("named", ["", '"'])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_a_line_about_the_separator_that_names_none_is_passed_over(named: str, end: str) -> None:
    """Python 3.13 refuses these as a delimiter, with a ValueError."""
    content = end.join([f"sep={named}", "a;b", '"c;d";e', ""]).encode()
    assert opened(content).separator("utf-8") == ";"
    assert read(content) == [["a", "b"], ["c;d", "e"]]


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "nothing in it"),
        (b"\xef\xbb\xbf \r\n", "nothing in it"),
        (b"PK\x03\x04rest", "cannot be read"),
        (b"\xd0\xcf\x11\xe0rest", "old Excel file"),
        (b"a,b\x00\x00\x00c,d" * 50, "not a text file"),
        (b'a,b\n"never closed,1\n2,3\n', "From row 2"),
        (b",".join([b"x"] * 301), "301 cells"),
        (b'{"cards": [', "damaged"),
        (b'{"name": "x"}', "No list of rows"),
    ],
)
def test_what_is_no_table_is_refused_in_words(content: bytes, word: str) -> None:
    with pytest.raises(ValidationError) as refused:
        read(content)
    assert word in refused.value.errors["file"][0]


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+1 a", "-x", "@SUM(A1)", "\tx", "\rx", "\uff1d1", "'=1", "-2+3+cmd|' /C calc'!A0"],
)
def test_a_formula_goes_out_as_text(cell: str) -> None:
    written = csv_text.line([cell]).decode()
    shown = next(csv.reader(io.StringIO(written, newline="")))[0]
    assert shown == f"'{cell}"


@given(
    st.lists(
        st.lists(
            st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1),
            min_size=2,
            max_size=4,
        ),
        min_size=1,
    )
)
def test_what_was_written_is_read_again_exactly(rows: list[list[str]]) -> None:
    width = max(map(len, rows))
    rows = [row + ["x"] * (width - len(row)) for row in rows]
    heads = [f"h{number}" for number in range(width)]
    written = csv_text.beginning(heads) + b"".join(map(csv_text.line, rows))
    assert delimited.read(written.decode("utf-8-sig")) == [heads, *rows]


@given(st.binary(max_size=200))
def test_what_is_carried_between_the_steps_comes_back_exactly(content: bytes) -> None:
    assert resumed(Source(content).carried()) == Source(content)


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8")), max_size=4), max_size=6))
def test_a_workbook_is_carried_as_its_tables(records: list[list[str]]) -> None:
    source = Source(tables=(("Sheet", records),))
    assert resumed(source.carried()) == source


def test_more_rows_than_anybody_mends_are_not_read() -> None:
    with pytest.raises(ValidationError) as refused:
        delimited.read("\n" * (delimited.MOST_ROWS + 1))
    assert "more than 50,000 rows" in refused.value.errors["file"][0]
