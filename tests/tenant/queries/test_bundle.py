"""Several selects in one trip."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Integer, func, literal_column, select

from provision.errors import UnreachableError
from provision.tenant.connection.decoding import decode
from provision.tenant.queries.rows import Option
from provision.tenant.queries.statements import bundle, gather

if TYPE_CHECKING:
    from sqlalchemy import Connection


def test_each_part_is_a_json_array_in_its_own_order(
    conn: Connection,
) -> None:
    numbers = func.generate_series(1, 3).table_valued("n").render_derived()
    down = select(numbers.c.n).order_by(numbers.c.n.desc())
    nothing = select(literal_column("1", Integer).label("nothing")).where(literal_column("false"))
    texts = gather(conn, bundle(n=down, nothing=nothing), {})
    assert json.loads(texts["n"]) == [{"n": 3}, {"n": 2}, {"n": 1}]
    assert texts["nothing"] == "[]"


@pytest.mark.parametrize("text", [None, "", "{}", "[1]", '[{"id": 5}]', "not json"])
def test_an_answer_of_another_shape_is_the_databases_fault(text: str | None) -> None:
    with pytest.raises(UnreachableError) as caught:
        decode(text, tuple[Option, ...])
    assert caught.value.code == "connection_failed"
