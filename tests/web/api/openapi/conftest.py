"""The real program, served, for clients that know nothing but its description."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.running import running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Server


@pytest.fixture(scope="package")
def address(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where `provision serve` answers; it takes databases on this machine."""
    folder = tmp_path_factory.mktemp("served")
    settings = {"DATA_DIR": str(folder / "data"), "PORT": "0", "LIMITS": "off"}
    with running("serve", directory=folder, settings=settings) as live:
        yield f"http://{live.host}:{live.port}"
        live.stop()
