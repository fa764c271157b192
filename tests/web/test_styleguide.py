"""The styleguide is a page of the demo; elsewhere there is no such address."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from tests.web.conftest import Visitor


def test_outside_the_demo_it_does_not_exist(app: Flask, newcomer: Visitor) -> None:
    assert newcomer.get("/styleguide").status_code == 404
    assert newcomer.post_form("/styleguide").status_code == 404
    assert not [rule for rule in app.url_map.iter_rules() if "styleguide" in rule.endpoint]
