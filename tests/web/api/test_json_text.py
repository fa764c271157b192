from __future__ import annotations

from decimal import Decimal

import pytest

from provision.web.api.json_text import MalformedJsonError, read_json_object


def _refusal(raw: bytes) -> str:
    with pytest.raises(MalformedJsonError) as refused:
        read_json_object(raw)
    return str(refused.value)


def test_what_is_an_object_is_read_exactly() -> None:
    raw = '{"a": [1, null, true], "b": {"a": "\\ud83d\\ude00 ü"}, "c": 1.10, "": "\\\\ud800"}'
    assert read_json_object(raw.encode()) == {
        "a": [1, None, True],
        "b": {"a": "😀 ü"},
        "c": Decimal("1.10"),
        "": "\\ud800",
    }


@pytest.mark.parametrize("number", ["9" * 30, "-" + "9" * 5000, "1e400", "1e9999999999999999999"])
def test_numbers_of_any_length_are_read(number: str) -> None:
    value = read_json_object(f'{{"n": {number}}}'.encode())["n"]
    assert isinstance(value, Decimal)


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b'{"name": "a", "name": "b"}', "name"),
        (b'{"name": "a", "name": "a"}', "name"),
        (b'{"x": {"deep": [{"role": 1, "other": 2, "role": 3}]}}', "role"),
        (b'{"\\u006eame": 1, "name": 2}', "name"),
        (b'{"": 1, "": 2}', ""),
    ],
)
def test_a_name_twice_in_one_object_is_refused_by_name(raw: bytes, name: str) -> None:
    assert f"The name {name} stands twice" in _refusal(raw)


def test_the_same_name_in_two_objects_is_no_repetition() -> None:
    assert read_json_object(b'{"a": {"n": 1}, "b": [{"n": 1}, {"n": 2}], "n": 3}')["n"] == 3


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        (b"", "line 1, column 1"),
        (b"{", "line 1, column 2"),
        (b'{"a": 1,}', "line 1, column"),
        (b'{"a": 1}\n\n  x', "line 3, column 3"),
        (b'{\n "p\xc3\xa4": hunter2}', "line 2, column 8"),
        (b'{\n "a": "hunter2', "line 2, column 7"),
        (b'{"a": "hunter2\n"}', "line 1, column 15"),
        (b'{"a": "\\hunter2"}', "line 1, column 8"),
        (b"{'a': 'hunter2'}", "line 1, column 2"),
        (b'{"a": 01}', "line 1, column 8"),
        (b'{"a": 1 "b": 2}', "line 1, column 9"),
        (b'\xef\xbb\xbf{"a": 1}', "byte-order mark"),
        (b'{\n "\xc3\xa4": "\xff hunter2"}', "line 2, column 8"),
        ('{"a": 1}'.encode("utf-16"), "line 1, column 1"),
        (b'{"a": {"b": "hunter2 \\ud800"}}', "line 1, column 22"),
        (b'{"a": ["\\udc00\\ud800 hunter2"]}', "line 1, column 9"),
        (b'{"\\udead": 1}', "line 1, column 3"),
        (b'{"a":\n ' + b"[" * 100_000, "line 2, column 101"),
        (b'{"a":' * 100_000, "line 1, column 501"),
        (b'{"a": "]]]]", "b": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "line 1, column 119"),
    ],
)
def test_what_is_malformed_is_told_with_its_place_and_no_value(raw: bytes, place: str) -> None:
    text = _refusal(raw)
    assert place in text
    assert "hunter2" not in text


@pytest.mark.parametrize("raw", [b"[]", b'"x"', b"1", b"null", b"true", b"[{}]"])
def test_json_that_is_no_object_is_refused(raw: bytes) -> None:
    assert "not an object" in _refusal(raw)


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_words_for_numbers_are_none(word: str) -> None:
    assert word in _refusal(f'{{"budget": {word}}}'.encode())
